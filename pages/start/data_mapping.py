"""The mapping form: which column of an unknown file is what, with guesses and the file's own first rows."""

from __future__ import annotations

from zoneinfo import available_timezones

import pandas as pd
import streamlit as st

from data.mapping import JOINED, Headers, Mapping
from data.opening import Staged
from pages.common import show
from words import text

FIRST_ROWS = 8


def draw(staged: Staged, guessed: Mapping, key: str) -> Mapping | None:
    """The form; the mapping a person chose once they say so, else None."""
    st.markdown(
        show.prose(
            text(
                "**Which column is what?** Holdfast guessed from names and values. Put right what is wrong; three "
                "things are needed: who ordered, when, and the amount."
            )
        )
    )
    first_rows(staged)
    with st.form(f"{key}.mapping", border=False):
        columns = _needed(staged, guessed, key)
        lines = st.segmented_control(
            text("One row of the file is"),
            ["order", "repeated", "added"],
            format_func={
                "order": text("one order"),
                "repeated": text("an order’s line; amount once"),
                "added": text("an order’s line; amounts add up"),
            }.__getitem__,
            default=("repeated" if guessed.order_amounts else "added") if guessed.lines else "order",
            required=True,
            key=f"{key}.lines",
        )
        with st.expander(text("More columns")):
            columns |= _more(staged, guessed, key)
        currency = st.text_input(
            text("Currency, if no column says"),
            guessed.currency or "",
            max_chars=3,
            placeholder="EUR",
            key=f"{key}.currency",
            width=250,
        )
        if not st.form_submit_button(text("Read it this way"), type="primary", key=f"{key}.read"):
            return None
    missing = _missing(columns)
    if missing:
        st.error(missing)
        return None
    return guessed.but(
        columns=columns,
        lines=lines != "order",
        order_amounts=lines == "repeated",
        currency=currency.strip().upper() or None,
    )


def first_rows(staged: Staged) -> None:
    """The file's own first rows, letter by letter: wrong letters mean a wrong encoding."""
    frame = pd.DataFrame(staged.head[:FIRST_ROWS], columns=staged.header).drop(
        columns="record", errors="ignore"
    )
    st.dataframe(frame, hide_index=True, height=38 * min(len(frame) + 1, 6), placeholder="")


def _needed(staged: Staged, guessed: Mapping, key: str) -> dict[str, Headers]:
    chosen: dict[str, Headers] = {}
    left, middle, right = st.columns(3)
    with left:
        _choose(chosen, staged, guessed, key, "ordered_at", text("When it was ordered"))
        _choose(chosen, staged, guessed, key, "order_id", text("Order number"))
    with middle:
        _choose(chosen, staged, guessed, key, "customer_id", text("Customer number"))
        _choose(chosen, staged, guessed, key, "email", text("E-mail"))
    with right:
        kinds = {
            "total": text("paid, with tax and shipping"),
            "net": text("goods after discounts"),
            "gross": text("goods before discounts"),
            "price": text("price of one piece"),
        }
        known = guessed.amount or "total"
        header = _header(staged, guessed, key, known, text("Amount"))
        kind = st.selectbox(
            text("The amount is"),
            list(kinds),
            index=list(kinds).index(known),
            format_func=kinds.__getitem__,
            key=f"{key}.kind",
        )
        if header:
            chosen[kind] = header
    return chosen


def more_columns() -> dict[str, str]:
    return {
        "name": text("Customer’s name"),
        "currency": text("Currency"),
        "status": text("Status"),
        "channel": text("Channel"),
        "country": text("Country"),
        "product": text("Product"),
        "quantity": text("Quantity"),
        "category": text("Product category"),
        "discount": text("Discount"),
        "discount_code": text("Discount code"),
        "refunded": text("Refunded amount"),
        "refunded_at": text("Refunded at"),
        "shipping": text("Shipping"),
        "tax": text("Tax"),
        "promised_at": text("Delivery promised at"),
        "delivered_at": text("Delivered at"),
    }


def _more(staged: Staged, guessed: Mapping, key: str) -> dict[str, Headers]:
    chosen: dict[str, Headers] = {}
    for place, (column, label) in zip(_thirds(), more_columns().items(), strict=False):
        with place:
            _choose(chosen, staged, guessed, key, column, label)
    return chosen


def _thirds() -> list:
    columns = st.columns(3)
    return [columns[n % 3] for n in range(len(more_columns()))]


def _choose(
    chosen: dict[str, Headers], staged: Staged, guessed: Mapping, key: str, column: str, label: str
) -> None:
    header = _header(staged, guessed, key, column, label)
    if header:
        chosen[column] = header


def _header(staged: Staged, guessed: Mapping, key: str, column: str, label: str) -> Headers | None:
    """One header of the file, or several where they are put together, or None where the file has none."""
    known = [h for h in guessed.headers(column) if h in staged.header]
    if column in JOINED and len(known) > 1:
        return tuple(st.multiselect(label, staged.header, known, key=f"{key}.{column}")) or None
    return st.selectbox(
        label,
        staged.header,
        index=staged.header.index(known[0]) if known else None,
        placeholder=text("not in this file"),
        key=f"{key}.{column}",
    )


def _missing(columns: dict[str, Headers]) -> str:
    """What still has to be chosen, as a sentence; "" where nothing is."""
    if "ordered_at" not in columns:
        return text("Choose the column that says when it was ordered.")
    if not {"customer_id", "email", "name"} & set(columns):
        return text("Choose a column that says who ordered: a customer number, an e-mail or a name.")
    if not {"net", "total", "gross", "price"} & set(columns):
        return text("Choose the column with the amount.")
    return ""


def zones(*known: str) -> list[str]:
    """The time zones there are, those of `known` among them whatever they are."""
    return sorted(
        {z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix", "right"))}
        | {"UTC", *known}
    )

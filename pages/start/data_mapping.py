"""The mapping form: which column of an unknown file is what, with guesses and the file's own first rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from data.mapping import JOINED, Headers, Mapping
from data.opening import Staged
from pages.common import show
from pages.start import data_columns as columns
from pages.start import data_survey
from words import text

FIRST_ROWS = 8


def draw(staged: Staged, guessed: Mapping, key: str) -> Mapping | None:
    """The form; the mapping a person chose once they say so, else None."""
    st.markdown(
        show.prose(
            text(
                "**Which column is what?** Holdfast guessed from names and values. Put right what is wrong; needed are "
                "who ordered, when, and the amount."
            )
            if guessed.table == "orders"
            else text(
                "**Which column is what?** Holdfast guessed from names and values. Put right what is wrong."
            )
        )
    )
    first_rows(staged)
    asked = data_survey.headers(staged, guessed, key) if guessed.table == "surveys" else []
    with st.form(f"{key}.mapping", border=False):
        chosen = _choices(columns.needed(guessed.table), staged, guessed, key)
        changes: dict[str, Any] = {}
        if guessed.table == "orders":
            changes = _about_orders(chosen, staged, guessed, key)
        elif guessed.table == "surveys":
            changes = {"questions": data_survey.questions(asked, staged, guessed, key)}
        if not asked:
            with st.expander(text("More columns")):
                chosen |= _choices(columns.more(guessed.table), staged, guessed, key)
                changes["currency"] = None if guessed.table == "surveys" else _currency(guessed, key)
        if not st.form_submit_button(text("Read it this way"), type="primary", key=f"{key}.read"):
            return None
    return guessed.but(columns=chosen, **changes)


def _currency(guessed: Mapping, key: str) -> str | None:
    said = st.text_input(
        text("Currency, if no column says"),
        guessed.currency or "",
        max_chars=3,
        placeholder="EUR",
        key=f"{key}.default_currency",
        width=250,
    )
    return said.strip().upper() or None


def first_rows(staged: Staged) -> None:
    """The file's own first rows, letter by letter: wrong letters mean a wrong encoding."""
    frame = pd.DataFrame(staged.head[:FIRST_ROWS], columns=staged.header).fillna("")
    st.dataframe(frame, hide_index=True, height=36 * min(len(frame) + 1, 6))


def _about_orders(chosen: dict[str, Headers], staged: Staged, guessed: Mapping, key: str) -> dict[str, bool]:
    """The amount, and whether a record is an order or a line of one."""
    left, right = st.columns(2)
    known = guessed.amount or "total"
    with left:
        header = _header(staged, guessed, key, known, text("Amount"))
    with right:
        kinds = columns.amounts()
        place = list(kinds).index(known)
        kind = st.selectbox(
            text("The amount is"), list(kinds), place, format_func=kinds.__getitem__, key=f"{key}.kind"
        )
    if header:
        chosen[kind] = header
    shapes = {
        "order": text("one order"),
        "repeated": text("a line; amount once"),
        "added": text("a line; amounts add up"),
    }
    shape = st.segmented_control(
        text("One row of the file is"),
        list(shapes),
        format_func=shapes.__getitem__,
        default=("repeated" if guessed.order_amounts else "added") if guessed.lines else "order",
        required=True,
        key=f"{key}.shape",
        help=text("A line is one product of an order; an order then has several rows with the same number."),
    )
    return {"lines": shape != "order", "order_amounts": shape == "repeated"}


def _choices(labels: dict[str, str], staged: Staged, guessed: Mapping, key: str) -> dict[str, Headers]:
    """A choice of header for each of these columns, in rows of four."""
    chosen: dict[str, Headers] = {}
    names = list(labels)
    for start in range(0, len(names), 4):
        for place, column in zip(st.columns(4), names[start : start + 4], strict=False):
            with place:
                header = _header(staged, guessed, key, column, labels[column])
            if header:
                chosen[column] = header
    return chosen


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

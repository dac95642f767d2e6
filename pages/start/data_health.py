"""Health: what may be wrong with the orders themselves, although every one of them could be read."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from charts import health as drawn
from models import health
from pages.common import show
from pages.common.later import later
from pages.start import data_tables
from words import count, plural, text


def draw() -> None:
    later(text("Looking at the orders …"), _draw, health.health)


def _draw(found: health.Health) -> None:
    kept = workspace.snapshot()
    currency = kept.currency if kept else ""
    _findings(found, currency)
    show.chart(drawn.orders_per_day(found, show.theme()), "data.health.days")
    left, right = st.columns(2)
    with left:
        _quiet(found)
    with right:
        _flags(found)
    _outliers(found, currency)


def _findings(found: health.Health, currency: str) -> None:
    """One line for each thing that was looked at, the good news too."""
    orders = plural("{n} order", "{n} orders", found.orders)
    looked_at = [
        (True, text("{orders} over {span}.", orders=orders, span=words.span(found.first, found.last))),
        _guests(found),
        _doubles(found),
        _equals(found),
        (
            not found.quiet_days,
            plural("{n} day without an order.", "{n} days without an order.", found.quiet_days)
            if found.quiet_days
            else text("There was an order every day."),
        ),
        _outlier_line(found, currency),
        _currency_line(found),
    ]
    marks = {True: ":material/check:", False: ":material/visibility:"}
    st.markdown("\n".join(f"- {marks[fine]} {show.plain(line)}" for fine, line in looked_at))


def _guests(found: health.Health) -> tuple[bool, str]:
    share = found.without_customer
    if not share.known or not share.value:
        return True, text("Every order has a customer.")
    return False, text("{share} of orders have no customer.", share=words.estimate(share))


def _doubles(found: health.Health) -> tuple[bool, str]:
    if not found.duplicates:
        return True, text("No record stood in a file twice.")
    return False, plural(
        "{n} record stood in a file twice and is counted once.",
        "{n} records stood in a file twice and are counted once.",
        found.duplicates,
    )


def _equals(found: health.Health) -> tuple[bool, str]:
    if not found.groups:
        return True, text("No customer has two orders of the same day and amount.")
    return False, text(
        "{groups} of the same customer, day and amount under different numbers: {orders} in all.",
        groups=plural("{n} group of orders", "{n} groups of orders", found.groups),
        orders=plural("{n} order", "{n} orders", found.repeated_orders),
    )


def _outlier_line(found: health.Health, currency: str) -> tuple[bool, str]:
    if not found.outlier_count:
        return True, text("No amount stands out from the others.")
    return False, text(
        "{amounts} outside {low} to {high}.",
        amounts=plural("{n} amount lies", "{n} amounts lie", found.outlier_count),
        low=words.money(found.low, currency),
        high=words.money(found.high, currency),
    )


def _currency_line(found: health.Health) -> tuple[bool, str]:
    codes = [c for c in found.currencies["currency"] if isinstance(c, str) and c]
    if not codes:
        return True, text("No currency is named.")
    return True, text("All amounts are in {codes}.", codes=words.listing(codes))


def _quiet(found: health.Health) -> None:
    st.markdown(text("**Longest times without an order**"))
    top = found.quiet.head(10)
    frame = pd.DataFrame(
        {
            text("From"): [words.day(d) for d in top["first"]],
            text("To"): [words.day(d) for d in top["last"]],
            text("Days"): [count(n) for n in top["days"]],
        }
    )
    if len(frame):
        data_tables.draw(frame, "data.health.quiet", figures=[text("Days")])
    else:
        st.caption(text("There was an order every day."))


def _flags(found: health.Health) -> None:
    st.markdown(text("**What was noticed**"))
    # Records that stood in a file twice are no orders of their own; they have their line above.
    seen = found.flags[(found.flags["orders"] > 0) & (found.flags["flag"] != "duplicate")]
    frame = pd.DataFrame(
        {
            text("Orders"): [count(n) for n in seen["orders"]],
            text("Flag"): [flags().get(f, f) for f in seen["flag"]],
        }
    )
    if len(frame):
        data_tables.draw(frame, "data.health.flags", figures=[text("Orders")])
    else:
        st.caption(text("Nothing: no order is cancelled, refunded, a test or of zero value."))


def flags() -> dict[str, str]:
    return {
        "no_customer": text("no customer"),
        "cancelled": text("cancelled"),
        "test": text("test order"),
        "refunded": text("refunded, in part or in full"),
        "zero_value": text("zero value"),
        "unpaid": text("unpaid"),
        "gone": text("missing from a newer export of the same days"),
    }


def _outliers(found: health.Health, currency: str) -> None:
    if not found.outlier_count:
        return
    st.markdown(text("**The farthest amounts**"))
    rows = found.outliers
    frame = pd.DataFrame(
        {
            text("Order"): rows["order_id"],
            text("Customer"): rows["customer"],
            text("Day"): [words.day(d) for d in rows["day"]],
            text("Amount"): [words.money(float(v), currency, fixed=True) for v in rows["value"]],
        }
    )
    data_tables.draw(frame, "data.health.outliers", figures=[text("Amount")])

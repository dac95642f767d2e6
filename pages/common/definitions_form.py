"""What the words mean in this shop: look under other definitions, or save them for everyone."""

from __future__ import annotations

from typing import Any

import streamlit as st

import workspace
from models.definitions import Definitions
from pages.common import show
from words import text


def dialog() -> None:
    st.dialog(text("Definitions"), width="large")(form)()


def form() -> None:
    """The form itself, as the Data page shows it too."""
    current = workspace.definitions()
    kept = workspace.snapshot()
    st.caption(
        text(
            "Every figure depends on these choices. They are applied when a question is asked, never at import."
        )
    )
    with st.form("definitions", border=False):
        money, people, time = st.columns(3)
        chosen: dict[str, Any] = {}
        with money:
            chosen["revenue"] = _select(text("Revenue counts as"), revenues(), current.revenue)
            margin = st.number_input(
                text("Margin, % of net sales"),
                min_value=0.0,
                max_value=100.0,
                value=(current.margin or 0.0) * 100,
                help=text(
                    "The share of net sales left after the cost of goods, fees and shipping. 0 means not set."
                ),
            )
            chosen["margin"] = margin / 100 or None
            chosen["refunds"] = _select(text("Refunds"), refunds(), current.refunds)
            chosen["discount_rate"] = (
                st.number_input(text("Discount rate, % a year"), 0.0, 100.0, current.discount_rate * 100)
                / 100
            )
        with people:
            chosen["identity"] = _select(text("One customer is"), identities(), current.identity)
            chosen["include_zero_value"] = st.checkbox(
                text("Orders of zero value count"), current.include_zero_value
            )
            chosen["include_cancelled"] = st.checkbox(
                text("Cancelled orders count"), current.include_cancelled
            )
            chosen["include_unpaid"] = st.checkbox(text("Unpaid orders count"), current.include_unpaid)
            chosen["include_test"] = st.checkbox(text("Test orders count"), current.include_test)
            chosen["include_gone"] = st.checkbox(
                text("Orders gone from newer exports count"), current.include_gone
            )
        with time:
            first, last = (kept.first_day, kept.last_day) if kept else (None, None)
            order = show.date_order()
            chosen["observed_from"] = st.date_input(
                text("First day seen"), current.observed_from, min_value=first, max_value=last, format=order
            )
            chosen["observed_until"] = st.date_input(
                text("Last day seen"), current.observed_until, min_value=first, max_value=None, format=order
            )
            chosen["ltv_horizon_months"] = st.number_input(
                text("Value horizon, months"), 1, 60, current.ltv_horizon_months
            )
            chosen["at_risk_days"] = st.number_input(
                text("Still a customer for, days"),
                7,
                1825,
                current.at_risk_days,
                help=text(
                    "Somebody who ordered within so many days before a day counts as a customer on that day."
                ),
            )
            chosen["churn_horizon_days"] = st.number_input(
                text("Leaving means no order within, days"),
                1,
                1825,
                current.churn_horizon_days,
                placeholder=text("by the shop’s own rhythm"),
                help=text("Empty: proposed from the shop’s own time between orders."),
            )
            chosen["level"] = _select(text("Intervals cover"), levels(), current.level)
        here = st.form_submit_button(text("Use for my view"), type="primary")
        everyone = st.form_submit_button(text("Save for the shop"))
    if st.button(text("Back to the shop’s definitions"), type="tertiary"):
        workspace.set_definitions(None)
        st.rerun()
    if here or everyone:
        _apply(current, chosen, everyone)


def _apply(current: Definitions, chosen: dict[str, Any], everyone: bool) -> None:
    try:
        changed = current.but(**chosen)
    except ValueError as problem:
        st.error(show.prose(str(problem)))
        return
    if everyone:
        workspace.save_definitions(changed)
    workspace.set_definitions(changed)
    st.rerun()


def _select(label: str, options: dict[Any, str], current: Any) -> Any:
    values = list(options)
    return st.selectbox(label, values, index=values.index(current), format_func=options.__getitem__)


def revenues() -> dict[str, str]:
    return {"net": text("Net sales"), "gross": text("Gross sales"), "margin": text("Margin")}


def refunds() -> dict[str, str]:
    return {
        "subtract": text("are subtracted"),
        "ignore": text("are ignored"),
        "exclude": text("exclude the order if full"),
    }


def identities() -> dict[str, str]:
    return {
        "default": text("customer id, else e-mail"),
        "customer_id": text("customer id"),
        "email": text("e-mail"),
        "name": text("name"),
        "merged": text("id and e-mail merged"),
    }


def levels() -> dict[float, str]:
    return {0.8: text("80%"), 0.9: text("90%"), 0.95: text("95%"), 0.99: text("99%")}

"""After an import: what was guessed, for a person to confirm. Kept in the catalogue, so it is asked once."""

from __future__ import annotations

import streamlit as st

import workspace
from data import balance
from pages.common import show
from words import percent, plural, text

QUESTIONS = ("zone", "guests", "margin")


def open_questions() -> list[str]:
    """What nobody has confirmed yet of the chosen data set; nothing for the made-up and the built-in shop."""
    current = workspace.data_set()
    if current is None or current.kind != "orders" or workspace.snapshot() is None:
        return []
    answered = workspace.catalog().answers(current.id)
    return [q for q in QUESTIONS if q not in answered]


def draw() -> None:
    """One card a question that is still open; it goes once it is answered."""
    asked = open_questions()
    if not asked:
        return
    st.subheader(text("Please confirm what was guessed"), anchor=False)
    ask = {"zone": _zone, "guests": _guests, "margin": _margin}
    for place, question in zip(st.columns(len(asked), border=True), asked, strict=True):
        with place:
            ask[question]()


def _confirm(question: str, answer: str) -> None:
    current = workspace.data_set()
    if current is not None:
        workspace.catalog().confirm(current.id, question, answer)
    st.rerun()


def _zone() -> None:
    kept = workspace.snapshot()
    zone = kept.zone if kept else "UTC"
    st.markdown(text("**Time zone: {zone}**", zone=show.plain(zone)))
    st.caption(
        text("It decides on which day an order falls. Times that say their own zone are read by that.")
    )
    with st.container(horizontal=True):
        if st.button(text("It is right"), key="data.confirm.zone"):
            _confirm("zone", zone)
        with st.popover(text("Another zone")):
            st.write(
                text(
                    "Days are fixed when a file is read, and the file itself is not kept. Send the file again, choose the "
                    "time zone under “Change how it is read”, and make a new data set of it; then remove this one."
                )
            )


def _guests() -> None:
    kept = workspace.snapshot()
    guests = balance.flagged(workspace.ledger(kept), "no_customer") if kept else 0
    if guests:
        st.markdown(f"**{plural('{n} order of nobody', '{n} orders of nobody', guests)}**")
    else:
        st.markdown(text("**Every order has a customer**"))
    st.caption(
        text(
            "Orders without a customer number or e-mail. They count in sales, but belong to no customer’s history."
        )
    )
    if st.button(text("It is right"), key="data.confirm.guests"):
        _confirm("guests", str(guests))


def _margin() -> None:
    saved = workspace.saved_definitions()
    st.markdown(text("**Margin**"))
    margin = st.number_input(
        text("Margin, % of net sales"),
        0.0,
        100.0,
        (saved.margin or 0.0) * 100,
        key="data.confirm.margin.value",
        help=text("What is left of net sales after the cost of goods, fees and shipping."),
    )
    with st.container(horizontal=True):
        known = st.button(text("Save"), key="data.confirm.margin")
        unknown = st.button(
            text("I don’t know"),
            key="data.confirm.margin.unknown",
            help=text("Values are then sales, not profit, and say so. Definitions takes the margin later."),
        )
    if unknown:
        _confirm("margin", "unknown")
    if known and not margin:
        st.error(text("A margin above 0 was expected. If nobody knows it, say that you don’t know."))
    elif known:
        workspace.save_definitions(saved.but(margin=margin / 100))
        _confirm("margin", percent(margin / 100))

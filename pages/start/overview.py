"""The shop in one screen: who comes back, what an order and a customer bring, what to look at next."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

import navigation
import words
import workspace
from charts import overview as drawing
from models import looks
from models.estimate import missing
from models.overview import Overview, overview
from pages.common import show
from pages.common.later import later, poll, soon
from pages.worth import value_sentences
from words import plural, text

show.guard("overview")
seen: Overview = workspace.ask(overview)
job = value_sentences.of_new_customer()
kept = workspace.snapshot()
currency = kept.currency if kept else ""


def answer() -> str:
    """The page's sentence: the repeat rate of a year, or of the longest window known."""
    known = seen.repeat if seen.repeat.rate.known or seen.shorter is None else seen.shorter
    if not known.rate.known:
        return text("It is too early to say who comes back: {why}", why=known.rate.why_missing)
    window = text("a year") if known.months == 12 else plural("{n} month", "{n} months", known.months)
    rate = words.estimate(known.rate)
    if value is None:
        return text("{rate} of customers order again within {window}.", rate=rate, window=window)
    return text(
        "{rate} of customers order again within {window}; a new one brings {value} in {months}.",
        rate=rate,
        window=window,
        value=words.estimate(value.total, currency),
        months=plural("{n} month", "{n} months", workspace.definitions().ltv_horizon_months),
    )


def draw_looks(found: tuple[looks.Look, ...]) -> None:
    for look in found:
        with st.container(border=True):
            st.markdown(show.prose(look.sentence))
            target = navigation.page(look.page)
            st.page_link(target.path, label=text("See {page}", page=text(target.title)), icon=target.icon)


soon(job)
value = job.result if job.state == "done" else None
no_value = (
    missing(job.problem, unit="money")
    if job.over
    else replace(missing("", unit="money"), method=show.PENDING)
)
show.header(text("Overview"), answer(), plural("{n} order", "{n} orders", seen.orders))
show.figures(
    [
        (
            text("Order again in {n} months", n=seen.repeat.months),
            seen.repeat.rate,
            seen.trends["repeat"].points.value,
            text(
                "Of the customers won long enough ago, those who bought again within that time. The line: the same "
                "for each month’s or quarter’s customers, at the same age."
            ),
        ),
        (
            text("Buy in month 3"),
            seen.month3,
            seen.trends["month3"].points.value,
            text(
                "Of the customers old enough, those who bought in the third calendar month after their first order."
            ),
        ),
        (
            text("Average order"),
            seen.average_order,
            seen.trends["average_order"].points.value,
            text(
                "Over all orders, guests’ included. The line: orders in customers’ first three months, by cohort."
            ),
        ),
        (
            text("New customer, {n} months", n=workspace.definitions().ltv_horizon_months),
            value.total if value else no_value,
            value.curve.value if value else None,
            text(
                "What a new customer is expected to bring, the first order included. The line: month by month."
            ),
        ),
    ],
    currency,
)

left, right = st.columns([2, 1], gap="large")
with left:
    st.subheader(text("Who brings the revenue"), anchor=False)
    show.chart(drawing.new_against_returning(seen, show.theme(), currency), "overview.revenue", height=330)
with right:
    st.subheader(text("What to look at next"), anchor=False)
    later(text("Comparing cohorts and groups of customers …"), draw_looks, looks.next_looks, _seen=seen)
    poll(job)

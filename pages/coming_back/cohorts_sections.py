"""The Cohorts page's sentences and its further sections."""

from __future__ import annotations

import datetime as dt

import streamlit as st

import words
import workspace
from charts import cohorts as drawing
from models import cohort_rate, cohort_split, cohorts
from models.cohorts import CohortTable
from models.definitions import Definitions, Period
from pages.common import controls, show
from words import plural, text


def currency() -> str:
    kept = workspace.snapshot()
    return kept.currency if kept else ""


def splits() -> dict[str, str]:
    """What customers can be split by, as the column and its name for people; "" splits nothing."""
    kept = workspace.snapshot()
    known = {
        "": text("Nothing"),
        "channel": text("Channel"),
        "country": text("Country"),
        "first_product": text("First product"),
        "first_discount": text("First-order discount"),
        **(dict(kept.splits) if kept else {}),
    }
    return {"": known[""], **{name: known[name] for name in workspace.ask(cohort_split.available)}}


def cohort_name(first_day: dt.date, period: Period) -> str:
    """January 1997’s cohort as Jan 1997, a week’s as its first day, a quarter’s as Q1 1997."""
    if period == "week":
        return text("the week of {day}", day=words.day(first_day))
    if period == "quarter":
        return text("Q{n} {year}", n=(first_day.month + 2) // 3, year=first_day.year)
    return words.month(first_day)


def age_name(age: int, period: Period) -> str:
    return {
        "week": text("week {n}", n=age),
        "month": text("month {n}", n=age),
        "quarter": text("quarter {n}", n=age),
    }[period]


def answer(table: CohortTable) -> str:
    """The page's sentence: the newest cohort old enough, beside one of the year before."""
    found = cohorts.facts(table)
    if found is None:
        return text("No cohort has been observed through a whole period yet: come back with more orders.")
    newest = cohort_name(found.newest, table.period)
    figure = words.estimate(found.newest_figure, currency())
    when = age_name(found.age, table.period)
    if table.measure == "revenue":
        said = text(
            "Customers won in {who} had brought {figure} each by {when}", who=newest, figure=figure, when=when
        )
    elif table.measure == "purchases":
        said = text(
            "Customers won in {who} had bought {figure} times by {when}", who=newest, figure=figure, when=when
        )
    else:
        said = {
            "in": text(
                "Of the customers won in {who}, {figure} bought in {when}",
                who=newest,
                figure=figure,
                when=when,
            ),
            "in_or_after": text(
                "Of the customers won in {who}, {figure} bought in {when} or later",
                who=newest,
                figure=figure,
                when=when,
            ),
            "cumulative": text(
                "Of the customers won in {who}, {figure} had bought again by {when}",
                who=newest,
                figure=figure,
                when=when,
            ),
        }[table.definitions.reading]
    if found.earlier is None:
        return said + "."
    return text(
        "{said}; of {earlier}’s, {figure}.",
        said=said,
        earlier=cohort_name(found.earlier, table.period),
        figure=words.estimate(found.earlier_figure, currency()),
    )


def reading_notes(table: CohortTable) -> list[str]:
    clock = {"calendar": text("calendar periods"), "rolling": text("rolling periods")}[
        table.definitions.clock
    ]
    return [clock]


def average_through(table: CohortTable) -> int | None:
    """In Full, through which age the average keeps to the same cohorts; None: at each age, all old enough."""
    ages = sorted(table.cells.age[table.cells.complete].unique())
    chosen = controls.pick(
        text("Periods the average covers"),
        {
            "": text("as many as there are"),
            **{str(age): text("through {age}", age=age_name(int(age), table.period)) for age in ages},
        },
        f"cohorts.through.{table.period}",
        "",
        help=text(
            "The fewer cohorts stand behind an age, the more the average there depends on which they are. Through a "
            "given age, the same cohorts stand behind every point: those observed that long."
        ),
        width=260,
    )
    return int(chosen) if chosen else None


def what_is_averaged(table: CohortTable, through: int | None) -> str:
    if through is None:
        return text(
            "At each age, every cohort that was observed so long, added up. The band is the interval of the pooled figure."
        )
    return text(
        "Only the cohorts that were observed through {age}, the same ones at each age, added up. The band is the interval "
        "of the pooled figure.",
        age=age_name(through, table.period),
    )


def draw_split(table: CohortTable, name: str) -> None:
    st.subheader(text("By {name} of the first order", name=name.lower()), anchor=False)
    show.chart(drawing.curves(table, show.theme(), currency()), "cohorts.split.curves")


def draw_readings(table: CohortTable) -> None:
    """How the number changes with what "bought" is taken to mean."""
    found = cohorts.facts(table)
    if found is None:
        return
    effect = cohorts.reading_effect(table, found.age)
    when = age_name(found.age, table.period)
    st.subheader(text("What the reading does"), anchor=False)
    st.markdown(
        show.prose(
            text(
                "Over all cohorts old enough, {within} bought in {when}, {after} in {when} or later, and {by} had bought again "
                "by then. Comparing one shop’s first figure with another’s third is the commonest mistake with retention.",
                within=words.estimate(effect["in"]),
                after=words.estimate(effect["in_or_after"]),
                by=words.estimate(effect["cumulative"]),
                when=when,
            )
        )
    )


def draw_retention_rate(view: Definitions) -> None:
    """(A - B) / C over a period of the reader's choice."""
    kept = workspace.snapshot()
    if kept is None or kept.first_day is None or kept.last_day is None:
        return
    st.subheader(text("Retention rate of a period"), anchor=False)
    last = view.observed_until or kept.last_day
    first = max(kept.first_day, last - dt.timedelta(days=89))
    chosen = st.date_input(
        text("Period"),
        (first, last),
        min_value=kept.first_day,
        max_value=last,
        key="cohorts.rate",
        format=show.date_order(),
        width=320,
    )
    if len(chosen) != 2:
        st.caption(text("Choose the last day of the period too."))
        return
    found = workspace.ask(cohort_rate.retention_rate, view, start=chosen[0], end=chosen[1])
    reach = plural("{n} day", "{n} days", view.at_risk_days)
    st.markdown(show.prose(f"**{words.estimate(found.rate)}**"))
    st.markdown(
        show.prose(
            text(
                "{at_end} customers at the end (A), {won} of them won or won back in the period (B), {at_start} customers at its "
                "start (C): (A − B) / C. A shop without contracts has no list of customers, so a customer on a day is somebody "
                "who bought within the {reach} before it; change that in Definitions.",
                at_end=words.count(found.at_end),
                won=words.count(found.won),
                at_start=words.count(found.at_start),
                reach=reach,
            )
        )
    )
    if not found.covered:
        st.info(
            text(
                "Orders are known for less than {reach} before this period, so some customers at its start may not be "
                "counted in C.",
                reach=reach,
            )
        )

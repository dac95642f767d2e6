"""The Order ladder page's further sections: days between orders, who climbs, buyers of one occasion, spend by age."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import navigation
import words
from charts import order_ladder as drawing
from charts import spend_by_age as age_drawing
from models import event_buyers, order_ladder_splits, spend_by_age
from models.definitions import Definitions
from models.event_buyers import EventBuyers
from models.order_ladder import Ladder, Step
from models.order_ladder_splits import Compared
from models.spend_by_age import SpendByAge
from pages.coming_back import order_ladder_sentences as sentences
from pages.coming_back import order_ladder_who as who
from pages.coming_back.cohorts_sections import currency
from pages.common import controls, show
from pages.common.later import later
from words import text

PLAIN_STEPS, FULL_STEPS = 3, 6
WINDOWS = (3, 6, 12, 24)
MOST_SIGNS = 100
"""A shop may have thousands of products: the table shows so many, the lowest ratio first."""


def chosen_window(agreed: Definitions) -> Definitions:
    """In Full, the window by which steps are compared; otherwise that of the definitions."""
    if not show.full():
        return agreed
    months = sorted({*WINDOWS, agreed.repeat_window_months})
    chosen = controls.choice(
        text("Compared within, months"),
        {str(m): words.count(m) for m in months},
        "ladder.window",
        str(agreed.repeat_window_months),
    )
    return agreed.but(repeat_window_months=int(chosen))


def shown_steps(found: Ladder) -> list[Step]:
    return list(found.steps[: FULL_STEPS if show.full() else PLAIN_STEPS])


def days_shown(found: Ladder) -> int:
    """The window; in Full as long as anybody was watched."""
    return int(found.steps[0].curve.time[-1]) if show.full() else found.window


def next_step(found: Ladder) -> None:
    """To the list of whom to contact."""
    if any(p.address == "contact_list" for p in navigation.PAGES):
        st.page_link(
            navigation.page("contact_list").path,
            label=text("Next: one-order customers due now") if found.due else text("Next: whom to contact"),
            icon=":material/arrow_forward:",
            query_params={"contacts.reason": "second"} if found.due else None,
        )


def draw_steps(found: Ladder) -> None:
    """Shares by a few days, and days between orders as quantiles."""
    days = sorted({d for d in (30, 90, 180) if d < found.window} | {found.window})
    rows = []
    for step in found.steps if show.full() else found.steps[:FULL_STEPS]:
        row = {
            text("Step"): sentences.step_name(step.number),
            text("Customers before it"): words.count(step.customers),
        }
        for d in days:
            row[text("within {n} days", n=words.count(d))] = sentences.or_dash(step.by(d))
        row[text("Half by day")] = sentences.reached(step.curve.quantile(0.5))
        if show.full():
            row[text("A quarter by day")] = sentences.reached(step.curve.quantile(0.25))
            row[text("Three quarters by day")] = sentences.reached(step.curve.quantile(0.75))
            row[text("Counted, if watched {n} days", n=words.count(found.window))] = sentences.or_dash(
                step.counted
            )
            for d in days:
                row[text("Watched on day {n}", n=words.count(d))] = words.count(step.curve.followed(d))
        rows.append(row)
    frame = pd.DataFrame(rows)
    show.table(frame, "ladder.steps", column_config=show.right(frame))
    if show.full():
        st.caption(sentences.of_counts())


def draw_rest(found: Ladder, view: Definitions) -> None:
    """The sections that ask further models."""
    st.subheader(text("Who comes back"), anchor=False)
    step = _chosen_step(found)
    later(
        text("Comparing customers by their first order …"),
        lambda answer: draw_compared(answer, found.window),
        order_ladder_splits.compared,
        view,
        step=step,
    )
    st.subheader(text("Buyers of one occasion"), anchor=False)
    later(text("Looking for buyers of one occasion …"), draw_events, event_buyers.event_buyers, view)
    st.subheader(text("What customers spend as they age"), anchor=False)
    later(text("Adding up spend by age …"), draw_ages, spend_by_age.spend_by_age, view)


def _chosen_step(found: Ladder) -> int:
    if not show.full() or len(found.steps) < 2:
        return 1
    options = {str(s.number): sentences.step_name(s.number) for s in found.steps[:PLAIN_STEPS]}
    return int(controls.choice(text("Step"), options, "ladder.step", "1"))


def draw_compared(found: Compared, window: int) -> None:
    st.markdown(show.prose(who.compared(found, window)))
    options = {s.name: who.split_name(s.name) for s in found.splits if s.extremes(window)}
    if not options:
        return
    chosen = controls.pick(text("Customers by"), options, "ladder.by", next(iter(options)), width=260)
    split = next(s for s in found.splits if s.name == chosen)
    st.caption(show.prose(who.one_split(split, window, found)))
    show.chart(drawing.groups(split, window, show.theme()), "ladder.groups")
    if show.full():
        lines = [drawing.Line(g.label, g.curve) for g in split.groups]
        show.chart(drawing.climbing(lines, window, show.theme(), bands=len(lines) < 4), "ladder.split")


def draw_events(found: EventBuyers) -> None:
    st.markdown(show.prose(who.events(found)))
    signs = found.signs[:MOST_SIGNS] if show.full() else found.named[:10]
    if not signs:
        return
    frame = pd.DataFrame(
        {
            text("First order"): [who.sign(s) for s in signs],
            text("Customers"): [words.count(s.customers) for s in signs],
            text("Returned"): [words.estimate(s.rate) for s in signs],
            text("All others"): [words.estimate(s.others) for s in signs],
            text("Ratio"): [sentences.times(s.ratio) for s in signs],
            text("Beyond chance"): [text("yes") if who.beyond(s) else text("no") for s in signs],
        }
    )
    show.table(frame, "ladder.signs", column_config=show.right(frame))
    st.caption(who.of_signs(found, len(signs)))


def draw_ages(found: SpendByAge) -> None:
    st.markdown(show.prose(who.ages(found, currency())))
    if found.saying is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        show.chart(age_drawing.orders(found, show.theme()), "ladder.orders")
    with right:
        show.chart(age_drawing.order_value(found, show.theme(), currency()), "ladder.value")
    st.caption(who.of_ages())

"""The Churn page's proof: what the models said of past days and what came, and what the chances hang on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
from charts import churn as drawing
from charts import learning as learned
from models.churn import Churn
from models.churn_trial import Tried, TriedDay
from models.customers_at_risk import missed
from models.estimate import Estimate
from pages.common import show
from pages.leaving import churn_sentences as sentences
from pages.worth.value_sentences import signed
from words import text


def draw(found: Churn) -> None:
    test = found.days[0]
    st.subheader(text("How far to trust it"), anchor=False)
    st.markdown(show.prose(found.sentence if show.full() else sentences.verdict(found)))
    if found.choice.name in test.names:
        st.markdown(show.prose(sentences.top_tenth(test, test[found.choice.name])))
    if not show.full() and any(
        day[found.choice.name].off for day in found.days if found.choice.name in day.names
    ):
        st.caption(f":material/warning: {show.prose(sentences.off())}")
    if show.full():
        _draw_contenders(found, test)
        if found.choice.name in test.names:
            _draw_truth(found, test)
    _draw_days(found)
    st.subheader(text("What the chances hang on"), anchor=False)
    st.markdown(show.prose(sentences.drivers(found)))
    if show.full():
        _draw_drivers(found)


def written(e: Estimate, digits: int = 3) -> str:
    """With as many decimals in every row, so that a column can be read down."""
    if not e.known:
        return words.estimate(e)
    value, low, high = (words.number(x, digits, fixed=True) for x in (e.value, e.low, e.high))
    return f"{value} ({low}–{high})"


def _draw_days(found: Churn) -> None:
    """What the model in use said on past days, learned from days before them, and what came."""
    rows = []
    for one in found.days:
        if found.choice.name not in one.names:
            continue
        used: Tried = one[found.choice.name]
        row = {
            text("Said on"): words.day(one.day),
            text("Of customers"): words.count(used.active),
            text("Would leave"): words.count(used.expected),
            text("Left by then"): words.count(used.gone),
            text("Error"): signed(missed(used)),
        }
        if show.full():
            row |= {
                text("ROC-AUC"): written(used.measures.auc),
                text("Calibration error"): written(used.measures.calibration_error),
                text("Exactly right ones’"): written(used.perfect),
                text("Learned from"): words.plural(
                    "{n} day up to {last}",
                    "{n} days up to {last}",
                    len(one.training),
                    last=words.day(one.training[0]),
                ),
            }
        rows.append(row)
    frame = pd.DataFrame(rows)
    show.table(frame, "churn.days", column_config=show.right(frame))
    if show.full() and len(found.days) > 1:
        show.chart(drawing.rolling(found.days, show.theme()), "churn.rolling")


def _draw_contenders(found: Churn, test: TriedDay) -> None:
    """All that contended on the last day that could be tried, which nothing was learned from."""
    rows = []
    for one in test.contenders:
        m = one.measures
        figures = {
            text("ROC-AUC"): m.auc,
            text("PR-AUC"): m.pr_auc,
            text("Brier"): m.brier,
            text("Log loss"): m.log_loss,
            text("Calibration error"): m.calibration_error,
            text("Exactly right ones’"): one.perfect,
        }
        used = text("{model} (used)", model=one.title) if one.name == found.choice.name else one.title
        rows.append({text("Model"): used, **{name: written(e) for name, e in figures.items()}})
    frame = pd.DataFrame(rows)
    show.table(frame, "churn.contenders", column_config=show.right(frame))
    m = test.contenders[0].measures
    st.caption(
        show.prose(
            text(
                "On {n} customers known on {start}, of whom {left} did not order by {end}. Intervals: a bootstrap of {draws} draws "
                "of customers. The calibration error is the mean distance between chances and shares in ten equal parts; the last "
                "column is what exactly right chances would score by chance alone.",
                n=words.count(test.customers),
                start=words.day(test.day),
                left=words.estimate(test.left),
                end=words.day(test.end),
                draws=words.count(m.draws),
            )
        )
    )
    st.caption(
        show.prose(
            text(
                "Judged are all of them, also those long silent, of whom {active} were still active that day. That the others stay "
                "away is easy to tell: on the active alone these figures would look worse.",
                active=words.count(test.contenders[0].active),
            )
        )
    )


def _draw_truth(found: Churn, test: TriedDay) -> None:
    """How the chances of the model in use came true on the last day tried."""
    used = test[found.choice.name].measures
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption(text("Chances of {model}, and the shares that then left", model=found.title))
        show.chart(learned.calibration(used, show.theme()), "churn.calibration")
    with right:
        st.caption(text("How much oftener than the average each tenth left"))
        show.chart(learned.lift(used, show.theme()), "churn.lift", 340)


def _draw_drivers(found: Churn) -> None:
    show.chart(learned.drivers(found.drivers, show.theme()), "churn.drivers")
    st.caption(
        show.prose(
            text(
                "What each group adds to the log loss of {model} when it is shuffled among {n} customers held back; an interval "
                "that reaches 0 is no more than noise.",
                model=found.title,
                n=words.count(found.drivers.rows),
            )
        )
    )


def draw_notes(found: Churn) -> None:
    """What a person should know; in Plain only that there is something."""
    notes = list(found.notes)
    if notes and not show.full():
        notes = [
            words.plural(
                "The Full view has {n} note on how this was worked out.",
                "The Full view has {n} notes on how this was worked out.",
                len(notes),
            )
        ]
    for note in notes:
        st.caption(f":material/info: {show.prose(note)}")

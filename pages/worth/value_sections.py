"""The Lifetime value page's further sections: past forecasts, parameters, tracking, customers, second opinion."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import words
import workspace
from charts import lifetime_value as drawing
from charts import value_groups as groups_drawing
from models import second_opinion
from models.backtest import Backtest
from models.btyd.families import BG_NBD, FAMILIES
from models.customer_base import Fit
from models.customer_table import SHOWN, Ranked
from models.definitions import Definitions
from models.estimate import Estimate
from models.model_choice import Choice
from models.tracking import Tracking
from models.value_groups import COHORT, ValueGroups
from pages.coming_back.cohorts_sections import splits
from pages.common import controls, download, show
from pages.common.later import later
from pages.worth import value_sentences as sentences
from words import plural, text


def chosen_model() -> dict[str, Any]:
    """In Full, the model of purchases; otherwise the usual one."""
    if not show.full():
        return {}
    options = {name: family.title for name, family in FAMILIES.items()}
    return {"model": controls.choice(text("Model of purchases"), options, "value.model", BG_NBD.name)}


def draw_choice(found: Choice) -> None:
    """Whether another model tells this shop better."""
    st.caption(f":material/balance: {show.prose(sentences.recommended(found))}")


def grouping() -> str:
    """The cohorts of the period agreed on, or a column of the first order."""
    options = {COHORT: text("When they were won")} | {k: v for k, v in splits().items() if k}
    return controls.pick(text("Customers by"), options, "value.by", COHORT, width=260)


def draw_groups(found: ValueGroups, currency: str, view: Definitions) -> None:
    st.markdown(show.prose(sentences.by_group(found, currency, view)))
    show.chart(groups_drawing.bars(found, show.theme(), currency, view.period), "value.groups")


def draw_origins(found: Backtest) -> None:
    if not found.origins:
        return
    rows = pd.DataFrame(
        {
            text("Forecast from"): words.day(o.origin),
            text("Days ahead"): words.count(o.days),
            text("Forecast (chance alone)"): words.estimate(o.purchases.forecast, digits=0),
            text("Came"): words.count(o.purchases.actual),
            text("Error"): sentences.signed(o.purchases.error),
            text("At the average rate"): sentences.signed(o.purchases.missed(o.purchases.average)),
            text("At their own rate"): sentences.signed(o.purchases.missed(o.purchases.own)),
        }
        for o in found.origins
    )
    show.table(rows, "value.origins", column_config=show.right(rows))


def draw_notes(notes: list[str]) -> None:
    """What the models hold against these orders; it speaks of parameters, so Plain says only that there is something."""
    if notes and not show.full():
        notes = [
            plural(
                "The models have {n} reservation about these orders: the figures may be further off than usual. The Full view "
                "says what it is.",
                "The models have {n} reservations about these orders: the figures may be further off than usual. The Full view "
                "says what they are.",
                len(notes),
            )
        ]
    for note in notes:
        st.caption(f":material/info: {show.prose(note)}")


def draw_observed(found: Estimate, currency: str, view: Definitions) -> None:
    """What customers old enough did bring: the plain figure that the forecast has to agree with."""
    months = plural("{n} month", "{n} months", view.ltv_horizon_months)
    if not found.known:
        st.caption(show.prose(found.why_missing))
        return
    said = text(
        "Customers won at least {months} ago did bring {value} each in their first {months}, discounted alike.",
        months=months,
        value=words.estimate(found, currency),
    )
    st.markdown(show.prose(said))


def draw_parameters(fit: Fit) -> None:
    st.subheader(text("The parameters, and what they mean"), anchor=False)
    for name, meaning in sentences.parameters(fit):
        st.markdown(show.prose(f"**{name}.** {meaning}"))
    level = workspace.definitions().level
    rows = []
    for title, model in ((fit.family.title, fit.purchases), ("Gamma-Gamma", fit.spend.model)):
        if model is None:
            continue
        intervals = model.parameter_intervals(level)
        rows += [
            {
                text("Model"): title,
                text("Parameter"): name,
                text("Estimate"): words.number(float(model.params_[name]), 4, fixed=True),
                text("From"): words.number(float(intervals.loc[name, "low"]), 4, fixed=True),
                text("To"): words.number(float(intervals.loc[name, "high"]), 4, fixed=True),
                text("Log-likelihood"): words.number(model.log_likelihood_, 1, fixed=True),
            }
            for name in model.names
        ]
    frame = pd.DataFrame(rows)
    show.table(frame, "value.parameters", column_config=show.right(frame, 2))


def holdout() -> dict[str, Any]:
    """In Full, how many days to hold back; otherwise a quarter of the span."""
    kept = workspace.snapshot()
    if not show.full() or kept is None or kept.first_day is None or kept.last_day is None:
        return {}
    span = (kept.last_day - kept.first_day).days
    if span < 60:
        return {}
    days = st.slider(
        text("Days held back"),
        14,
        span - 30,
        min(max(span // 4, 14), span - 30),
        key="value.holdout",
        width=420,
    )
    return {"holdout_days": int(days)}


def draw_tracking(found: Tracking) -> None:
    # In Plain the days held back are the last past forecast, which the page has told already.
    if found.holdout is not None and show.full():
        st.markdown(
            show.prose(
                text(
                    "Fitted on orders up to {origin}, the model expected {forecast} repeat purchases from there to {end}; "
                    "{actual} came ({error}).",
                    origin=words.day(found.origin),
                    end=words.day(found.end),
                    forecast=words.estimate(found.holdout.purchases.forecast, digits=0),
                    actual=words.count(found.holdout.purchases.actual),
                    error=sentences.signed(found.holdout.purchases.error),
                )
            )
        )
    left, right = st.columns(2, gap="medium")
    with left:
        show.chart(drawing.tracking(found, show.theme(), cumulative=True), "value.total")
    with right:
        show.chart(drawing.tracking(found, show.theme(), cumulative=False), "value.weekly")
    if show.full():
        st.caption(
            text("Customers by their repeat purchases before the holdout: what each then bought on average.")
        )
        show.chart(drawing.calibration(found, show.theme()), "value.calibration")


def draw_customers(found: Ranked, currency: str) -> None:
    search = st.text_input(
        text("Find a customer"), key="value.search", placeholder=text("part of an id or e-mail"), width=320
    )
    matching, best = found.find(search, SHOWN)
    if not matching:
        st.caption(
            text("No customer has this in the id or e-mail. Shorten it, or empty the field to see everybody.")
        )
        return
    shown = pd.DataFrame(
        {
            text("Customer"): best.customer,
            text("Repeat purchases"): best.frequency.map(words.count),
            text("Last bought at age, days"): best.recency.map(words.count),
            text("Age, days"): best["T"].map(words.count),
            text("Mean repeat purchase"): [words.money(v, currency, fixed=True) for v in best.monetary_value],
            text("Still a customer"): [words.percent(v, 0) for v in best.alive],
            text("Purchases to come"): [
                f"{words.number(r.purchases, fixed=True)} ({words.count(r.low)}–{words.count(r.high)})"
                for r in best.itertuples()
            ],
            text("Value to come"): [
                f"{words.money(r.value, currency, fixed=True)} "
                f"({words.money(r.value_low, currency, 0)}–{words.money(r.value_high, currency, 0)})"
                for r in best.itertuples()
            ],
        }
    )
    st.caption(
        show.prose(
            text(
                "{shown} of {n} found. Together all customers are expected to bring {total}.",
                shown=words.count(len(best)),
                n=words.count(matching),
                total=words.estimate(found.total, currency),
            )
        )
    )
    st.dataframe(shown, hide_index=True, key="value.customers", column_config=show.right(shown))
    st.download_button(
        text("All customers as CSV"),
        data=lambda: b"".join(download.pieces(found.chunks())),
        file_name="holdfast-customers.csv",
        mime="text/csv",
        key="value.customers.csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def draw_second_opinion(view: Definitions) -> None:
    st.subheader(text("A second opinion"), anchor=False)
    st.caption(
        text(
            "The same histories fitted by the package lifetimes, in a process of its own. At a million customers that takes "
            "a minute or more."
        )
    )
    if st.button(text("Ask lifetimes"), key="value.ask") or st.session_state.get("value.asked"):
        st.session_state["value.asked"] = True
        later(text("lifetimes is fitting …"), _draw_opinion, second_opinion.second_opinion, view)


def _draw_opinion(found: second_opinion.SecondOpinion) -> None:
    rows = pd.DataFrame(
        {
            text("What"): found.figures.what,
            text("Holdfast"): [words.number(v, 4, fixed=True) for v in found.figures.ours],
            text("lifetimes {version}", version=found.version): [
                words.number(v, 4, fixed=True) for v in found.figures.theirs
            ],
            text("Difference"): [words.percent(v, 3) for v in found.figures.difference],
        }
    )
    show.table(rows, "value.opinion", column_config=show.right(rows))
    if found.ours_likelier:
        st.caption(
            text("The log-likelihood found here is at least as high: the same optimum, or a better one.")
        )
    for note in found.notes:
        st.caption(show.prose(note))

"""The model bench's sections on the fit: comparison, backtest, parameters, intervals by source."""

from __future__ import annotations

from math import isfinite

import pandas as pd
import streamlit as st

import words
from charts import lifetime_value as followed
from charts import model_bench as drawing
from models import model_bench
from models.backtest import Backtest, Held
from models.model_bench import Bench, Sources
from models.model_choice import Choice
from models.tracking import Tracking
from pages.common import show
from pages.common.later import later
from pages.worth import bench_sentences as sentences
from pages.worth.bench_settings import Settings
from pages.worth.value_sentences import signed
from words import text


def draw_comparison(found: Choice, bench: Bench, chosen: Settings) -> None:
    show.chart(drawing.comparison(found, chosen.seen.level, show.theme()), "bench.comparison")
    rows = pd.DataFrame(
        {
            text("Model"): found.table.title,
            text("Holdout log-likelihood"): [words.number(v, 1, fixed=True) for v in found.table.holdout],
            text("Behind the best"): [words.number(v, 1, fixed=True) for v in found.table.behind],
            text("± by chance"): [words.number(v, 1, fixed=True) for v in found.table.chance],
            text("Forecast"): [words.count(v) for v in found.table.forecast],
            text("Error"): [signed(v) for v in found.table.error],
            text("Log-likelihood"): [
                words.number(bench.in_unit(v, chosen.unit), 1, fixed=True) for v in found.table.log_likelihood
            ],
            text("AIC"): [
                words.number(bench.criterion_in_unit(v, chosen.unit), 1, fixed=True) for v in found.table.aic
            ],
            text("BIC"): [
                words.number(bench.criterion_in_unit(v, chosen.unit), 1, fixed=True) for v in found.table.bic
            ],
        }
    )
    show.table(rows, "bench.models", column_config=show.right(rows))
    st.caption(
        show.prose(
            text(
                "The judge is the holdout: the log-likelihood of the purchases each of {n} customers made in the {days} days held "
                "back, fitted without those days. The band of a difference that reaches 0 is no more than chance. AIC and BIC are "
                "of all orders, smaller is better; all models here are without a penaliser.",
                n=words.count(found.customers),
                days=words.count(found.days),
            )
        )
    )
    for title, why in found.failed.items():
        st.caption(show.prose(text("{model} could not be fitted: {why}", model=title, why=why)))


def draw_followed(found: Tracking) -> None:
    st.markdown(show.prose(sentences.singles(found)))
    left, other = st.columns(2, gap="medium")
    with left:
        show.chart(followed.tracking(found, show.theme(), cumulative=False), "bench.weekly")
    with other:
        show.chart(followed.calibration(found, show.theme()), "bench.calibration")


def draw_origins(found: Backtest, currency: str) -> None:
    """The rolling origins, a row each for purchases and for money."""
    if not found.origins:
        st.caption(show.prose(found.why))
        return
    rows = pd.DataFrame(
        [
            {
                text("Forecast from"): words.day(o.origin),
                text("Days ahead"): words.count(o.days),
                text("Of"): name,
                text("Forecast (chance alone)"): words.estimate(held.forecast, currency, 0),
                text("Came"): came(held, currency),
                text("Error"): signed(held.error),
                text("At the average rate"): signed(held.missed(held.average)),
                text("At their own rate"): signed(held.missed(held.own)),
            }
            for o in found.origins
            for name, held in ((text("purchases"), o.purchases), (text("money"), o.money))
        ]
    )
    show.table(rows, "bench.origins", column_config=show.right(rows, 3))
    if found.model_error is None or found.money_error is None:
        st.caption(show.prose(found.why))
        return
    st.caption(
        show.prose(
            text(
                "Beyond what parameters and chance explain, such forecasts were off by {purchases} of purchases and {money} of money "
                "(one standard deviation): the model’s own error, which widens every forecast.",
                purchases=words.percent(found.model_error),
                money=words.percent(found.money_error),
            )
        )
    )


def came(held: Held, currency: str) -> str:
    money = held.forecast.unit == "money"
    return words.money(held.actual, currency, 0) if money else words.count(held.actual)


def draw_fit(found: Bench, chosen: Settings, currency: str) -> None:
    st.subheader(text("The fit"), anchor=False)
    model = found.fit.purchases
    st.markdown(
        show.prose(
            text(
                "{model}: log-likelihood {log_likelihood}, AIC {aic}, BIC {bic}, from {n} customers with {repeats} repeat purchases.",
                model=chosen.title,
                log_likelihood=words.number(found.in_unit(model.log_likelihood_, chosen.unit), 1, fixed=True),
                aic=words.number(found.criterion_in_unit(model.aic_, chosen.unit), 1, fixed=True),
                bic=words.number(found.criterion_in_unit(model.bic_, chosen.unit), 1, fixed=True),
                n=words.count(found.fit.customers),
                repeats=words.count(found.repeats),
            )
        )
    )
    units = {"days": text("days"), "weeks": text("weeks"), "money": currency or text("money"), "": ""}
    frame = found.parameters(chosen.unit)
    rows = pd.DataFrame(
        {
            text("Model"): frame.model,
            text("Parameter"): frame.parameter,
            text("Unit"): frame.unit.map(units),
            text("Estimate"): [words.number(v, 4, fixed=True) for v in frame.value],
            text("Standard error"): [words.number(v, 4, fixed=True) for v in frame.error],
            text("From"): [words.number(v, 4, fixed=True) for v in frame.low],
            text("To"): [
                words.number(v, 4, fixed=True) if isfinite(v) else text("no bound") for v in frame.high
            ],
            text("Interval by"): frame.method.map({"Laplace": "Laplace", "profile": text("profile")}),
            text("What it says"): [sentences.meaning(name) for name in frame.parameter],
        }
    )
    show.table(rows, "bench.parameters", column_config=show.right(rows.iloc[:, :-2], 3))
    st.caption(
        text(
            "Intervals of {level}: by Laplace’s approximation, made on the log scale; by the profile of the likelihood where the "
            "orders say little on a parameter and a normal curve would mislead. Days or weeks only change how parameters that "
            "are times, and log-likelihoods, are printed.",
            level=words.percent(found.level, 0),
        )
    )
    for note in [*model.notes_, *found.fit.spend.notes]:
        st.caption(f":material/info: {show.prose(note)}")


def draw_sources(bench: Bench, backtest: Backtest, chosen: Settings, currency: str) -> None:
    """The intervals by source; where `backtest` could not measure the model's own error, the reason."""
    st.subheader(text("How far the forecast can be off, by source"), anchor=False)
    later(
        text("Adding up what all customers will do …"),
        lambda found: _draw_sources(found, currency),
        model_bench.sources,
        chosen.view,
        **chosen.fit,
        _bench=bench,
        _backtest=backtest,
    )


def _draw_sources(found: Sources, currency: str) -> None:
    days = words.count(found.days)
    left, other = st.columns(2, gap="medium")
    with left:
        said = words.estimate(found.purchases["all"], digits=0)
        st.markdown(text("Purchases of all customers within {days} days: **{said}**", days=days, said=said))
        show.chart(drawing.sources(found.purchases, show.theme()), "bench.purchases")
    with other:
        said = words.estimate(found.money["all"], currency, 0)
        st.markdown(
            show.prose(text("What these bring, discounted to today: **{said}**", days=days, said=said))
        )
        show.chart(drawing.sources(found.money, show.theme(), currency), "bench.money")
    if not found.purchases["model"].known:
        st.caption(show.prose(found.purchases["model"].why_missing))

"""The model bench's section on what tells customers apart from their first order on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

import words
from charts import covariates as drawing
from models.btyd.families import FAMILIES
from models.covariate_fit import CovariateFit, covariate_fit
from pages.coming_back.cohorts_sections import splits
from pages.common import controls, show
from pages.common.later import later
from pages.worth.bench_settings import Settings
from words import text

MOST_NAMED = 1
"""Levels in the sentence, on buying and on dropout: those that differ most."""
SMALLEST_P = 0.001


def draw_covariates(chosen: Settings) -> None:
    st.subheader(text("What tells customers apart"), anchor=False)
    columns = {name: title for name, title in splits().items() if name}
    if not columns:
        st.caption(
            text(
                "All first orders here look alike: with a channel, a country, a first product, discounts or another kept column "
                "in the file, this would show which customers buy more often and stay longer."
            )
        )
        return
    by = controls.several(
        text("Customers differ by"),
        columns,
        "bench.by",
        list(columns)[:1],
        help=text(
            "What a customer’s first order says. Effects of several columns are each with the others held."
        ),
    )
    if not by:
        st.caption(text("Choose a column of the first order to see what it tells of a customer."))
        return
    later(
        text("Fitting {model} with what first orders say …", model=chosen.title),
        lambda found: _draw(found, columns),
        covariate_fit,
        # Neither margin nor discount rate moves a count of purchases.
        chosen.counts.but(ltv_horizon_months=chosen.view.ltv_horizon_months),
        by=by,
        **chosen.fit,
    )


def _draw(found: CovariateFit, columns: Mapping[str, str]) -> None:
    st.markdown(show.plain(sentence(found, columns)))
    left, other = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{text('Buying')}**")
        show.chart(drawing.effects(found, "buying", columns, show.theme()), "bench.by.buying")
    with other:
        st.markdown(f"**{text('Dropout')}**")
        show.chart(drawing.effects(found, "dropout", columns, show.theme()), "bench.by.dropout")
    rows = pd.DataFrame(
        {
            text("Column"): found.table.covariate.map(columns),
            text("Level"): found.table.level,
            text("Customers"): [words.count(n) for n in found.table.customers],
            text("Buying, times"): _times(found, "buying"),
            text("Dropout, times"): _times(found, "dropout"),
            text("Purchases of a new customer in {days} days", days=words.count(found.days)): [
                words.estimate(e) for e in found.table.purchases
            ],
        }
    )
    show.table(rows, "bench.by.levels", column_config=show.right(rows, 2))
    st.caption(show.plain(_test(found)))
    for note in found.notes:
        st.caption(f":material/info: {show.plain(note)}")


def _times(found: CovariateFit, of: str) -> list[str]:
    return [
        text("1 (compared with)") if base else words.estimate(e)
        for base, e in zip(found.table.base, found.table[of], strict=True)
    ]


def sentence(found: CovariateFit, columns: Mapping[str, str]) -> str:
    """What differs beyond chance: the levels farthest from the one they are compared with."""
    said = [
        _one(found, row, of, columns)
        for of in ("buying", "dropout")
        for row in found.standing_out(of).head(MOST_NAMED).itertuples()
    ]
    differing = words.listing(columns[name] for name in found.by)
    if not found.beyond:
        return text(
            "Customers who differ by {columns} buy and leave alike, as far as these orders tell: the differences are no more "
            "than chance ({p}).",
            columns=differing,
            p=_p(found),
        )
    if not said:
        return text(
            "Customers who differ by {columns} differ in buying or leaving beyond chance ({p}), but no single one stands out.",
            columns=differing,
            p=_p(found),
        )
    whole = "; ".join(said)
    return text("{said}.", said=whole[0].upper() + whole[1:])


def _one(found: CovariateFit, row: Any, of: str, columns: Mapping[str, str]) -> str:
    said = {
        "who": _who(row.covariate, row.level, columns),
        "times": words.estimate(getattr(row, of)),
        "base": _those(row.covariate, found.compared_with(row.covariate), columns),
    }
    if of == "buying":
        return text("{who} buy {times} times as often as {base}", **said)
    if found.dropout_unit == "rate":
        return text("{who} leave at {times} times the rate of {base}", **said)
    return text("{who} stop after a purchase {times} times as readily as {base}", **said)


def _who(column: str, level: str, columns: Mapping[str, str]) -> str:
    """Customers of this level, as people say it."""
    known = {
        "channel": text("customers first won by {level}", level=level),
        "country": text("customers from {level}", level=level),
        "first_product": text("customers who began with {level}", level=level),
        "first_discount": text("customers who began {level}", level=level),
    }
    return _said(known, column, level) or text(
        "customers with {column} “{level}”", column=columns[column], level=level
    )


def _those(column: str, level: str, columns: Mapping[str, str]) -> str:
    """The same for those they are compared with."""
    known = {
        "channel": text("those won by {level}", level=level),
        "country": text("those from {level}", level=level),
        "first_product": text("those who began with {level}", level=level),
        "first_discount": text("those who began {level}", level=level),
    }
    return _said(known, column, level) or text(
        "those with {column} “{level}”", column=columns[column], level=level
    )


def _said(known: Mapping[str, str], column: str, level: str) -> str:
    """Nobody is won by “not stated”."""
    pooled = (text("not stated"), text("all others"), text("other"))
    return "" if level in pooled else known.get(column, "")


def _p(found: CovariateFit) -> str:
    if found.test.p_value < SMALLEST_P:
        return text("p below {least}", least=words.number(SMALLEST_P, 3))
    return text("p = {p}", p=words.number(found.test.p_value, 3))


def _test(found: CovariateFit) -> str:
    aic = words.number(abs(found.aic), 1)
    said = text(
        "Likelihood-ratio test against {model} without columns: {statistic} with {degrees} degrees of freedom, {p}; {aic} "
        "Intervals of {level} by Laplace’s approximation, from {n} customers.",
        model=FAMILIES[found.model].title,
        statistic=words.number(found.test.statistic, 1),
        degrees=words.count(found.test.degrees),
        p=_p(found),
        aic=text("AIC is {aic} lower with them.", aic=aic)
        if found.aic < 0
        else text("AIC is {aic} higher with them.", aic=aic),
        level=words.percent(found.level, 0),
        n=words.count(found.customers),
    )
    if len(found.by) == 1:
        return said
    return text("{said} A new customer’s purchases: of one who is like most in the other columns.", said=said)

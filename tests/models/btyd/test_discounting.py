"""Discounted purchases: against sums over single days, against Pareto/NBD's own integral, and in both units of time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.btyd import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from models.btyd.discounting import discounted_purchases
from models.btyd.families import FAMILIES

YEARLY = float(np.log(1.1)) / 365


@pytest.fixture(scope="module")
def rows(cdnow_spend: pd.DataFrame) -> pd.DataFrame:
    return cdnow_spend


@pytest.mark.parametrize("model", [BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter])
def test_every_day_counts_for_what_it_is_worth(rows: pd.DataFrame, model: type) -> None:
    fit = model().fit(rows["frequency"], rows["recency"], rows["T"])
    few = rows.iloc[::200]
    history = (few["frequency"], few["recency"], few["T"])
    found = fit.discounted_expected_purchases(730.0, *history, YEARLY)
    assert found.index.equals(few.index)
    days = np.arange(731.0)
    by_day = np.diff(np.array([fit.predict(d, *history) for d in days]), axis=0)
    worth = np.exp(-YEARLY * (days[1:] - 0.5))
    assert found.to_numpy() == pytest.approx(worth @ by_day, rel=1e-6)
    assert fit.discounted_expected_purchases(365.0, *history, 0.0).to_numpy() == pytest.approx(
        fit.predict(365.0, *history).to_numpy(), rel=1e-9
    )
    assert isinstance(fit.discounted_expected_purchases(365.0, 2, 100.0, 200.0, YEARLY), float)


def test_two_integrals_of_pareto_agree_and_the_endless_one_is_their_limit(rows: pd.DataFrame) -> None:
    fit = ParetoNBDFitter().fit(rows["frequency"], rows["recency"], rows["T"])
    p, x, T = fit.params_.to_numpy(), np.array([0, 1, 7, 26]), np.array([200.0, 150.0, 260.0, 217.0])
    general = discounted_purchases(
        lambda kinds, ages, ends: FAMILIES["pareto_nbd"].purchases_if_alive(p, kinds, ages, ends),
        x,
        T,
        900.0,
        0.001,
    )
    alive = fit.conditional_probability_alive(x, np.minimum(T, 140.0) * (x > 0), T)
    assert fit.discounted_expected_purchases(
        900.0, x, np.minimum(T, 140.0) * (x > 0), T, 0.001
    ) == pytest.approx(alive * general, rel=1e-8)
    endless = fit.discounted_expected_purchases(np.inf, x, np.minimum(T, 140.0) * (x > 0), T, 0.001)
    far = fit.discounted_expected_purchases(40_000.0, x, np.minimum(T, 140.0) * (x > 0), T, 0.001)
    assert endless == pytest.approx(far, rel=1e-9)


def test_value_is_spend_times_discounted_purchases_in_any_unit(rows: pd.DataFrame) -> None:
    again = rows["frequency"] > 0
    spend = GammaGammaFitter().fit(rows["frequency"][again], rows["monetary_value"][again])
    days = BetaGeoFitter().fit(rows["frequency"], rows["recency"], rows["T"])
    weeks = BetaGeoFitter().fit(rows["frequency"], rows["recency"] / 7, rows["T"] / 7)
    columns = (rows["frequency"], rows["recency"], rows["T"], rows["monetary_value"])
    by_day = spend.discounted_value(days, *columns, horizon=365.0)
    by_week = spend.discounted_value(
        weeks, columns[0], columns[1] / 7, columns[2] / 7, columns[3], horizon=365 / 7, year=365 / 7
    )
    assert by_week.to_numpy() == pytest.approx(by_day.to_numpy(), rel=1e-6)
    whole = days.predict(365, *columns[:3]) * spend.conditional_expected_average_profit(
        columns[0], columns[3]
    )
    assert ((by_day < whole) & (by_day > whole / 1.1)).all()


def test_an_endless_horizon_is_refused_where_it_has_no_answer(rows: pd.DataFrame) -> None:
    fit = BetaGeoFitter().fit(rows["frequency"], rows["recency"], rows["T"])
    with pytest.raises(ValueError, match="finite horizon"):
        fit.discounted_expected_purchases(np.inf, 1, 10.0, 20.0, YEARLY)

"""The same answers as lifetimes, where lifetimes is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.btyd import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter

FITTERS = {"bg": BetaGeoFitter, "mbg": ModifiedBetaGeoFitter}


@pytest.mark.parametrize("name", ["bg", "mbg"])
@pytest.mark.parametrize("coefficient", [0.0, 0.1])
def test_purchases(name: str, coefficient: float, cdnow_spend: pd.DataFrame, oracle: dict[str, Any]) -> None:
    theirs = oracle[f"{name} {coefficient}"]
    x, t, T = cdnow_spend["frequency"], cdnow_spend["recency"], cdnow_spend["T"]
    ours = FITTERS[name](penalizer_coef=coefficient).fit(x, t, T)
    # lifetimes stops at its optimiser's tolerance: three to four digits of it can be trusted.
    assert ours.params_.to_numpy() == pytest.approx(theirs["params"], rel=2e-3)
    if not coefficient:
        assert ours.standard_errors_.to_numpy() == pytest.approx(theirs["se"], rel=2e-2)
    assert ours.predict(39, x, t, T).to_numpy() == pytest.approx(theirs["predict"], rel=2e-3)
    assert ours.conditional_probability_alive(x, t, T) == pytest.approx(theirs["alive"], rel=2e-3)
    assert [ours.expected_number_of_purchases_up_to_time(d) for d in (1, 10, 52)] == pytest.approx(
        theirs["new"], rel=2e-3
    )
    for n, probability in enumerate(theirs["pmf"]):
        assert ours.probability_of_n_purchases_up_to_time(20, n) == pytest.approx(probability, rel=2e-3)


@pytest.mark.parametrize("coefficient", [0.0, 0.01])
def test_spend(coefficient: float, cdnow_spend: pd.DataFrame, oracle: dict[str, Any]) -> None:
    again = cdnow_spend[cdnow_spend["frequency"] > 0]
    ours = GammaGammaFitter(penalizer_coef=coefficient).fit(again["frequency"], again["monetary_value"])
    theirs = oracle[f"gg {coefficient}"]
    assert ours.params_.to_numpy() == pytest.approx(theirs["params"], rel=2e-3)
    if not coefficient:
        assert ours.standard_errors_.to_numpy() == pytest.approx(theirs["se"], rel=2e-2)
    found = ours.conditional_expected_average_profit()
    assert found.to_numpy() == pytest.approx(theirs["spend"], rel=2e-3)


def test_customer_lifetime_value(cdnow_spend: pd.DataFrame, oracle: dict[str, Any]) -> None:
    x, t, T, m = (cdnow_spend[c] for c in ("frequency", "recency", "T", "monetary_value"))
    model = BetaGeoFitter().fit(x, t, T)
    spend = GammaGammaFitter().fit(x[x > 0], m[x > 0])
    ours = spend.customer_lifetime_value(model, x, t, T, m, time=12, discount_rate=0.01, freq="D")
    assert ours.name == "clv"
    assert ours.to_numpy() == pytest.approx(oracle["clv"], rel=2e-3)


def test_days_and_weeks_give_one_lifetime_value(cdnow_spend: pd.DataFrame) -> None:
    """A fault of lifetimes: there a month is 30 days but 4.345 weeks, so that the two disagree."""
    x, t, T, m = (cdnow_spend[c] for c in ("frequency", "recency", "T", "monetary_value"))
    spend = GammaGammaFitter().fit(x[x > 0], m[x > 0])
    days = spend.customer_lifetime_value(BetaGeoFitter().fit(x, t, T), x, t, T, m, freq="D")
    weeks = spend.customer_lifetime_value(BetaGeoFitter().fit(x, t / 7, T / 7), x, t / 7, T / 7, m, freq="W")
    assert np.allclose(days, weeks, rtol=1e-6)

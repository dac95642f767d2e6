"""What a classifier has to beat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from sklearn.linear_model import LogisticRegression

from models.btyd.families import BG_NBD
from models.btyd.simulate import beta_geometric_customers
from models.churn_baselines import Btyd, fit_btyd, fit_recency, histories_of
from models.churn_days import chosen_trials, training_days, trials
from models.churn_words import GROUPS, TITLES
from models.learning.frames import Features, Sample

CDNOW = np.array([0.2426, 4.4136 * 7, 0.7929, 2.4259])
"""Fader, Hardie and Lee (2005), table 2, with alpha in days."""


def features(**columns: np.ndarray) -> Features:
    return Features(columns, dict.fromkeys(columns, "number"), GROUPS, TITLES)


def test_recency_is_the_logistic_regression_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    days = rng.integers(0, 400, 5_000).astype(float)
    left = rng.random(5_000) < 1 / (1 + np.exp(4 - np.log1p(days)))
    found = fit_recency(Sample(features(recency_days=days), left, np.arange(5_000)))
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(np.log1p(days)[:, None], left)
    assert found.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-3)
    assert found.intercept == pytest.approx(oracle.intercept_[0], rel=1e-3)


def test_recency_never_says_that_silence_is_good() -> None:
    days = np.arange(100.0)
    found = fit_recency(Sample(features(recency_days=days), days < 30, np.arange(100)))
    np.testing.assert_allclose(found.chance(features(recency_days=days)), 0.3)


def test_recency_of_one_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="everybody left"):
        fit_recency(Sample(features(recency_days=np.arange(5.0)), np.ones(5, bool), np.arange(5)))


def histories(x: np.ndarray, t: np.ndarray, T: np.ndarray) -> Features:
    return features(recency_days=T - t, purchases=x + 1.0, age_days=T)


def test_the_chance_of_no_order_is_the_formula_and_not_that_of_being_dead() -> None:
    x, t, T = np.array([0, 2, 9]), np.array([0.0, 210.0, 100.0]), np.array([272.0, 272.0, 272.0])
    r, alpha = CDNOW[:2]
    alive = BG_NBD.probability_alive(CDNOW, x, t, T)
    expected = 1 - alive * (1 - ((alpha + T) / (alpha + T + 180)) ** (r + x))
    found = Btyd(BG_NBD, CDNOW, 180).chance(histories(x, t, T))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert (found > 1 - alive).all()
    # By integration: an alive customer's rate is gamma(r + x, alpha + T) after surviving.
    from scipy.stats import gamma

    silent = quad(lambda u: gamma.pdf(u, r + 2, scale=1 / (alpha + 272)) * np.exp(-u * 180), 0, 1)[0]
    assert found[1] == pytest.approx(1 - alive[1] * (1 - silent), abs=1e-6)


def test_it_recovers_who_stays_silent_in_simulated_shops() -> None:
    rng = np.random.default_rng(2)
    T = rng.integers(200, 500, 20_000).astype(float)
    made = beta_geometric_customers([0.8, 40.0, 0.8, 2.5], T, rng)
    x, t = made["frequency"].to_numpy(), made["recency"].to_numpy()
    f = histories(x, t, T)
    fitted = fit_btyd(f, 90)
    # Who is alive and buys again within 90 days, by the simulation's own rates.
    again = made["alive"].to_numpy() & (rng.random(20_000) < 1 - np.exp(-90 * made["lambda"].to_numpy()))
    p = fitted.chance(f)
    assert p.mean() == pytest.approx((~again).mean(), abs=0.01)
    for low, high in ((0, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1)):
        those = (p >= low) & (p < high)
        assert p[those].mean() == pytest.approx((~again)[those].mean(), abs=0.03)


def test_mixed_rows_are_put_back_into_range() -> None:
    mixed = features(
        recency_days=np.array([300.0, 10.0]), purchases=np.array([3.0, 1.0]), age_days=np.array([100.0, 50.0])
    )
    x, t, T = histories_of(mixed)
    assert (t >= 0).all()
    assert (t <= T).all()
    assert x.tolist() == [2, 0]
    assert t.tolist() == [0, 0]


class TestDays:
    import datetime as dt

    first, last = dt.date(2020, 1, 1), dt.date(2023, 1, 1)

    def test_training_ends_its_horizon_before_the_day_tried(self) -> None:
        for trial in trials(self.first, self.last, 120):
            assert (trial.day - trial.training[0]).days == 120
            assert all((trial.day - day).days >= 120 for day in trial.training)
            assert (self.last - trial.day).days >= 120
        assert len(trials(self.first, self.last, 120)) == 3

    def test_the_test_day_is_the_last_that_can_be_watched(self) -> None:
        assert trials(self.first, self.last, 90)[0].day == self.last - self.dt.timedelta(days=90)

    def test_too_short_a_past_is_refused_with_what_is_needed(self) -> None:
        with pytest.raises(ValueError, match="needs 1,250"):
            trials(self.first, self.last, 500)

    def test_no_day_is_learned_from_before_the_shop_has_been_watched(self) -> None:
        at = self.first + self.dt.timedelta(days=100)
        assert training_days(self.first, at, 90) == ()

    def test_a_day_whose_horizon_is_not_over_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not known yet"):
            chosen_trials(self.first, self.last, 90, [self.last - self.dt.timedelta(days=89)])
        with pytest.raises(ValueError, match="no earlier day"):
            chosen_trials(self.first, self.last, 90, [self.first + self.dt.timedelta(days=80)])

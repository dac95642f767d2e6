"""sBG: printed figures, the likelihood written out, simulation with known truth, and where data end."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.special import betaln

from models.btyd import ShiftedBetaGeoFitter
from models.btyd.sbg import Renewals, count_renewals, derivatives
from models.btyd.simulate_discrete import sbg_customers

REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
"""Fader and Hardie (2007), Journal of Interactive Marketing 21, table 1: subscribers left after 0..7 renewals."""
TRUTH = np.array([0.7, 2.5])


def known(alpha: float, beta: float) -> ShiftedBetaGeoFitter:
    fitter = ShiftedBetaGeoFitter()
    fitter.params_ = pd.Series({"alpha": alpha, "beta": beta})
    return fitter


@pytest.fixture(scope="module")
def high_end() -> ShiftedBetaGeoFitter:
    return ShiftedBetaGeoFitter().fit_survivors(HIGH_END)


@pytest.fixture(scope="module")
def subscribers() -> pd.DataFrame:
    """Five thousand, acquired over nine periods."""
    rng = np.random.default_rng(1)
    return sbg_customers(TRUTH, rng.integers(0, 10, 5000), rng)


# --- printed figures ----------------------------------------------------------------------------------------


def test_regular_and_high_end_subscribers(high_end: ShiftedBetaGeoFitter) -> None:
    """Fader and Hardie (2007): regular .704, 1.182; high-end .668, 3.806, LL -1,611.2."""
    regular = ShiftedBetaGeoFitter().fit_survivors(REGULAR)
    assert regular.params_.round(3).tolist() == [0.704, 1.182]
    assert high_end.params_.round(3).tolist() == [0.668, 3.806]
    assert high_end.log_likelihood_ == pytest.approx(-1611.2, abs=0.05)
    assert high_end.n_ == 1000
    assert not high_end.prior_applied_
    assert high_end.notes_ == []


def test_projected_survival(high_end: ShiftedBetaGeoFitter) -> None:
    """Fader and Hardie (2007), high-end, years 8 to 12: .460 .436 .414 .395 .378."""
    assert high_end.survival(np.arange(8, 13)).round(3).tolist() == [0.460, 0.436, 0.414, 0.395, 0.378]


def test_residual_lifetime_after_seven_renewals(high_end: ShiftedBetaGeoFitter) -> None:
    """The same subscribers at 10%: 7.530 payments, the first due now (jdmaturen/shifted_beta_geometric_py)."""
    assert high_end.discounted_expected_residual_lifetime(0.1, 7) == pytest.approx(7.530, abs=5e-4)


@pytest.mark.parametrize(
    ("alpha", "beta", "printed"),
    [(3.8, 15.2, [3.31, 3.45, 3.59, 3.72, 3.84]), (1 / 15, 4 / 15, [7.68, 9.46, 9.86, 10.06, 10.19])],
)
def test_residual_lifetime_by_period(alpha: float, beta: float, printed: list[float]) -> None:
    """Fader and Hardie (2010), Marketing Science 29, 85-93: 10%, periods 1 to 5, in which nought to four
    renewals have been made and the next is due at once. Its .067 and .267 are 1/15 and 4/15."""
    found = known(alpha, beta).discounted_expected_residual_lifetime(0.1, np.arange(5))
    assert found.round(2).tolist() == printed


# --- formulas against others --------------------------------------------------------------------------------


def test_likelihood_written_out(high_end: ShiftedBetaGeoFitter) -> None:
    """Sum of lost ln P(T = t) and of the rest ln S(7), with beta functions: the paper's own form."""
    a, b = high_end.params_
    t, lost = np.arange(1, 8), -np.diff(HIGH_END)
    total = lost @ (betaln(a + 1, b + t - 1) - betaln(a, b)) + 491 * (betaln(a, b + 7) - betaln(a, b))
    assert high_end.log_likelihood_ == pytest.approx(total, rel=1e-12)


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood() -> None:
    renewals = Renewals(np.array(HIGH_END[1:], float), -np.diff(HIGH_END).astype(float))
    at = np.array([1.4, 0.8])
    _, gradient, hessian = derivatives(at, renewals)
    assert gradient == pytest.approx(approx_fprime(at, lambda p: derivatives(p, renewals)[0], 1e-7), rel=1e-5)
    assert hessian == pytest.approx(approx_fprime(at, lambda p: derivatives(p, renewals)[1], 1e-7), rel=1e-5)


def test_chances_of_leaving_and_of_staying_sum_to_one(high_end: ShiftedBetaGeoFitter) -> None:
    t = np.arange(1, 2001)
    leaves = high_end.churn_probability(t)
    assert leaves.sum() + high_end.survival(2000) == pytest.approx(1, rel=1e-12)
    a, b = high_end.params_
    assert leaves == pytest.approx(np.exp(betaln(a + 1, b + t - 1) - betaln(a, b)), rel=1e-10)
    assert np.cumprod(high_end.retention_rate(t)) == pytest.approx(high_end.survival(t), rel=1e-12)
    assert (np.diff(high_end.retention_rate(t)) > 0).all()
    # Having renewed five times, the next three are S(8) / S(5).
    both = high_end.survival(np.array([5, 8]))
    assert high_end.survival(3, renewals=5) == pytest.approx(both[1] / both[0], rel=1e-12)


def test_lifetimes_are_sums_of_tails(high_end: ShiftedBetaGeoFitter) -> None:
    stays = high_end.survival(np.arange(4000))
    worth = stays @ 1.1 ** -np.arange(4000.0)
    assert high_end.discounted_expected_lifetime(0.1) == pytest.approx(worth, rel=1e-12)
    assert high_end.discounted_expected_lifetime(0.1, horizon=3) == pytest.approx(
        1 + stays[1] / 1.1 + stays[2] / 1.21, rel=1e-12
    )
    assert high_end.expected_tenure(horizon=1) == 1
    assert high_end.expected_tenure(horizon=12) == pytest.approx(stays[:12].sum(), rel=1e-12)
    after = stays[8:] / stays[7]
    assert high_end.discounted_expected_residual_lifetime(0.1, 7, horizon=2) == pytest.approx(
        after[0] + after[1] / 1.1, rel=1e-12
    )
    # A new customer: the first payment, and what is then still to come a period later.
    assert high_end.discounted_expected_lifetime(0.1) == pytest.approx(
        1 + high_end.discounted_expected_residual_lifetime(0.1, 0) / 1.1, rel=1e-12
    )


def test_tenure_without_end_exists_above_one_only(high_end: ShiftedBetaGeoFitter) -> None:
    """(alpha + beta - 1) / (alpha - 1): 19 / 2 periods of someone new, and one more for four renewals made."""
    mortal = known(3.0, 17.0)
    assert mortal.expected_tenure() == pytest.approx(9.5, rel=1e-12)
    assert mortal.expected_tenure(renewals=np.array([0, 2])).tolist() == pytest.approx([9.5, 10.5], rel=1e-12)
    assert mortal.expected_tenure(horizon=200_000) == pytest.approx(9.5, rel=1e-4)
    with pytest.raises(ValueError, match=r"alpha is 0.668.*Give a horizon or a discount rate"):
        high_end.expected_tenure()
    with pytest.raises(ValueError, match="mean without end is infinite"):
        high_end.discounted_expected_residual_lifetime(0.0, 3)


# --- data of both kinds -------------------------------------------------------------------------------------


def test_survivors_are_durations_counted(high_end: ShiftedBetaGeoFitter) -> None:
    """Those who left at renewal 1..7, and 491 who have made seven and are still there."""
    left = -np.diff(HIGH_END)
    counted = ShiftedBetaGeoFitter().fit([*range(1, 8), 7], [1] * 7 + [0], weights=[*left, 491])
    rows = ShiftedBetaGeoFitter().fit(
        np.repeat([*range(1, 8), 7], [*left, 491]), np.repeat([True] * 7 + [False], [*left, 491])
    )
    for other in (counted, rows):
        assert other.params_.to_numpy() == pytest.approx(high_end.params_.to_numpy(), rel=1e-9)
        assert other.log_likelihood_ == pytest.approx(high_end.log_likelihood_, rel=1e-12)
        assert other.n_ == 1000
        assert other.data.equals(high_end.data)
    assert high_end.data.loc[1].tolist() == [1000, 869, 131]
    assert high_end.data["at_risk"].tolist() == list(HIGH_END[:-1])


def test_cohorts_of_different_ages_are_pooled() -> None:
    """Three cohorts, one only acquired: the log-likelihood is the sum of theirs, and rows say the same."""
    cohorts = [(1000, 869, 743, 653), (400, 340), (250,)]
    pooled = ShiftedBetaGeoFitter().fit_survivors(*cohorts)
    assert pooled.n_ == 1650
    assert pooled.data["at_risk"].tolist() == [1400, 869, 743]
    left = [(1, 131 + 60), (2, 126), (3, 90)]
    stayed = [(3, 653), (1, 340), (0, 250)]
    duration, weight = zip(*left, *stayed, strict=True)
    rows = ShiftedBetaGeoFitter().fit(duration, [1] * 3 + [0] * 3, weights=weight)
    assert rows.params_.to_numpy() == pytest.approx(pooled.params_.to_numpy(), rel=1e-9)
    assert rows.data.equals(pooled.data)


def test_counting_loses_nobody(subscribers: pd.DataFrame) -> None:
    duration, churned = subscribers["duration"].to_numpy(), subscribers["churned"].to_numpy().astype(int)
    found = count_renewals(duration, churned, np.ones(len(subscribers)))
    assert found.lost.sum() == churned.sum()
    assert found.renewed.sum() == (duration - churned).sum()
    assert found.renewed[0] + found.lost[0] == (duration > 0).sum()


# --- simulation ---------------------------------------------------------------------------------------------


def test_recovers_what_subscribers_were_simulated_with(subscribers: pd.DataFrame) -> None:
    found = ShiftedBetaGeoFitter().fit(subscribers["duration"], subscribers["churned"])
    off = np.log(found.params_.to_numpy() / TRUTH) / np.sqrt(np.diag(found.covariance_log_))
    assert np.abs(off).max() < 3
    assert found.notes_ == []


def test_simulated_shares_are_those_expected() -> None:
    many = sbg_customers(TRUTH, np.full(200_000, 12), np.random.default_rng(2))
    truth = known(*TRUTH)
    seen = np.bincount(many["duration"][many["churned"]], minlength=13)[1:] / len(many)
    share = truth.churn_probability(np.arange(1, 13))
    assert seen == pytest.approx(share, abs=4 * np.sqrt(share.max() / len(many)))
    assert (~many["churned"]).mean() == pytest.approx(truth.survival(12), abs=4 * np.sqrt(0.25 / len(many)))
    # `duration` of a loyal one lacks the running period.
    paid = (many["duration"] + ~many["churned"]).clip(upper=12).mean()
    assert paid == pytest.approx(truth.expected_tenure(horizon=12), rel=0.01)


def test_intervals_cover_what_they_say() -> None:
    """Of 300 shops of 1,000 subscribers, about 270 have the truth inside each parameter's 90% interval."""
    rng = np.random.default_rng(3)
    inside = np.zeros(2)
    for _ in range(300):
        shop = sbg_customers(TRUTH, rng.integers(1, 9, 1000), rng)
        own = ShiftedBetaGeoFitter().fit(shop["duration"], shop["churned"]).parameter_intervals(0.9)
        inside += (own["low"] < TRUTH) & (own["high"] > TRUTH)
    # The standard error of such a share is .017.
    assert np.abs(inside / 300 - 0.9).max() < 0.06


# --- where data end -----------------------------------------------------------------------------------------


def test_nobody_has_left() -> None:
    found = ShiftedBetaGeoFitter().fit_survivors([500, 500, 500, 500])
    assert found.prior_applied_
    assert "Nobody has left yet" in found.notes_[0]
    assert found.survival(3) > 0.99
    assert np.isfinite(found.standard_errors_).all()


def test_everybody_left_at_once() -> None:
    found = ShiftedBetaGeoFitter().fit_survivors([500, 0])
    assert found.prior_applied_
    assert "Nobody has renewed yet" in found.notes_[0]
    assert found.survival(1) < 0.01


def test_one_renewal_tells_one_rate_only() -> None:
    found = ShiftedBetaGeoFitter().fit_survivors([1000, 631])
    assert found.prior_applied_
    assert "alpha" in found.notes_[0]
    assert found.retention_rate(1) == pytest.approx(0.631, abs=0.005)
    assert found.log_likelihood_ == pytest.approx(631 * log(0.631) + 369 * log(0.369), abs=0.1)


def test_one_rate_for_everybody_is_a_ridge_that_is_said() -> None:
    """Every renewal keeps exactly 80%: alpha and beta grow together without end; their ratio does not."""
    found = ShiftedBetaGeoFitter().fit_survivors([15625, 12500, 10000, 8000, 6400, 5120, 4096])
    assert found.prior_applied_
    assert found.retention_rate(np.array([1, 6])) == pytest.approx(0.8, abs=0.01)


def test_twelve_subscribers_are_fitted() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        few = sbg_customers(TRUTH, rng.integers(1, 6, 12), rng)
        found = ShiftedBetaGeoFitter().fit(few["duration"], few["churned"])
        assert np.isfinite(found.params_).all()
        assert np.isfinite(found.standard_errors_).all()


@pytest.mark.parametrize(
    ("duration", "churned", "says"),
    [
        ([1, 2], [1], "2 durations but 1 churned"),
        ([1, 2], [1, 2], "number 2 has duration 2 and churned 2; churned must be 0 or 1"),
        ([-1], [0], "duration counts renewals"),
        ([1.5], [0], "duration counts renewals"),
        ([0], [1], "nobody can leave before the first renewal"),
        ([0, 0], [0, 0], "No contract has come up for renewal yet"),
        ([], [], "No contract has come up for renewal yet"),
        ([np.nan], [0], "duration is nan for customer number 1"),
    ],
)
def test_bad_durations_are_named(duration: list, churned: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ShiftedBetaGeoFitter().fit(duration, churned)


@pytest.mark.parametrize(
    ("cohorts", "says"),
    [
        ([(100, 90), (100, 120)], "survivors of cohort number 2 are 100, 120; whole numbers.*never rise"),
        ([(1, 0.869, 0.743)], "of percentages, multiply by the customers at the start"),
        ([(100, -1)], "never rise"),
        ([(100,)], "No contract has come up"),
        ([], "There are no cohorts"),
    ],
)
def test_bad_survivors_are_named(cohorts: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ShiftedBetaGeoFitter().fit_survivors(*cohorts)


def test_bad_questions_are_named(high_end: ShiftedBetaGeoFitter) -> None:
    with pytest.raises(ValueError, match="t is counted: whole numbers of 1 or more"):
        high_end.retention_rate(0)
    with pytest.raises(ValueError, match="renewals is counted: whole numbers of 0 or more"):
        high_end.discounted_expected_residual_lifetime(0.1, 1.5)
    with pytest.raises(ValueError, match="horizon is counted: whole numbers of 1 or more"):
        high_end.expected_tenure(horizon=0)
    with pytest.raises(ValueError, match="has not been fitted"):
        ShiftedBetaGeoFitter().survival(1)


# --- the interface ------------------------------------------------------------------------------------------


def test_results_have_the_form_of_the_question(high_end: ShiftedBetaGeoFitter, tmp_path: Path) -> None:
    made = pd.Series([0, 3, 7], index=["new", "old", "oldest"])
    worth = high_end.discounted_expected_residual_lifetime(0.1, made)
    assert worth.index.equals(made.index)
    assert worth.is_monotonic_increasing
    assert isinstance(high_end.survival(3), float)
    assert high_end.survival(np.array([[1, 2], [3, 4]])).shape == (2, 2)
    assert list(high_end.summary.index) == ["alpha", "beta"]
    assert len(high_end.generate_new_data(50, seed=1)) == 50
    assert high_end.generate_new_data(50, renewals_due=3, seed=1)["duration"].max() == 3
    high_end.save_model(tmp_path / "fit.json")
    read = ShiftedBetaGeoFitter()
    read.load_model(tmp_path / "fit.json")
    assert read.survival(9) == pytest.approx(high_end.survival(9), rel=1e-12)


def test_penaliser_pulls_parameters_down() -> None:
    """As in lifetimes, n times the coefficient times the sum of squares is taken off the log-likelihood."""
    held = ShiftedBetaGeoFitter(penalizer_coef=0.01).fit_survivors(HIGH_END)
    a, b = held.params_
    renewals = Renewals(np.array(HIGH_END[1:], float), -np.diff(HIGH_END).astype(float))
    _, gradient, _ = derivatives(np.array([a, b]), renewals)
    assert gradient == pytest.approx([2 * 10 * a, 2 * 10 * b], rel=1e-4)

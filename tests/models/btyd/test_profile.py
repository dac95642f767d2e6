"""Profile likelihood intervals: against a plain search, closed forms, large shops, ridges and coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import gammaln
from scipy.stats import chi2

from models.btyd import (
    BetaGeoBetaBinomFitter,
    BetaGeoFitter,
    GammaGammaFitter,
    ParetoNBDFitter,
    ShiftedBetaGeoFitter,
)
from models.btyd.base import Fitter
from models.btyd.profile import best_intervals, profile_interval
from models.btyd.simulate import beta_geometric_customers, gamma_gamma_spend, pareto_customers
from models.btyd.simulate_discrete import bg_bb_customers

TRUTH = np.array([0.6, 40.0, 0.9, 2.5])


def shop(n: int, seed: int, fitter: type[Fitter] = BetaGeoFitter) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ages = rng.integers(60, 400, n).astype(float)
    if fitter is ParetoNBDFitter:
        found = pareto_customers([0.6, 40.0, 0.7, 90.0], ages, rng)
    else:
        found = beta_geometric_customers(TRUTH, ages, rng)
    return found.assign(recency=np.ceil(found["recency"]))


def fit(n: int, seed: int, fitter: type[Fitter] = BetaGeoFitter) -> Fitter:
    d = shop(n, seed, fitter)
    return fitter().fit(d["frequency"], d["recency"], d["T"])


def nobody_leaves() -> pd.DataFrame:
    """Everyone bought yesterday: the likelihood rises all the way to where nobody ever leaves."""
    rng = np.random.default_rng(1)
    T = np.full(400, 300.0)
    x = np.maximum(rng.poisson(rng.gamma(3.0, 1 / 60.0, 400) * T), 1)
    return pd.DataFrame({"frequency": x, "recency": T - 1, "T": T})


def test_ends_are_those_of_a_plain_search(cdnow: pd.DataFrame) -> None:
    """The papers' CDNOW sample. At each end found, Nelder and Mead's search over the other parameters, which knows
    nothing of derivatives, reaches a likelihood lower than the best by half the chi-square quantile."""
    found = BetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    x, t, T = (cdnow[c] for c in ("frequency", "recency", "T"))
    other = BetaGeoFitter()

    def height(theta: np.ndarray) -> float:
        other.params_ = pd.Series(np.exp(theta), index=list(other.names))
        return float(other.log_likelihood(x, t, T).sum())

    best = np.log(found.params_.to_numpy())
    for name, level in (("b", 0.9), ("r", 0.99)):
        j = other.names.index(name)
        for end in profile_interval(found, name, level):
            fixed = np.log(end)
            searched = minimize(
                lambda part, j=j, fixed=fixed: -height(np.insert(part, j, fixed)),
                np.delete(best, j),
                method="Nelder-Mead",
                options={"xatol": 1e-5, "fatol": 1e-6, "maxiter": 2000},
            )
            assert 2 * (found.log_likelihood_ + searched.fun) == pytest.approx(chi2.ppf(level, 1), abs=2e-3)


def test_a_model_of_two_parameters_against_a_dense_grid() -> None:
    """sBG on the regular customers of Fader and Hardie (2007), table 1: the other parameter by a grid."""
    survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    found = ShiftedBetaGeoFitter().fit_survivors(survivors)
    lost, last = -np.diff(survivors), survivors[-1]
    beta = np.exp(np.linspace(-1.2, 1.6, 40_001))

    def height(alpha: float) -> float:
        stay = np.ones_like(beta)
        total = np.zeros_like(beta)
        for i, gone in enumerate(lost):
            total += gone * (np.log(stay) + np.log(alpha / (alpha + beta + i)))
            stay = stay * (beta + i) / (alpha + beta + i)
        return float((total + last * np.log(stay)).max())

    drop = chi2.ppf(0.95, 1) / 2
    best = found.params_["alpha"]
    ends = [
        brentq(lambda a: height(a) - found.log_likelihood_ + drop, *bracket)
        for bracket in ((best / 3, best), (best, best * 3))
    ]
    assert profile_interval(found, "alpha", 0.95) == pytest.approx(ends, rel=1e-4)


@pytest.mark.parametrize("fitter", [BetaGeoFitter, ParetoNBDFitter])
def test_where_there_are_many_customers_it_is_laplace(fitter: type[Fitter]) -> None:
    """At 100,000 customers the likelihood is a normal curve in the logarithms: ends within 2% of the width."""
    found = fit(100_000, 3, fitter)
    own = found.parameter_intervals(0.9)
    for name in found.names:
        low, high = profile_interval(found, name, 0.9)
        width = np.log(own.loc[name, "high"] / own.loc[name, "low"])
        assert np.log(low / own.loc[name, "low"]) == pytest.approx(0, abs=0.02 * width)
        assert np.log(high / own.loc[name, "high"]) == pytest.approx(0, abs=0.02 * width)
    assert (best_intervals(found)["method"] == "Laplace").all()
    pd.testing.assert_frame_equal(best_intervals(found)[["low", "high"]], own)


def test_a_weak_parameter_bends_upward() -> None:
    """500 customers leave b open upward more than downward, even of logarithms."""
    found = fit(500, 5)
    low, high = profile_interval(found, "b")
    best = found.params_["b"]
    assert low < best < high < np.inf
    assert np.log(high / best) > 1.08 * np.log(best / low)
    own = found.parameter_intervals().loc["b"]
    assert high > own["high"]
    assert low > own["low"]


def test_best_intervals_choose_by_the_standard_error() -> None:
    found = fit(500, 11, ParetoNBDFitter)
    table = best_intervals(found)
    se = np.sqrt(np.diag(found.covariance_log_))
    assert (se > 0.5).any()
    assert (se <= 0.5).any()
    assert table["method"].tolist() == ["profile" if one > 0.5 else "Laplace" for one in se]
    for name in table.index[table["method"] == "profile"]:
        assert tuple(table.loc[name, ["low", "high"]]) == pytest.approx(profile_interval(found, name))
    narrower = best_intervals(found, level=0.5)
    assert (narrower["low"] > table["low"]).all()
    assert (narrower["high"] < table["high"]).all()


@pytest.mark.parametrize(("fitter", "open_"), [(BetaGeoFitter, ["a", "b"]), (ParetoNBDFitter, ["s", "beta"])])
def test_a_ridge_has_no_end(fitter: type[Fitter], open_: list[str]) -> None:
    """Nobody leaves: neither dropout parameter has a bound, while those of buying are told as well as ever."""
    d = nobody_leaves()
    found = fitter().fit(d["frequency"], d["recency"], d["T"])
    assert found.prior_applied_
    table = best_intervals(found)
    assert (table["method"] == "profile").all()
    for name in open_:
        assert table.loc[name, "low"] == 0
        assert table.loc[name, "high"] == np.inf
    # What is left is a negative binomial of purchases in 300 days, whose best alpha for an r is r 300 / mean.
    x = d["frequency"].to_numpy()

    def height(r: float) -> float:
        alpha = r * 300 / x.mean()
        return float((gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + 300)).sum())

    best = minimize_scalar(lambda r: -height(r), bounds=(1, 10), method="bounded", options={"xatol": 1e-9})
    drop = chi2.ppf(0.9, 1) / 2
    ends = [
        brentq(lambda r: height(r) + best.fun + drop, *bracket) for bracket in ((1, best.x), (best.x, 20))
    ]
    assert table.loc["r", ["low", "high"]].tolist() == pytest.approx(ends, rel=1e-3)


def test_a_ridge_of_one_side_is_open_on_that_side() -> None:
    """One chance of leaving for all (a and b in one proportion, without limit): bounded below, not above."""
    rng = np.random.default_rng(2)
    T = rng.integers(60, 400, 400).astype(float)
    d = beta_geometric_customers([0.6, 40.0, 3000.0, 9000.0], T, rng)
    found = BetaGeoFitter().fit(d["frequency"], d["recency"], d["T"])
    for name in ("a", "b"):
        low, high = profile_interval(found, name)
        assert low > 0
        assert high == np.inf
    low, high = profile_interval(found, "r")
    assert 0.4 < low < high < 0.9


def test_nothing_is_known_where_nobody_came_back() -> None:
    found = BetaGeoFitter().fit(np.zeros(300), np.zeros(300), np.arange(30.0, 330.0))
    table = best_intervals(found)
    assert (table["low"] == 0).all()
    assert np.isinf(table["high"]).all()


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """150 shops of 400 customers, b at 90%: between 84% and 96% (2.4 standard errors)."""
    covered = []
    for seed in range(150):
        low, high = profile_interval(fit(400, 1000 + seed), "b")
        covered.append(low < TRUTH[3] < high)
    assert 0.84 <= np.mean(covered) <= 0.96


def test_every_model_has_profiles() -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(1, 12, 3000)
    spend = GammaGammaFitter().fit(x, gamma_gamma_spend([6.0, 4.0, 15.0], x, rng))
    d = bg_bb_customers([1.2, 0.75, 0.66, 2.8], np.full(3000, 6), rng)
    donors = BetaGeoBetaBinomFitter().fit(d["frequency"], d["recency"], d["n_periods"])
    contracts = ShiftedBetaGeoFitter().fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    for found in (spend, donors, contracts):
        own = found.parameter_intervals()
        for name in found.names:
            low, high = profile_interval(found, name)
            assert low < found.params_[name] < high
            # Well determined, all of them: near Laplace, but not the same.
            width = np.log(own.loc[name, "high"] / own.loc[name, "low"])
            for end, normal in ((low, own.loc[name, "low"]), (high, own.loc[name, "high"])):
                assert 0 < abs(np.log(end / normal)) < 0.1 * width


def test_units_and_counts_do_not_matter() -> None:
    d = shop(800, 7).assign(customers=2)
    once = BetaGeoFitter().fit(d["frequency"], d["recency"], d["T"], weights=d["customers"])
    weeks = BetaGeoFitter().fit(d["frequency"], d["recency"] / 7, d["T"] / 7, weights=d["customers"])
    twice = pd.concat([d, d])
    rows = BetaGeoFitter().fit(twice["frequency"], twice["recency"], twice["T"])
    assert profile_interval(once, "alpha") == pytest.approx(profile_interval(rows, "alpha"), rel=1e-4)
    assert np.array(profile_interval(weeks, "alpha")) * 7 == pytest.approx(
        profile_interval(once, "alpha"), rel=1e-4
    )


def test_what_cannot_be_profiled_is_said(tmp_path: Path) -> None:
    found = fit(400, 8)
    with pytest.raises(ValueError, match="no parameter s; there are r, alpha, a, and b"):
        profile_interval(found, "s")
    with pytest.raises(ValueError, match=r"level is 90; a share"):
        profile_interval(found, "b", 90)
    found.save_model(tmp_path / "fit.json")
    read = BetaGeoFitter()
    read.load_model(tmp_path / "fit.json")
    with pytest.raises(ValueError, match="read from disk without them"):
        profile_interval(read, "b")
    d = shop(400, 8)
    held = BetaGeoFitter(penalizer_coef=0.01).fit(d["frequency"], d["recency"], d["T"])
    with pytest.raises(ValueError, match="fit without penalizer_coef"):
        profile_interval(held, "b")

"""Where the data say little, or the mathematics ends: finite and right, or one clear sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import betainc, betaln

from models.btyd import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter
from models.btyd import beta_geometric as bg
from models.btyd.inputs import pack, pairs
from models.btyd.quadrature import beta_nodes
from models.btyd.simulate import beta_geometric_customers, gamma_gamma_spend


def known(**parameters: float) -> BetaGeoFitter:
    fitter = BetaGeoFitter()
    fitter.params_ = pd.Series(parameters)
    return fitter


def by_integration(parameters: tuple[float, ...], x: int, T: float, H: float, second: bool) -> float:
    """The expectation over p on the logit scale by adaptive quadrature: slow, and without the nodes."""
    r, alpha, a, b = parameters
    b, R = b + x, r + x

    def integrand(v: float) -> float:
        p, q = 1 / (1 + np.exp(-v)), 1 / (1 + np.exp(v))
        z = p * H / (alpha + T)
        given = 2 * q / p**2 * betainc(2, R, z / (1 + z)) if second else -np.expm1(-R * np.log1p(z)) / p
        # exp(-v) overflows nowhere here: |v| <= 300.
        log_density = -a * np.log1p(np.exp(-v)) - b * np.log1p(np.exp(v)) - betaln(a, b)
        return np.exp(log_density) * given

    edges = np.concatenate([[-300, -100], np.linspace(-50, 50, 51), [100, 300]])
    return sum(quad(integrand, *edges[i : i + 2], epsabs=0, epsrel=1e-10)[0] for i in range(len(edges) - 1))


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@pytest.mark.parametrize(
    "parameters",
    [(0.24, 4.4, 0.79, 2.43), (0.5, 0.05, 0.3, 0.4), (5, 10, 1, 1), (0.3, 50, 0.5, 30), (0.2, 4, 20, 60)],
)
@pytest.mark.parametrize(("x", "T"), [(0, 0.0), (0, 700.0), (1, 1.0), (5, 50.0), (300, 700.0)])
@pytest.mark.parametrize("H", [0.1, 52.0, 365.0])
def test_expectations_at_the_edges(parameters: tuple[float, ...], x: int, T: float, H: float) -> None:
    """a + b < 1, a = 1 exactly, T = 0, x = 300: lifetimes returns NaN or noise in several of these."""
    for second in (False, True):
        found = bg.purchases_if_alive(parameters, np.array([x]), np.array([T]), H, second=second)[0, 0]
        assert found == pytest.approx(by_integration(parameters, x, T, H, second), rel=2e-7)


def test_nothing_is_singular_at_a_equal_to_one() -> None:
    below, at, above = (
        known(r=0.3, alpha=5.0, a=a, b=2.0).predict(50, 3, 20.0, 30.0) for a in (1 - 1e-6, 1.0, 1 + 1e-6)
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-9)


def test_quadrature_reproduces_moments_of_the_beta_distribution() -> None:
    """E[p] = a/(a+b) and E[p^2] = a (a+1)/((a+b)(a+b+1)), also where a + b = 1 makes the recurrence 0/0."""
    a, b = np.array([0.3, 0.5, 1.0, 40.0]), np.array([0.7, 0.5, 2.0, 0.01])
    p, w = beta_nodes(a, b, 24)
    assert (w * p).sum(axis=1) == pytest.approx(a / (a + b), rel=1e-12)
    assert (w * p * p).sum(axis=1) == pytest.approx(a * (a + 1) / ((a + b) * (a + b + 1)), rel=1e-12)


def test_two_hundred_purchases_have_a_probability() -> None:
    found = known(r=2.0, alpha=1.0, a=0.5, b=20.0).probability_of_n_purchases_up_to_time(100.0, 200)
    assert 0 < found < 1


@pytest.mark.parametrize("fitter", [BetaGeoFitter, ModifiedBetaGeoFitter])
def test_only_one_time_buyers(fitter: type[BetaGeoFitter]) -> None:
    T = np.arange(30.0, 330.0)
    found = fitter().fit(np.zeros(300), np.zeros(300), T)
    assert found.prior_applied_
    assert "Nobody has bought twice" in found.notes_[0]
    assert found.expected_number_of_purchases_up_to_time(365.0) < 0.1
    assert np.isfinite(found.standard_errors_).all()


def test_nobody_ever_leaves() -> None:
    """A flat ridge: a -> 0 fits as well as anything. The fit is finite and says what is not determined."""
    rng = np.random.default_rng(1)
    T = np.full(400, 300.0)
    planned = rng.poisson(rng.gamma(3.0, 1 / 60.0, 400) * T)
    recency = np.where(planned > 0, T * rng.beta(np.maximum(planned, 1), 1), 0.0)
    found = BetaGeoFitter().fit(planned, recency, T)
    assert found.prior_applied_
    assert any(" a" in note or " b" in note for note in found.notes_)
    assert found.expected_number_of_purchases_up_to_time(300.0) == pytest.approx(planned.mean(), rel=0.1)


def test_twenty_customers_are_fitted_or_refused_with_reason() -> None:
    """Small shops run away without a prior in more than half of the cases; with it none does."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        few = beta_geometric_customers([0.5, 40, 0.8, 2.5], rng.integers(30, 300, 20).astype(float), rng)
        found = BetaGeoFitter().fit(few["frequency"], few["recency"], few["T"])
        assert np.isfinite(found.params_).all()
        assert np.isfinite(found.standard_errors_).all()


@pytest.mark.parametrize(
    ("x", "t", "T", "says"),
    [
        ([-1], [0], [5], "Frequency counts repeat purchases and cannot be negative.*frequency -1.*number 1"),
        ([0, 1.5], [0, 1], [5, 5], "must be whole.*frequency 1.5 for customer number 2"),
        ([1], [6], [5], "Recency cannot exceed T.*recency 6, T 5"),
        ([1], [-2], [5], "Recency cannot be negative"),
        ([0], [2], [5], "Recency must be 0 where frequency is 0"),
        ([1, 2], [1, 2], [5], "differ in length: frequency 2, recency 2, T 1"),
        ([], [], [], "There are no customers"),
        ([1], [np.nan], [5], "recency is nan for customer number 1"),
        ([1], [1], [np.inf], "T is inf"),
        (["many"], [1], [5], "frequency holds something that is not a number"),
        ([0, 0], [0, 0], [0, 0], "every T is 0"),
    ],
)
def test_bad_histories_are_named(x: list, t: list, T: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        BetaGeoFitter().fit(x, t, T)


def test_bad_weights_and_settings_are_named() -> None:
    with pytest.raises(ValueError, match="2 histories but 1 weights"):
        BetaGeoFitter().fit([0, 1], [0, 1], [5, 5], weights=[1])
    with pytest.raises(ValueError, match="cannot be negative"):
        BetaGeoFitter().fit([0, 1], [0, 1], [5, 5], weights=[1, -1])
    with pytest.raises(ValueError, match="penalizer_coef is -1"):
        BetaGeoFitter(penalizer_coef=-1).fit([0, 1], [0, 1], [5, 5])
    with pytest.raises(ValueError, match="initial_params needs 4"):
        BetaGeoFitter().fit([0, 1], [0, 1], [5, 5], initial_params=[0, 0])
    with pytest.raises(ValueError, match="has not been fitted"):
        BetaGeoFitter().predict(1, 0, 0, 1)


@pytest.mark.parametrize(
    ("x", "m", "says"),
    [
        ([0, 1, 2], [0, 5, 5], "Customer number 1 has frequency 0.*leave out customers without"),
        ([1, 1, 2], [5, -5, 5], "Customer number 2 has frequency 1 and monetary_value -5"),
        ([1.5, 1, 2], [5, 5, 5], "frequency must be whole"),
        ([1, 2], [5, 5], "Only 2 customers have bought again"),
        ([1, 2], [5], "2 frequencies but 1 monetary"),
    ],
)
def test_bad_spend_is_named(x: list, m: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GammaGammaFitter().fit(x, m)


def test_infinite_mean_spend_is_refused_not_negative() -> None:
    """lifetimes returns negative values silently where q < 1."""
    rng = np.random.default_rng(4)
    x = rng.integers(1, 12, 3000)
    m = gamma_gamma_spend([5.0, 0.7, 10.0], x, rng)
    found = GammaGammaFitter().fit(x, m)
    assert found.params_["q"] < 1
    assert any("infinite" in note for note in found.notes_)
    with pytest.raises(ValueError, match="mean spend of all customers is infinite"):
        _ = found.population_mean
    with pytest.raises(ValueError, match="1 customers have no finite expected spend"):
        found.conditional_expected_average_profit([0, 3], [0.0, 20.0])
    # Where p x + q > 1 the mean exists, and is right: it is positive and near the observed one.
    assert found.conditional_expected_average_profit(10, 20.0) == pytest.approx(20, rel=0.1)


def test_constant_amounts_do_not_run_away() -> None:
    with pytest.raises(ValueError, match="All customers spend the same, 20 a purchase"):
        GammaGammaFitter().fit(np.arange(1, 51), np.full(50, 20.0))
    nearly = GammaGammaFitter().fit(np.arange(1, 51), np.linspace(19.5, 20.5, 50))
    assert nearly.conditional_expected_average_profit(3, 20.0) == pytest.approx(20, rel=0.02)


def test_spend_that_goes_with_frequency_is_said() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(1, 12, 3000)
    m = gamma_gamma_spend([5.0, 4.0, 15.0], x, rng)
    assert GammaGammaFitter().fit(x, m).notes_ == []
    linked = GammaGammaFitter().fit(x, m * x)
    assert linked.correlation_ > 0.3
    assert any("Spend goes with frequency" in note for note in linked.notes_)


def test_packing_loses_nobody() -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(0, 4, 5000)
    T = rng.integers(1, 60, 5000) / 7
    t = np.where(x > 0, np.floor(T * 7 * rng.random(5000)) / 7, 0.0)
    counts = pack(x, t, T)
    assert counts.weight.sum() == 5000
    assert len(counts.x) < 5000
    rebuilt = {
        (a, round(counts.times[b] * counts.scale, 9), round(counts.times[c] * counts.scale, 9)): w
        for a, b, c, w in zip(counts.x, counts.t, counts.T, counts.weight, strict=True)
    }
    told = (
        pd.Series(1, index=pd.MultiIndex.from_arrays([x, t.round(9), T.round(9)]))
        .groupby(level=[0, 1, 2])
        .sum()
    )
    assert rebuilt == told.to_dict()


def test_pairs_are_found_with_and_without_a_table() -> None:
    x, T = np.array([3, 0, 3, 90_000]), np.array([5.0, 7.0, 5.0, 90_000.0])
    for few in (slice(0, 3), slice(0, 4)):
        kinds, ages, row = pairs(x[few], T[few])
        assert np.array_equal(kinds[row], x[few])
        assert np.array_equal(ages[row], T[few])
        assert len(kinds) == len(x[few]) - 1

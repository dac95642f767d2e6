"""What single customers may do and bring: against brute force, draws from the posterior, and simulated truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from models import customer_intervals
from models.btyd import beta_geometric as bg
from models.btyd.families import BG_NBD, FAMILIES, PARETO_NBD
from models.btyd.simulate import beta_geometric_customers, pareto_customers
from models.customer_base import Fit, Spend, fit_spend
from models.customer_intervals import AGES, MOST_COUNTS, count_interval, expected_interval, value_interval


def test_count_intervals_against_the_brute_force_distribution() -> None:
    """P(Y = n) by summation over the beta of p and the negative binomial, customer by customer."""
    p = np.array([0.4, 30.0, 0.9, 2.2])
    x, T = np.array([0, 1, 6, 25]), np.array([200.0, 300.0, 90.0, 340.0])
    t = np.array([0.0, 120.0, 80.0, 335.0])
    alive = bg.probability_alive(p, x, t, T)
    for level in (0.5, 0.9, 0.99):
        low, high = count_interval(BG_NBD, p, 365.0, x, T, alive, level)
        for i in range(4):
            pmf = _pmf(p, 365.0, int(x[i]), float(T[i]), float(alive[i]), most=3000)
            assert pmf.sum() == pytest.approx(1, abs=1e-6)
            at_most = np.cumsum(pmf)
            tail = (1 - level) / 2
            assert low[i] == np.argmax(at_most >= tail - 1e-12)
            assert high[i] == np.argmax(at_most >= 1 - tail - 1e-12)


def _pmf(p: np.ndarray, days: float, x: int, T: float, alive: float, most: int) -> np.ndarray:
    """By counting: with rate ~ Gamma(r + x, alpha + T) the n-th purchase happens in time with the tail of a
    negative binomial, and is made at all if the customer stayed after each of the n - 1 before."""
    r, alpha, a, b = p
    n = np.arange(1, most + 1)
    in_time = nbinom.sf(n - 1, r + x, (alpha + T) / (alpha + T + days))
    stays = np.cumprod(np.append(1.0, (b + x + n[:-1] - 1) / (a + b + x + n[:-1] - 1)))
    reached = np.append(1.0, alive * in_time * stays)
    return reached - np.append(reached[1:], 0.0)


def test_large_counts_are_not_capped() -> None:
    """A wholesaler with 5,000 purchases in 1,000 days and no dropout: about 1,825 +- 60 in a year."""
    p = np.array([1.0, 10.0, 1e-6, 1.0])
    low, high = count_interval(BG_NBD, p, 365.0, np.array([5000]), np.array([1000.0]), np.ones(1), 0.9)
    mean = 5001 / 1010 * 365
    sd = np.sqrt(mean * (1 + 365 / 1010))
    assert low[0] == pytest.approx(mean - 1.645 * sd, abs=3)
    assert high[0] == pytest.approx(mean + 1.645 * sd, abs=3)


def test_count_intervals_cover_single_customers() -> None:
    """20,000 simulated customers, followed for another half year: nominal 90%, discrete, so at least that."""
    rng = np.random.default_rng(11)
    p = np.array([0.7, 35.0, 0.8, 2.0])
    T = rng.integers(100, 600, 20_000).astype(float)
    seen = beta_geometric_customers(p, T, rng)
    x, t = seen["frequency"].to_numpy(np.int64), seen["recency"].to_numpy()
    # Who is alive goes on buying at the own rate and may leave after each purchase.
    rate, dropout = seen["lambda"].to_numpy(), seen["p"].to_numpy()
    planned = rng.poisson(rate * 180)
    later = np.where(seen["alive"], np.minimum(planned, rng.geometric(np.maximum(dropout, 1e-12))), 0)
    low, high = count_interval(BG_NBD, p, 180.0, x, T, bg.probability_alive(p, x, t, T), 0.9)
    inside = (low <= later) & (later <= high)
    assert inside.mean() >= 0.9
    assert inside[x == 0].mean() >= 0.88
    assert inside[x >= 5].mean() >= 0.88


TRUTH = {
    "bg_nbd": (0.7, 35.0, 0.8, 2.0),
    "mbg_nbd": (0.9, 35.0, 0.8, 2.0),
    "pareto_nbd": (0.8, 30.0, 0.9, 120.0),
}
SPEND = (4.0, 5.0, 60.0)
HALF_A_YEAR = 180.0


@pytest.fixture(scope="module")
def spend():
    """Gamma-Gamma's own parameters at SPEND, as if fitted: a fit whose estimates are the truth."""
    rng = np.random.default_rng(4)
    nu = rng.gamma(SPEND[1], 1 / SPEND[2], 3000)
    x = rng.integers(1, 8, 3000)
    found = fit_spend(x, rng.gamma(SPEND[0] * x, 1 / nu) / x)
    found.model.params_[:] = SPEND
    return found


def futures(name: str, p, x: int, T: float, alive: float, draws: int, rng):
    """(purchases in half a year, moments left out) of one customer, drawn from the posterior of rate and dropout: given
    alive at T, the rate is gamma(r + x, alpha + T), and the dropout beta(a, b + x) after x purchases survived (x + 1
    where the start counts: MBG), or gamma(s, beta + T). FHL (2005), sections 4 and 5; FH (2005, note 009)."""
    rate = rng.gamma(p[0] + x, 1 / (p[1] + T), draws)
    here = rng.random(draws) < alive
    if name == PARETO_NBD.name:
        lives = rng.exponential(1 / rng.gamma(p[2], 1 / (p[3] + T), draws))
        return np.where(here, rng.poisson(rate * np.minimum(lives, HALF_A_YEAR)), 0)
    dropout = rng.beta(p[2], p[3] + x + (name == "mbg_nbd"), draws)
    return np.where(
        here, np.minimum(rng.poisson(rate * HALF_A_YEAR), rng.geometric(np.maximum(dropout, 1e-12))), 0
    )


def money(n, x: int, m: float, rng):
    """What n purchases bring: amounts gamma(p, nu), nu ~ gamma(p x + q, v + x m) given the history (FH 2013, 025)."""
    p, q, v = SPEND
    nu = rng.gamma(p * x + q, 1 / (v + x * m), len(n))
    return np.where(n > 0, rng.gamma(np.maximum(p * n, 1e-9)) / nu, 0.0)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_money_against_draws_from_the_posterior(name, level, spend) -> None:
    """Each end cuts off its tail of 300,000 draws; 0 where that much or more is nothing at all."""
    family, p = FAMILIES[name], np.array(TRUTH[name])
    x, T = np.array([0, 1, 4, 4, 30]), np.array([60.0, 300.0, 200.0, 200.0, 400.0])
    t, m = np.array([0.0, 290.0, 190.0, 90.0, 396.0]), np.array([0.0, 8.0, 20.0, 20.0, 41.0])
    alive = family.probability_alive(p, x, t, T)
    low, high = value_interval(family, p, spend, HALF_A_YEAR, x, T, m, alive, level)
    rng, tail = np.random.default_rng(6), (1 - level) / 2
    for i in range(5):
        n = futures(name, p, int(x[i]), T[i], alive[i], 300_000, rng)
        z = money(n, int(x[i]), m[i], rng)
        for end, share in ((low[i], tail), (high[i], 1 - tail)):
            nothing = (z == 0).mean()
            if nothing > share + 0.002:
                assert end == 0
            elif abs(nothing - share) > 0.002:
                assert (z <= end).mean() == pytest.approx(share, abs=0.003), (i, share)


def watched(name: str, customers: int, seed: int):
    """Simulated customers and what each truly did after: (x, t, T, m, later, brought)."""
    rng, p = np.random.default_rng(seed), TRUTH[name]
    T = rng.integers(100, 600, customers).astype(float)
    if name == PARETO_NBD.name:
        seen = pareto_customers(p, T, rng)
        lives = rng.exponential(1 / np.maximum(seen["mu"].to_numpy(), 1e-300))
        later = rng.poisson(seen["lambda"].to_numpy() * np.minimum(lives, HALF_A_YEAR))
    else:
        seen = beta_geometric_customers(p, T, rng, modified=name == "mbg_nbd")
        stays = rng.geometric(np.maximum(seen["p"].to_numpy(), 1e-12))
        later = np.minimum(rng.poisson(seen["lambda"].to_numpy() * HALF_A_YEAR), stays)
    later = np.where(seen["alive"], later, 0)
    x = seen["frequency"].to_numpy(np.int64)
    nu = rng.gamma(SPEND[1], 1 / SPEND[2], customers)
    m, brought = (np.where(n > 0, rng.gamma(np.maximum(SPEND[0] * n, 1e-9)) / nu, 0.0) for n in (x, later))
    return x, seen["recency"].to_numpy(), T, m / np.maximum(x, 1), later, brought


@pytest.mark.parametrize("name", FAMILIES)
def test_money_covers_single_customers(name, spend) -> None:
    """20,000 customers with known truth, nominal 90%: all of them, and those of whom something is known."""
    family, p = FAMILIES[name], np.array(TRUTH[name])
    x, t, T, m, _, brought = watched(name, 20_000, 12)
    alive = family.probability_alive(p, x, t, T)
    low, high = value_interval(family, p, spend, HALF_A_YEAR, x, T, m, alive, 0.9)
    inside = (low <= brought) & (brought <= high)
    for group in (x >= 0, x == 0, x > 0, x >= 5, (x >= 5) & (alive > 0.9)):
        assert inside[group].mean() >= 0.88
    # Where both ends are above nothing, money is continuous: as much is inside as was said, no more.
    both = low > 0
    assert both.sum() > 100
    assert inside[both].mean() == pytest.approx(0.9, abs=0.075)


def test_a_higher_level_holds_a_lower_one(spend) -> None:
    p = np.array(TRUTH["bg_nbd"])
    x, t, T, m, *_ = watched("bg_nbd", 500, 3)
    alive = bg.probability_alive(p, x, t, T)
    ends = [
        value_interval(BG_NBD, p, spend, HALF_A_YEAR, x, T, m, alive, level)
        for level in (0.5, 0.8, 0.9, 0.99)
    ]
    for (low, high), (lower, higher) in pairwise(ends):
        assert (lower <= low).all()
        assert (higher >= high).all()
    assert (ends[-1][1] > ends[0][1]).any()


def test_many_ages_are_as_good_as_each_alone(spend) -> None:
    """Between AGES ages the distribution is interpolated: the ends stay within 1%."""
    p = np.array(TRUTH["pareto_nbd"])
    T = np.linspace(20.0, 700.0, 8 * AGES)
    x, m = np.full(len(T), 6), np.full(len(T), 25.0)
    alive = np.full(len(T), 0.97)
    low, high = value_interval(PARETO_NBD, p, spend, HALF_A_YEAR, x, T, m, alive, 0.9)
    for i in range(0, len(T), 37):
        one = slice(i, i + 1)
        alone = value_interval(PARETO_NBD, p, spend, HALF_A_YEAR, x[one], T[one], m[one], alive[one], 0.9)
        assert low[i] == pytest.approx(alone[0][0], rel=0.01)
        assert high[i] == pytest.approx(alone[1][0], rel=0.01)


def test_a_wholesalers_money_is_not_capped(spend) -> None:
    """About 900 purchases in half a year (as in test_large_counts_are_not_capped) of 20 each, which their 5,000 past ones
    tell to half a percent: more counts than are worked out one by one."""
    p = np.array([1.0, 10.0, 1e-6, 1.0])
    x, T, m, alive = np.array([5000]), np.array([1000.0]), np.array([20.0]), np.ones(1)
    low, high = value_interval(BG_NBD, p, spend, HALF_A_YEAR, x, T, m, alive, 0.9)
    few, many = count_interval(BG_NBD, p, HALF_A_YEAR, x, T, alive, 0.9)
    assert many[0] > 4 * MOST_COUNTS
    n = 5001 / 1010 * HALF_A_YEAR
    sd = 20 * np.sqrt(n * (1 + HALF_A_YEAR / 1010) + n / SPEND[0] + n**2 / (SPEND[0] * 5000))
    assert low[0] == pytest.approx(20 * n - 1.645 * sd, rel=0.01)
    assert high[0] == pytest.approx(20 * n + 1.645 * sd, rel=0.01)
    assert high[0] - low[0] > 20 * (many[0] - few[0])


def test_constant_amounts_bring_what_each_purchase_does() -> None:
    """No Gamma-Gamma can be fitted then: money is the number of purchases times the own mean, or that of all."""
    x, T = np.array([0, 3, 9]), np.array([50.0, 200.0, 300.0])
    constant = fit_spend(np.array([3, 9, 2]), np.array([12.0, 12.0, 12.0]))
    assert constant.model is None
    p, alive = np.array(TRUTH["bg_nbd"]), np.array([1.0, 0.9, 0.95])
    counts = count_interval(BG_NBD, p, HALF_A_YEAR, x, T, alive, 0.9)
    ends = value_interval(BG_NBD, p, constant, HALF_A_YEAR, x, T, np.array([0.0, 12.0, 12.0]), alive, 0.9)
    for n, end in zip(counts, ends, strict=True):
        assert end.tolist() == pytest.approx((12.0 * n).tolist())
    assert ends[1].min() > 0


def test_one_time_buyers_may_be_of_those_who_never_pay(spend) -> None:
    """Where 60% of repeat purchases are by customers who ever paid, 40% of new ones will bring nothing, however often
    they come; of who has paid already nothing changes."""
    some = replace(spend, paid=0.6)
    p, rng = np.array(TRUTH["bg_nbd"]), np.random.default_rng(8)
    x, T, m, alive = np.array([0, 2]), np.array([10.0, 10.0]), np.array([0.0, 15.0]), np.array([1.0, 0.8])
    low, high = value_interval(BG_NBD, p, some, HALF_A_YEAR, x, T, m, alive, 0.9)
    full = value_interval(BG_NBD, p, spend, HALF_A_YEAR, x, T, m, alive, 0.9)
    assert (low[1], high[1]) == (full[0][1], full[1][1])
    assert 0 < high[0] < full[1][0]
    n = futures("bg_nbd", p, 0, 10.0, 1.0, 300_000, rng)
    z = np.where(rng.random(len(n)) < 0.6, money(n, 0, 0.0, rng), 0.0)
    assert (z <= high[0]).mean() == pytest.approx(0.95, abs=0.003)
    assert low[0] == 0
    # Who hardly ever pays brings nothing at this level.
    assert value_interval(BG_NBD, p, replace(spend, paid=0.04), HALF_A_YEAR, x, T, m, alive, 0.9)[1][0] == 0


def test_the_few_ages_worked_out_stand_for_all_of_them(spend, monkeypatch) -> None:
    """Also in Pareto/NBD whose beta is far shorter than alpha, so that the youngest differ from one day to the next."""
    p, x, T = np.array([0.55, 500.0, 1.5, 5.0]), np.full(730, 2), np.arange(1.0, 731.0)
    alive = PARETO_NBD.probability_alive(p, x, T * 0.9, T)
    asked = (PARETO_NBD, p, spend, 365.0, x, T, np.full(730, 40.0), alive, 0.9)
    few = value_interval(*asked)[1]
    monkeypatch.setattr(customer_intervals, "AGES", 1000)
    assert few == pytest.approx(value_interval(*asked)[1], rel=0.01)


def _fit(name: str, seed: int, customers: int) -> Fit:
    x, t, T, *_ = watched(name, customers, seed)
    return Fit(FAMILIES[name], FAMILIES[name].fit(x, t, T), Spend(None, 0.0, 0.0, ()), customers)


WHO = (np.array([0, 1, 4, 12]), np.array([0.0, 50.0, 180.0, 350.0]), np.array([200.0, 300.0, 200.0, 365.0]))


@pytest.mark.parametrize("name", FAMILIES)
def test_expected_purchases_against_draws_of_the_parameters(name) -> None:
    """20,000 draws from Laplace's normal distribution of the log-parameters."""
    fit = _fit(name, 21, 6000)
    x, t, T = WHO
    value, low, high = expected_interval(fit, HALF_A_YEAR, x, t, T, 0.9)
    assert value.tolist() == pytest.approx(np.asarray(fit.purchases.predict(HALF_A_YEAR, x, t, T)).tolist())
    rng = np.random.default_rng(1)
    theta = rng.multivariate_normal(np.log(fit.parameters), fit.purchases.covariance_log_, 2000)
    drawn = []
    for p in np.exp(theta):
        if_alive = fit.family.purchases_if_alive(p, x, T, HALF_A_YEAR)[:, 0]
        drawn.append(np.log(fit.family.probability_alive(p, x, t, T) * if_alive))
    sd = np.std(drawn, axis=0)
    assert (np.log(high / low) / 2 / 1.6449).tolist() == pytest.approx(sd.tolist(), rel=0.1)


@pytest.mark.parametrize("name", FAMILIES)
def test_expected_purchases_cover_the_truth(name) -> None:
    """Shops of 1,500 customers: what the true parameters expect of four customers, nominal 90%."""
    shops = 60 if name == PARETO_NBD.name else 150
    family, p = FAMILIES[name], np.array(TRUTH[name])
    x, t, T = WHO
    truth = family.probability_alive(p, x, t, T) * family.purchases_if_alive(p, x, T, HALF_A_YEAR)[:, 0]
    inside = []
    for seed in range(shops):
        _, low, high = expected_interval(_fit(name, 1000 + seed, 1500), HALF_A_YEAR, x, t, T, 0.9)
        inside.append((low <= truth) & (truth <= high))
    assert (np.sum(inside, axis=0) >= binom.ppf(0.002, shops, 0.9)).all()
    assert np.mean(inside) <= 0.97


def test_the_models_own_error_widens_what_is_expected() -> None:
    fit = _fit("bg_nbd", 21, 2000)
    x, t, T = WHO
    _, low, high = expected_interval(fit, HALF_A_YEAR, x, t, T, 0.9)
    value, lower, higher = expected_interval(fit, HALF_A_YEAR, x, t, T, 0.9, 0.2)
    known, wide = (np.log(b / a) / 2 / 1.6448536 for a, b in ((low, high), (lower, higher)))
    assert wide.tolist() == pytest.approx(np.hypot(known, 0.2).tolist(), rel=1e-6)
    assert (lower * higher).tolist() == pytest.approx((value**2).tolist())

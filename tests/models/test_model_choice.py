"""Which model describes a shop: told from simulated shops, and the likelihood of the holdout by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import nbinom

from models import model_choice
from models.btyd.families import BG_NBD, FAMILIES, MBG_NBD, PARETO_NBD
from models.btyd.inputs import pairs
from models.customer_base import Base
from models.definitions import Definitions
from models.followed import Followed
from models.model_choice import choice
from models.tracking import count_log_likelihood

START = dt.date(2022, 1, 1)
SPAN, WON, HELD = 730, 240, 180


def shop_from(rate, leaves, customers, seed, shop_of, order):
    """A shop watched for SPAN days: customers won in the first WON of them buy at their own `rate(rng)` a day until they
    leave, and `leaves(rng, times)` says at which moment that is, given the moments they would buy at."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        first = int(rng.integers(0, WON))
        mean, left = rate(rng), SPAN - first
        times = np.sort(rng.uniform(0, left, rng.poisson(mean * left)))
        days = sorted({0, *np.ceil(times[times <= leaves(rng, times)]).astype(int).tolist()})
        rows += [
            order(f"c{i}", str(START + dt.timedelta(days=first + day))) for day in days if first + day <= SPAN
        ]
    # Somebody on the last day, so that every shop is watched equally long.
    return shop_of([*rows, order(None, str(START + dt.timedelta(days=SPAN)))])


def by_rate_of_dropout(rng, times):
    """Pareto/NBD, s = 3 and beta = 600 days: lifetimes of 300 days on average, half of them below 156."""
    return rng.exponential(1 / rng.gamma(3.0, 1 / 600))


def after_purchases(rng, times):
    """BG/NBD: a chance of leaving after each repeat purchase, beta(1, 2.5)."""
    stays = rng.geometric(rng.beta(1.0, 2.5)) - 1
    return times[stays] if stays < len(times) else np.inf


def never(rng, times):
    return np.inf


@pytest.fixture(scope="module")
def pareto_shop(shop_of, order):
    return shop_from(lambda rng: rng.gamma(3.0, 1 / 40), by_rate_of_dropout, 3000, 1, shop_of, order)


def test_pareto_customers_are_told_from_the_rest(pareto_shop) -> None:
    """Customers who leave between purchases, not after one: the others expect too much of them."""
    found = choice(pareto_shop, Definitions(), holdout_days=HELD)
    assert found.best == PARETO_NBD.name
    assert found.certain
    assert found.failed == {}
    assert (found.days, found.customers) == (HELD, 3000)
    table = found.table.set_index("model")
    assert table.behind[PARETO_NBD.name] == table.chance[PARETO_NBD.name] == 0
    assert table.aic.idxmin() == PARETO_NBD.name
    assert (np.diff(found.table.holdout) <= 0).all()
    behind = table.holdout[PARETO_NBD.name] - table.holdout[BG_NBD.name]
    assert table.behind[BG_NBD.name] == pytest.approx(behind)
    assert table.error[BG_NBD.name] > abs(table.error[PARETO_NBD.name]) + 0.02
    assert found.matters


def test_customers_who_leave_after_purchases_are_not_taken_for_pareto(shop_of, order) -> None:
    shop = shop_from(lambda rng: rng.gamma(0.8, 1 / 20), after_purchases, 3000, 2, shop_of, order)
    found = choice(shop, Definitions(), holdout_days=HELD)
    assert found.best in (BG_NBD.name, MBG_NBD.name)
    assert not (found.best == PARETO_NBD.name and found.certain)
    assert abs(found.table.error[0]) < 0.1


def test_where_nobody_leaves_the_choice_does_not_matter(shop_of, order) -> None:
    """Without dropout all three are the same negative binomial, on a ridge that their notes name."""
    shop = shop_from(lambda rng: rng.gamma(2.0, 1 / 60), never, 600, 3, shop_of, order)
    found = choice(shop, Definitions(), holdout_days=HELD)
    assert not found.matters
    assert found.table.behind.max() < 3
    assert np.ptp(found.table.forecast) / found.table.forecast[0] < model_choice.SAME_FORECAST


@pytest.mark.parametrize("name", [BG_NBD.name, MBG_NBD.name])
def test_likelihood_of_what_followed_by_hand(name) -> None:
    """log P(Y = n) of five customers, summed over counting: as in test_customer_table.py."""
    p = np.array([0.4, 30.0, 0.9, 2.2])
    x, T = np.array([0, 0, 1, 6, 25]), np.array([200.0, 200.0, 300.0, 90.0, 340.0])
    t = np.array([0.0, 0.0, 120.0, 80.0, 335.0])
    later = np.array([0, 2, 0, 3, 41])
    family, base = FAMILIES[name], Base(START, x, t, T, np.zeros(5))
    past = Followed(base, START + dt.timedelta(days=180), later, np.zeros(5))
    fit = type("Fit", (), {"params_": _series(p)})
    alive = family.probability_alive(p, x, t, T)
    found = count_log_likelihood(family, fit, past, alive)
    for i in range(5):
        pmf = _pmf(p, 180.0, int(x[i]), float(T[i]), float(alive[i]), name == MBG_NBD.name)
        assert pmf.sum() == pytest.approx(1, abs=1e-9)
        assert found[i] == pytest.approx(np.log(pmf[later[i]]), rel=1e-8)


def _series(p):
    import pandas as pd

    return pd.Series(p)


def _pmf(p: np.ndarray, days: float, x: int, T: float, alive: float, modified: bool) -> np.ndarray:
    """The n-th purchase happens in time with the tail of a negative binomial, and is made at all if the customer
    stayed after each of the n - 1 before; under MBG/NBD the start counts as a purchase that was survived."""
    r, alpha, a, b = p
    n = np.arange(1, 2000)
    kept = b + x + (1 if modified else 0)
    in_time = nbinom.sf(n - 1, r + x, (alpha + T) / (alpha + T + days))
    stays = np.cumprod(np.append(1.0, (kept + n[:-1] - 1) / (a + kept + n[:-1] - 1)))
    reached = np.append(1.0, alive * in_time * stays)
    return reached - np.append(reached[1:], 0.0)


def test_likelihood_of_what_followed_under_pareto_by_simulation() -> None:
    """400,000 customers drawn from the posterior of each history (rate and dropout by rejection on Pareto/NBD's own
    story), followed for 180 days."""
    p = np.array([0.9, 40.0, 0.7, 60.0])
    x, t, T = np.array([0, 2]), np.array([0.0, 60.0]), np.array([120.0, 90.0])
    rng = np.random.default_rng(5)
    later = np.array([1, 1])
    past = Followed(Base(START, x, t, T, np.zeros(2)), START + dt.timedelta(days=180), later, np.zeros(2))
    alive = PARETO_NBD.probability_alive(p, x, t, T)
    fit = type("Fit", (), {"params_": _series(p)})
    found = np.exp(count_log_likelihood(PARETO_NBD, fit, past, alive))
    for i in range(2):
        # Given (x, t, T): rate and dropout weighed by the likelihood; who lives on buys until the own end.
        rate, dropout = rng.gamma(p[0], 1 / p[1], 400_000), rng.gamma(p[2], 1 / p[3], 400_000)
        both = rate + dropout
        living = rate ** x[i] * np.exp(-both * T[i])
        gone = rate ** x[i] * dropout / both * (np.exp(-both * t[i]) - np.exp(-both * T[i]))
        bought = rng.poisson(rate * np.minimum(rng.exponential(1 / dropout), 180.0))
        weight = living + gone
        once = float((living * (bought == 1)).sum() / weight.sum())
        assert living.sum() / weight.sum() == pytest.approx(alive[i], abs=0.005)
        assert found[i] == pytest.approx(once, abs=0.004)


def test_a_model_that_cannot_be_fitted_is_named(pareto_shop, monkeypatch) -> None:
    def fails(groups, family):
        if family is MBG_NBD:
            raise ValueError("No optimum was found.")
        return fit(groups, family)

    fit = model_choice.fit_groups
    monkeypatch.setattr(model_choice, "fit_groups", fails)
    found = choice(pareto_shop, Definitions(), holdout_days=HELD)
    assert found.failed == {MBG_NBD.title: "No optimum was found."}
    assert found.table.model.tolist() == [PARETO_NBD.name, BG_NBD.name]
    monkeypatch.setattr(model_choice, "FAMILIES", {MBG_NBD.name: MBG_NBD})
    with pytest.raises(ValueError, match="No optimum was found"):
        choice(pareto_shop, Definitions(), holdout_days=HELD)


def test_too_short_a_span_is_said(shop_of, order) -> None:
    shop = shop_of([order("a", "2024-01-01"), order("b", "2024-01-10"), order("a", "2024-01-15")])
    with pytest.raises(ValueError, match="Orders span 14 days: too short"):
        choice(shop, Definitions())


def test_each_case_is_worked_out_once() -> None:
    """A thousand equal customers have one likelihood each, whatever stands between them."""
    x = np.tile([0, 3, 3], 1000)
    T = np.tile([50.0, 80.0, 80.0], 1000)
    t = np.tile([0.0, 60.0, 20.0], 1000)
    later = np.tile([0, 1, 1], 1000)
    p = np.array([0.4, 30.0, 0.9, 2.2])
    past = Followed(
        Base(START, x, t, T, np.zeros(3000)), START + dt.timedelta(days=30), later, np.zeros(3000)
    )
    alive = BG_NBD.probability_alive(p, x, t, T)
    found = count_log_likelihood(BG_NBD, type("Fit", (), {"params_": _series(p)}), past, alive)
    assert len(pairs(x, T)[0]) == 2
    assert len(np.unique(found.round(12))) == 3
    assert found.reshape(1000, 3).std(axis=0).max() < 1e-12


def test_one_customer_decides_nothing(order, shop_of) -> None:
    """One difference has no spread: it must not pass for a sure one."""
    weekly = [order("a", str(START + dt.timedelta(days=day))) for day in range(0, 360, 7)]
    found = choice(shop_of(weekly), Definitions())
    assert found.customers == 1
    assert len(found.table) == 3
    assert not found.certain
    assert not found.matters

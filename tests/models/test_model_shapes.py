"""Densities and surfaces: they integrate to one, and equal the fitter's own matrix."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import beta, gamma

from models.definitions import Definitions
from models.model_bench import Bench, bench
from models.model_shapes import buying, leaving, surface
from shop import Shop


@pytest.fixture(scope="module")
def small(order, shop_of) -> Shop:
    rows = [
        order(f"c{i}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i % 90 + 23 * k)), 20 + i % 7 + k)
        for i in range(200)
        for k in range(1 + (i * i) % 7)
    ]
    return shop_of([*rows, order(None, "2024-12-30")])


@pytest.fixture(scope="module", params=["bg_nbd", "mbg_nbd", "pareto_nbd"])
def found(request, small: Shop) -> Bench:
    return bench(small, Definitions(), model=request.param)


def test_densities_integrate_to_one(found: Bench) -> None:
    for mixing in (buying(found), leaving(found)):
        cells = mixing.cells
        area = float((cells.density * (cells.high - cells.low)).sum())
        assert area + mixing.beyond == pytest.approx(1)
        assert cells.below.iloc[-1] == pytest.approx(1 - mixing.beyond)
        assert cells.share.sum() == pytest.approx(area)


def test_densities_are_those_of_the_parameters(found: Bench) -> None:
    p = found.fit.purchases.params_
    cells = buying(found).cells
    k = 100
    middle = (cells.low[k] + cells.high[k]) / 2
    assert cells.density[k] == pytest.approx(gamma.pdf(middle, p["r"], scale=365 / p["alpha"]), rel=1e-3)
    assert buying(found).mean.value == pytest.approx(p["r"] / p["alpha"] * 365)
    other = leaving(found)
    if other.unit == "share":
        assert other.cells.below[59] == pytest.approx(beta.cdf(0.25, p["a"], p["b"]))
        assert other.mean.value == pytest.approx(p["a"] / (p["a"] + p["b"]))
    else:
        at = other.cells.high[59]
        assert other.cells.below[59] == pytest.approx(gamma.cdf(at, p["s"], scale=365 / p["beta"]))
        assert other.mean.value == pytest.approx(p["s"] / p["beta"] * 365)
    assert other.mean.low < other.mean.value < other.mean.high


def test_the_mean_rates_interval_by_hand(found: Bench) -> None:
    """ln(r/alpha) = ln r - ln alpha: its variance from the covariance of the log-parameters."""
    C = found.fit.purchases.covariance_log_
    sd = np.sqrt(C[0, 0] + C[1, 1] - 2 * C[0, 1])
    mean = buying(found).mean
    assert np.log(mean.high / mean.value) / 1.6448536 == pytest.approx(sd, rel=1e-6)


def test_the_surface_is_the_fitters_matrix(found: Bench) -> None:
    view = Definitions(ltv_horizon_months=6)
    got = surface(found, view, age=40)
    whole = found.fit.purchases.conditional_probability_alive_matrix(max_frequency=found.most, max_recency=40)
    assert got.recency.tolist() == list(range(41))
    expected = whole[:, 1:]
    known = ~np.isnan(got.alive)
    assert got.alive[known] == pytest.approx(expected[known])
    # More purchases than days cannot be, everything else can.
    assert (known == (got.recency[:, None] >= got.frequency[None, :])).all()
    assert got.once[0] == pytest.approx(whole[0, 0])


def test_purchases_and_value_ahead_of_single_histories(found: Bench) -> None:
    view = Definitions(ltv_horizon_months=12, discount_rate=0.0)
    got = surface(found, view, age=300)
    row, column = 30, 2
    t, x = int(got.recency[row]), int(got.frequency[column])
    fit = found.fit
    bought = float(np.ravel(fit.purchases.predict(365.0, [x], [t], [300]))[0])
    assert got.purchases[row, column] == pytest.approx(bought)
    spend = float(fit.spend.expected(np.array([x]), np.array([fit.spend.mean]))[0])
    assert got.value[row, column] == pytest.approx(bought * spend)
    never = float(np.ravel(fit.purchases.predict(365.0, [0], [0], [300]))[0])
    assert got.once[1] == pytest.approx(never)
    assert len(got.recency) == 53


def test_a_customer_of_one_day(found: Bench) -> None:
    got = surface(found, Definitions(), age=1)
    assert got.recency.tolist() == [0, 1]
    assert np.isfinite(got.alive[1, 0])
    assert np.isnan(got.alive[0]).all()

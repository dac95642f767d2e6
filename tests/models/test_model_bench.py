"""The model bench: published parameters in weeks, units, and intervals by source."""

from __future__ import annotations

import datetime as dt
from math import log

import numpy as np
import pytest
from scipy.stats import norm

from models.definitions import Definitions
from models.model_bench import SOURCES, bench, by_source, gaps, past, sources, window
from models.totals import Totals
from shop import Shop

CALIBRATION = Definitions(observed_until=dt.date(1997, 9, 30))


@pytest.fixture(scope="module")
def small(order, shop_of) -> Shop:
    """120 customers over a year; every third comes back each month, and stops at some time."""
    rows = [
        order(f"c{i}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i + 30 * k)), 20 + i % 7 + k)
        for i in range(120)
        for k in range(2 + i % 6 if i % 3 == 0 else 1)
    ]
    return shop_of([*rows, order(None, "2024-12-30")])


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("model", "published", "log_likelihood"),
    [
        # Fader, Hardie and Lee (2005), Marketing Science 24, table 2. Their weeks are rounded to two decimals, ours are
        # exact days: the last digit may differ.
        ("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.4),
        ("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0),
    ],
)
def test_published_parameters_in_weeks(cdnow_sample: Shop, model, published, log_likelihood) -> None:
    found = bench(cdnow_sample, CALIBRATION, model=model)
    rows = found.parameters("weeks").set_index("parameter")
    assert rows.value[list(published)].tolist() == pytest.approx(list(published.values()), rel=2e-3)
    assert found.in_unit(found.fit.purchases.log_likelihood_, "weeks") == pytest.approx(
        log_likelihood, abs=0.5
    )
    assert rows.unit.alpha == "weeks"
    assert rows.unit.r == ""
    assert rows.unit.v == "money"


def test_the_unit_changes_print_alone(small: Shop) -> None:
    found = bench(small, Definitions(), model="pareto_nbd")
    days, weeks = (found.parameters(unit).set_index("parameter") for unit in ("days", "weeks"))
    for name in ("alpha", "beta"):
        for column in ("value", "error", "low", "high"):
            assert days.loc[name, column] == pytest.approx(7 * weeks.loc[name, column])
    for name in ("r", "s", "p", "q", "v"):
        assert days.loc[name, "value"] == weeks.loc[name, "value"]
    # 40 customers come back 1 to 6 times: i = 0, 3, .. 117 gives i % 6 of 0 or 3, so 1 or 4 repeats, 20 each.
    assert found.repeats == 20 * 1 + 20 * 4
    fitted = found.fit.purchases
    ll = found.in_unit(fitted.log_likelihood_, "weeks")
    assert ll == pytest.approx(fitted.log_likelihood_ + 100 * log(7))
    assert found.criterion_in_unit(fitted.aic_, "weeks") == pytest.approx(2 * 4 - 2 * ll)


def test_in_weeks_it_is_what_a_fit_in_weeks_gives(small: Shop) -> None:
    from models.btyd import BetaGeoFitter
    from models.customer_base import load

    base = load(small, Definitions())
    weekly = BetaGeoFitter().fit(base.x, base.t / 7, base.T / 7)
    found = bench(small, Definitions(), model="bg_nbd")
    rows = found.parameters("weeks").set_index("parameter")
    for name in weekly.names:
        assert rows.value[name] == pytest.approx(weekly.params_[name], rel=1e-5)
        assert rows.error[name] == pytest.approx(weekly.standard_errors_[name], rel=1e-4)
    assert found.in_unit(found.fit.purchases.log_likelihood_, "weeks") == pytest.approx(
        weekly.log_likelihood_
    )


def test_a_penaliser_draws_the_parameters_in(small: Shop) -> None:
    free, drawn = (bench(small, Definitions(), model="bg_nbd", penalizer=c) for c in (0.0, 0.1))
    assert drawn.fit.purchases.params_["a"] < free.fit.purchases.params_["a"]
    assert drawn.fit.purchases.log_likelihood_ < free.fit.purchases.log_likelihood_
    held = [past(small, Definitions(), model="bg_nbd", penalizer=c) for c in (0.0, 0.1)]
    assert held[0].origins[0].purchases.forecast != held[1].origins[0].purchases.forecast


def test_the_window_by_default_and_at_most(small: Shop) -> None:
    found = window(small, Definitions())
    assert (found.first, found.last) == (dt.date(2024, 1, 1), dt.date(2024, 12, 30))
    assert found.holdout == 364 // 4
    assert found.longest == 364 - 14
    narrow = window(small, Definitions(observed_until=dt.date(2024, 1, 11)))
    assert narrow.holdout == narrow.longest == 7


def test_sources_add_up_as_variances() -> None:
    total = Totals(np.array([100.0]), np.array([3.0]), np.array([4.0]), np.array([50]))
    found = by_source(total, 0.9, "purchases", "by hand", 0.12, "")
    z = norm.ppf(0.95)
    half = {name: log(found[name].high / 100) * 100 / z for name in SOURCES}
    assert half == pytest.approx({"parameters": 3, "chance": 4, "model": 12, "all": 13})
    unknown = by_source(total, 0.9, "purchases", "by hand", None, "too young")
    assert not unknown["model"].known
    assert unknown["model"].why_missing == "too young"
    assert log(unknown["all"].high / 100) * 100 / z == pytest.approx(5)


def test_sources_of_a_shop(small: Shop) -> None:
    view = Definitions(ltv_horizon_months=6, discount_rate=0.0)
    held = past(small, view, model="bg_nbd")
    on_bench = bench(small, view, model="bg_nbd")
    found = sources(small, view, model="bg_nbd", bench=on_bench, backtest=held)
    assert found.days == pytest.approx(182.5)
    fit = on_bench.fit
    from models.customer_base import load

    base = load(small, view)
    each = np.asarray(fit.purchases.predict(182.5, base.x, base.t, base.T))
    spend = fit.spend.expected(base.x, base.m)
    assert found.purchases["all"].value == pytest.approx(each.sum())
    assert found.money["all"].value == pytest.approx((each * spend).sum())
    discounted = sources(small, view.but(discount_rate=0.5), model="bg_nbd", bench=on_bench, backtest=held)
    assert discounted.purchases["all"].value == found.purchases["all"].value
    assert discounted.money["all"].value < found.money["all"].value


def test_gaps_are_normal_intervals() -> None:
    low, high = gaps(np.array([0.0, 10.0]), np.array([0.0, 2.0]), 0.95)
    assert low.tolist() == pytest.approx([0, 10 - 2 * norm.ppf(0.975)])
    assert high.tolist() == pytest.approx([0, 10 + 2 * norm.ppf(0.975)])


@pytest.mark.shared_data
def test_well_determined_parameters_have_laplace_s_intervals(cdnow_sample: Shop) -> None:
    found = bench(cdnow_sample, CALIBRATION, model="bg_nbd")
    table = found.parameters("days").set_index("parameter")
    laplace = found.fit.purchases.parameter_intervals(found.level)
    assert table.method[["r", "alpha"]].tolist() == ["Laplace", "Laplace"]
    assert table.low[["r", "alpha"]].tolist() == pytest.approx(laplace.low[["r", "alpha"]].tolist())


def test_a_ridge_has_profiles_without_an_end(order, shop_of) -> None:
    """Customers who never leave: a and b run along a ridge, and the likelihood never ends their intervals."""
    rng = np.random.default_rng(3)
    rows = []
    for i in range(400):
        won = dt.date(2024, 1, 1) + dt.timedelta(days=int(rng.integers(0, 120)))
        days = np.unique(np.cumsum(rng.exponential(1 / rng.gamma(0.8, 1 / 60), 60)).astype(int) + 1)
        ages = [0, *days[days <= (dt.date(2024, 12, 30) - won).days]]
        rows += [order(f"c{i}", str(won + dt.timedelta(days=int(age))), 20 + age % 9) for age in ages]
    shop = shop_of([*rows, order(None, "2024-12-30")])
    found = bench(shop, Definitions(), model="bg_nbd")
    table = found.parameters("days").set_index("parameter")
    # The weak prior that the fit needed is in every Laplace interval, and in no profile.
    assert found.fit.purchases.prior_applied_
    assert set(table.method[["r", "alpha", "a", "b"]]) == {"profile"}
    assert table.high["b"] == np.inf
    assert table.low["r"] < 0.8 < table.high["r"] < 2
    assert found.fit.purchases.data.empty
    # A profile is of the likelihood alone, which a penalised fit does not maximise.
    drawn = bench(shop, Definitions(), model="bg_nbd", penalizer=0.01).parameters("days")
    assert set(drawn.method[drawn.model == "BG/NBD"]) == {"Laplace"}

"""Past forecasts: the papers' holdout, tiny shops counted by hand, and what must not be seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest

from models.backtest import Backtest, Held, from_origins, model_error, rolling
from models.customer_base import Base, NoCustomers
from models.definitions import Definitions
from models.estimate import Estimate
from models.followed import Followed, followed, naive
from models.lifetime_value import new_customer
from models.purchases import history_counts
from models.tracking import mean_count_interval, tracking

ORIGIN, END = dt.date(1997, 9, 30), dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def sample(cdnow_sample):
    """The papers' split: fitted to 30 September 1997, 39 weeks (273 days) held back."""
    return tracking(cdnow_sample, Definitions(), holdout_days=273)


def test_holdout_of_the_papers(sample) -> None:
    """Fader, Hardie and Lee (2005), section 7: 1,882 purchases came, BG/NBD expected 1653.4. There in weeks with
    two decimals; here in days, which moves the last digit printed."""
    assert (sample.origin, sample.end) == (ORIGIN, END)
    assert sample.holdout.purchases.actual == 1882
    assert sample.holdout.customers == 2357
    assert sample.holdout.purchases.forecast.value == pytest.approx(1653.4, abs=0.15)
    assert sample.holdout.purchases.error == pytest.approx(1653.4 / 1882 - 1, abs=1e-4)


def test_holdout_by_past_purchases(sample) -> None:
    """FHL (2005), figure 4, and its actual means: x = 0 .. 6, 7+."""
    groups = sample.groups
    assert groups.frequency.tolist() == list(range(8))
    assert groups.customers.sum() == 2357
    assert groups.customers[0] == 1411
    assert groups.actual.round(3).tolist() == [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    assert groups.expected.tolist() == pytest.approx(
        [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=6e-4
    )
    assert ((groups.low < groups.actual) & (groups.actual < groups.high)).all()
    assert groups.expected @ groups.customers == pytest.approx(sample.holdout.purchases.forecast.value)


def test_weeks_add_up_to_the_repeat_purchases(sample, cdnow_sample) -> None:
    """78 weeks of 546 days: 2,457 repeat transactions in calibration, 1,882 after."""
    weeks = sample.weeks
    assert len(weeks) == 78
    assert weeks.actual.sum() == weeks.actual_total.iloc[-1] == 2457 + 1882
    assert weeks.expected.sum() == pytest.approx(weeks.expected_total.iloc[-1])
    # 1 October 1997 is a Wednesday, as 1 January was: 39 whole weeks on each side of the split.
    assert weeks.held_out.sum() == 39
    assert weeks.actual[weeks.held_out].sum() == 1882
    # Unconditional expectations: the same customers known only by the day of their first purchase.
    r = history_counts(cdnow_sample, Definitions(), until=ORIGIN)
    assert int(r.customers.sum()) == 2357
    assert weeks.expected_total.iloc[-1] == pytest.approx(weeks.actual_total.iloc[-1], rel=0.1)


def test_expected_weeks_are_sums_over_customers(sample, cdnow_sample) -> None:
    """FHL (2005), section 6: sum over days of first purchase of n E[X(t - day)]."""
    from models.btyd import BetaGeoFitter

    r = history_counts(cdnow_sample, Definitions(), until=ORIGIN)
    fit = BetaGeoFitter().fit(r.frequency, r.recency, r["T"], weights=r.customers)
    for week in (0, 20, 77):
        until = (sample.weeks.week[week] + pd.Timedelta(days=6)).date()
        age = np.maximum(r["T"] + (until - ORIGIN).days, 0)
        by_hand = float(fit.expected_number_of_purchases_up_to_time(age) @ r.customers)
        assert sample.weeks.expected_total[week] == pytest.approx(by_hand, rel=1e-9, abs=1e-9)


def test_later_orders_change_nothing_fitted(sample, cdnow_sample) -> None:
    orders = cdnow_sample.orders
    cut = replace(cdnow_sample, orders=orders.filter(orders.ordered_on <= ORIGIN))
    without = tracking(cut, Definitions(observed_until=END), holdout_days=273)
    assert without.holdout.purchases.forecast == sample.holdout.purchases.forecast
    for figure in ("purchases", "money"):
        fitted, again = (getattr(found.holdout, figure) for found in (sample, without))
        assert (again.forecast, again.average, again.own) == (fitted.forecast, fitted.average, fitted.own)
        assert again.actual == 0 < fitted.actual
    assert without.weeks.expected.tolist() == sample.weeks.expected.tolist()
    assert without.groups.expected.tolist() == sample.groups.expected.tolist()
    # What came is all that differs: nobody bought, and the forecast's failure is not left out for that.
    assert without.holdout.purchases.error == float("inf")


def test_rolling_origins_each_see_only_their_past(cdnow_sample) -> None:
    whole = rolling(cdnow_sample, Definitions())
    assert [o.origin for o in whole.origins] == [
        dt.date(1997, 1, 1) + dt.timedelta(days=round(545 * share)) for share in (0.5, 0.625, 0.75)
    ]
    assert all(o.days == 136 for o in whole.origins)
    assert whole.origins[-1].origin + dt.timedelta(days=136) <= END
    orders = cdnow_sample.orders
    middle = whole.origins[1]
    end = middle.origin + dt.timedelta(days=middle.days)
    cut = replace(cdnow_sample, orders=orders.filter(orders.ordered_on <= end))
    (again,) = followed(cut, Definitions(observed_until=END), [(middle.origin, end)])
    assert again.later.sum() == middle.purchases.actual
    assert again.brought.sum() == pytest.approx(middle.money.actual)
    assert again.base.customers == middle.customers
    assert from_origins([again], 0.9).origins[0].money == middle.money


def _held(forecast: float, actual: int, variance: float) -> Held:
    figure = Estimate(forecast, forecast, forecast, 100, unit="purchases")
    return Held(figure, actual, 1.5 * actual, 0.9 * actual, variance)


def test_model_error_by_hand() -> None:
    """tau^2 = (t/z)^2 mean(log(f/a)^2 - v) + sqrt(2/k) mean(v) / 2, with the 95% quantiles printed in every table:
    z = 1.645, and Student's t 2.353 for 3 and 2.920 for 2 degrees of freedom."""
    held = [_held(110, 100, 0.001), _held(100, 125, 0.002), _held(100, 100, 0.003)]
    left = (log(1.1) ** 2 + log(1.25) ** 2 - 0.006) / 3
    expected = (2.353 / 1.645) ** 2 * left + sqrt(2 / 3) / 2 * 0.002
    assert model_error(held) ** 2 == pytest.approx(expected, rel=2e-3)
    # Errors that chance explains leave nothing over but the doubt in that.
    assert model_error([_held(110, 100, 0.02), _held(100, 100, 0.02)]) ** 2 == pytest.approx(0.02 / 2)
    # Nobody came back: a finite, very large error.
    expected = (2.920 / 1.645) ** 2 * (log(100) ** 2 / 2 - 0.01) + 0.01 / 2
    found = model_error([_held(50, 0, 0.01), _held(50, 50, 0.01)])
    assert found**2 == pytest.approx(expected, rel=2e-3)


def test_the_better_naive_guess() -> None:
    held = _held(110, 100, 0.001)
    assert held.error == pytest.approx(0.1)
    assert held.best_naive == 90
    assert held.missed(held.best_naive) == pytest.approx(-0.1)


def test_naive_guesses_by_hand() -> None:
    """Two customers of 100 days with 3 repeats of 10 and 20, one of 50 days with none, one of today."""
    start = dt.date(2024, 6, 1)
    base = Base(
        start,
        np.array([3, 3, 0, 0]),
        np.array([80.0, 80, 0, 0]),
        np.array([100.0, 100, 50, 0]),
        np.array([10.0, 20, 0, 0]),
    )
    past = Followed(base, start + dt.timedelta(days=30), np.zeros(4, dtype=np.int64), np.zeros(4))
    guesses = naive(past, 15.0)
    assert guesses["purchases"] == pytest.approx((6 / 250 * 4 * 30, 2 * 3 / 100 * 30))
    assert guesses["money"] == pytest.approx((6 / 250 * 4 * 30 * 15, 3 / 100 * 30 * (10 + 20)))


@pytest.fixture(scope="module")
def tiny(order, shop_of):
    """40 customers won in January to April, a purchase every 30 days by half of them; a stranger won at the end."""
    rows = []
    for i in range(40):
        first = dt.date(2024, 1, 1) + dt.timedelta(days=3 * i)
        for k in range(1 + (i % 2) * 6):
            rows.append(order(f"c{i}", str(first + dt.timedelta(days=30 * k)), 10 + i))
            # A second order on the same day is the same purchase.
            rows.append(order(f"c{i}", str(first + dt.timedelta(days=30 * k)), 5))
    rows += [order("new", str(dt.date(2024, 10, 1) + dt.timedelta(days=k))) for k in range(0, 20, 2)]
    return shop_of([*rows, order(None, "2024-10-25")])


def test_weeks_of_a_tiny_shop_counted_by_hand(tiny) -> None:
    found = tracking(tiny, Definitions(), holdout_days=100)
    assert found.end == dt.date(2024, 10, 25)
    assert found.origin == dt.date(2024, 7, 17)
    days = [
        dt.date(2024, 1, 1) + dt.timedelta(days=3 * i + 30 * k) for i in range(1, 40, 2) for k in range(1, 7)
    ]
    # 299 days are 42 weeks and 5 days: the short last week is left out. "new" was won after the origin.
    assert len(found.weeks) == 42
    for week in found.weeks.itertuples():
        start = week.week.date()
        assert week.actual == sum(start <= day < start + dt.timedelta(days=7) for day in days)
        assert week.actual_total == sum(day < start + dt.timedelta(days=7) for day in days)
        assert week.held_out == (start > found.origin)
    assert found.weeks.week[0].date() == dt.date(2024, 1, 1)
    assert found.holdout.purchases.actual == sum(day > found.origin for day in days)
    assert found.holdout.customers == 40


@pytest.mark.parametrize("days", [6, 290, -5])
def test_a_holdout_needs_days_on_both_sides(tiny, days) -> None:
    with pytest.raises(ValueError, match="Orders span 298 days: too short"):
        tracking(tiny, Definitions(), holdout_days=days)


def test_one_day_is_too_short(order, shop_of) -> None:
    with pytest.raises(ValueError, match="Orders span 0 days"):
        tracking(shop_of([order("a", "2024-01-01"), order("b", "2024-01-01")]), Definitions())


def test_young_and_quiet_shops_say_why_their_error_is_unknown(order, shop_of) -> None:
    young = shop_of([order("a", "2024-01-01"), order("b", "2024-02-15"), order("a", "2024-03-01")])
    quiet = shop_of([order(f"c{i}", str(dt.date(2023, 1, 1) + dt.timedelta(days=5 * i))) for i in range(100)])
    for shop in (young, quiet):
        found = rolling(shop, Definitions())
        assert found == Backtest((), None, None, found.why)
        assert "the true doubt is larger" in found.why


def test_days_before_the_first_known_customer_only_say_nothing(order, shop_of) -> None:
    """Guests alone for most of the span, as before a shop asked for names: what can be said of the customers since then
    is said, and a holdout that begins before them has its sentence."""
    rows = [order(None, "2023-01-01")]
    for i in range(60):
        first = dt.date(2023, 9, 1) + dt.timedelta(days=i % 20)
        rows += [
            order(f"c{i}", str(first + dt.timedelta(days=k * (20 + i % 7))), 9.0 + i % 5)
            for k in range(1 + i % 4)
        ]
    shop = shop_of([*rows, order(None, "2023-12-31")])
    found = rolling(shop, Definitions())
    assert found.model_error is None
    assert "the true doubt is larger" in found.why
    assert new_customer(shop, Definitions()).total.known
    with pytest.raises(NoCustomers, match="No customer has bought"):
        tracking(shop, Definitions(), holdout_days=200)


def test_a_mean_count_has_an_interval_even_where_nothing_varies() -> None:
    """Garwood's 90% interval of a Poisson count: 0 -> 0..2.996; 3 -> .818..7.754 (Ulm 1990, Am J Epidemiol 131)."""
    low, high = mean_count_interval(
        np.array([1.0, 1.0, 10.0]), np.array([0.0, 3.0, 0.0]), np.array([0.0, 9.0, 0.0]), 0.9
    )
    assert low == pytest.approx([0, 0.8177, 0], abs=1e-4)
    assert high == pytest.approx([2.9957, 7.7537, 0.29957], abs=1e-4)


def test_mean_count_intervals_cover() -> None:
    """Counts spread over customers as in BTYD (negative binomial, variance 4 times the mean), nominal 90%."""
    rng = np.random.default_rng(3)
    for n in (8, 40, 300):
        draws = rng.negative_binomial(0.5, 0.25, size=(2000, n)).astype(float)
        low, high = mean_count_interval(
            np.full(2000, float(n)), draws.sum(axis=1), (draws**2).sum(axis=1), 0.9
        )
        covered = float(((low <= 1.5) & (high >= 1.5)).mean())
        assert covered >= 0.83, n

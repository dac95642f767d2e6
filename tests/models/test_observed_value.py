"""What customers did bring: by hand, and against the forecast of the same on CDNOW."""

from __future__ import annotations

import pytest

from models import lifetime_value
from models.definitions import Definitions
from models.observed_value import observed_value

PLAIN = Definitions(discount_rate=0.0, ltv_horizon_months=2)


def shop_by_hand(order, shop_of):
    """Thirty customers of 1 January who bring 10 at once, every third 6 more on day 40; one who came too late."""
    rows = [order(f"c{i}", "2024-01-01", 10) for i in range(30)]
    rows += [order(f"c{i}", "2024-02-10", 6) for i in range(0, 30, 3)]
    # Day 70 lies after the two months; the last order makes 2024-03-11 the end, and is itself too young.
    rows += [order("c1", "2024-03-11", 99), order("late", "2024-03-11", 50)]
    return shop_of(rows)


def test_counted_by_hand(order, shop_of):
    found = observed_value(shop_by_hand(order, shop_of), PLAIN)
    assert found.n == 30
    assert found.value == pytest.approx((30 * 10 + 10 * 6) / 30)
    assert found.low < found.value < found.high


def test_later_money_counts_for_less(order, shop_of):
    """Day 40 is in the second month of age, whose middle is a month and a half away."""
    found = observed_value(shop_by_hand(order, shop_of), PLAIN.but(discount_rate=0.1))
    assert found.value == pytest.approx(10 + 2 * 1.1 ** (-1.5 / 12))


def test_nobody_is_old_enough(order, shop_of):
    found = observed_value(shop_by_hand(order, shop_of), PLAIN.but(ltv_horizon_months=12))
    assert not found.known
    assert "long enough ago" in found.why_missing


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_cdnow_brought_what_is_forecast(cdnow_sample, rate):
    """The papers' tenth, all observed for a year and more: $90.43 by hand; the model sees no customer's first year
    as such, only histories, and comes within a tenth of a dollar."""
    definitions = Definitions(discount_rate=rate)
    found = observed_value(cdnow_sample, definitions)
    forecast = lifetime_value.new_customer(cdnow_sample, definitions).total
    assert found.n == 2357
    if not rate:
        assert found.value == pytest.approx(90.43, abs=0.005)
    assert forecast.value == pytest.approx(found.value, rel=0.01)
    assert forecast.low < found.value < forecast.high

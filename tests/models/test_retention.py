"""The retention rate of a period, (A - B) / C."""

from __future__ import annotations

import datetime as dt

import pytest

from models.cohort_rate import rate, retention_rate
from models.definitions import Definitions

D = Definitions(at_risk_days=30)
MARCH = (dt.date(2024, 3, 1), dt.date(2024, 3, 31))


def test_published_figure():
    # truths.md: A = 1,050, B = 200, C = 1,000 -> 85%
    found = rate(1_050, 200, 1_000)
    assert found.value == 0.85
    assert found.low < 0.85 < found.high


def test_counted_by_hand(order, shop_of):
    shop = shop_of(
        [
            order("stays", "2024-02-20"),
            order("stays", "2024-03-10"),
            order("leaves", "2024-02-20"),
            order("first time", "2024-03-05"),
            order("won back", "2023-06-01"),
            order("won back", "2024-03-31"),
            # Won and lost again within the period: 1 March is 30 days before its end, one too many.
            order("passes", "2024-03-01"),
            order("long gone", "2023-01-01"),
            # The day before the period belongs to its start, 30 days before it still does, 31 do not.
            order("edge in", "2024-01-31"),
            order("edge out", "2024-01-30"),
            order("later", "2024-04-02"),
        ]
    )
    found = retention_rate(shop, D, *MARCH)
    assert (found.at_start, found.at_end, found.first_time, found.won_back) == (3, 3, 1, 1)
    assert found.won == 2
    assert (found.rate.value, found.rate.n) == (pytest.approx(1 / 3), 3)
    assert found.covered


def test_what_is_not_known_says_why(order, shop_of):
    shop = shop_of([order("a", "2024-03-02"), order("b", "2024-03-20")])
    found = retention_rate(shop, D, *MARCH)
    assert not found.covered
    assert "only until 20 Mar 2024" in found.rate.why_missing
    nobody = retention_rate(shop, D, dt.date(2024, 3, 1), dt.date(2024, 3, 20))
    assert "no customers at the start" in nobody.rate.why_missing
    with pytest.raises(ValueError, match="before it starts"):
        retention_rate(shop, D, MARCH[1], MARCH[0])

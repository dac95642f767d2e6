"""The health of the orders: each fault put in by hand and found again."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.definitions import Definitions
from models.health import health
from shop import Flag

D = Definitions()


def test_flags_and_counts(order, shop_of):
    seen = health(
        shop_of(
            [
                order("a", "2024-01-01"),
                order("a", "2024-01-01", flags=Flag.DUPLICATE | Flag.GONE),
                order("b", "2024-01-02", flags=Flag.CANCELLED | Flag.REFUNDED),
                order(None, "2024-01-04", currency="EUR"),
            ]
        ),
        D,
    )
    flags = dict(zip(seen.flags.flag, seen.flags.orders, strict=True))
    assert flags == {
        "no_customer": 1,
        "cancelled": 1,
        "test": 0,
        "refunded": 1,
        "zero_value": 0,
        "duplicate": 1,
        "unpaid": 0,
        "gone": 0,
    }
    assert (seen.rows, seen.orders, seen.duplicates) == (4, 2, 1)
    assert (seen.without_customer.value, seen.without_customer.n) == (0.5, 2)
    assert seen.currencies.to_numpy().tolist() == [["USD", 3], ["EUR", 1]]


def test_days_without_orders(order, shop_of):
    rows = [
        order("a", "2024-01-01"),
        order("a", "2024-01-03"),
        order("b", "2024-01-03"),
        order("a", "2024-01-08"),
    ]
    seen = health(shop_of(rows), D)
    assert seen.days.orders.tolist() == [1, 0, 2, 0, 0, 0, 0, 1]
    assert seen.quiet_days == 5
    longest = seen.quiet.iloc[0]
    assert (longest["first"], longest["last"], longest["days"]) == (
        np.datetime64("2024-01-04"),
        np.datetime64("2024-01-07"),
        4,
    )


def test_outliers_are_listed_farthest_first(order, shop_of):
    rng = np.random.default_rng(1)
    amounts = rng.lognormal(3, 0.5, 500).round(2)
    rows = [order(f"c{i}", "2024-01-01", float(v)) for i, v in enumerate(amounts)]
    rows += [
        order("big", "2024-01-02", 90_000, order_id="typo"),
        order("small", "2024-01-03", 0.01, order_id="cent"),
    ]
    seen = health(shop_of([*rows, order("free", "2024-01-04", 0)]), D)
    assert seen.outlier_count == 2
    assert seen.outliers.order_id.tolist() == ["typo", "cent"]
    # The bounds of a lognormal(3, .5): exp(3 +- 5 * .5) = 1.65 and 245, give or take the sample.
    assert seen.low == pytest.approx(1.65, rel=0.35)
    assert seen.high == pytest.approx(245, rel=0.35)


def test_equal_amounts_have_no_outliers(order, shop_of):
    seen = health(shop_of([order("a", f"2024-01-0{i}", 10) for i in range(1, 8)]), D)
    assert (seen.outlier_count, len(seen.outliers)) == (0, 0)


def test_equal_orders_of_one_day_are_counted_as_groups(order, shop_of):
    rows = [order("a", "2024-01-01", 9), order("a", "2024-01-01", 9), order("a", "2024-01-01", 8)]
    rows += [order("b", "2024-01-01", 9), order(None, "2024-01-01", 9), order(None, "2024-01-01", 9)]
    seen = health(shop_of(rows), D)
    assert (seen.groups, seen.repeated_orders) == (1, 2)


def test_cdnow(cdnow_master):
    seen = health(cdnow_master, D)
    # truths.md: 69,659 rows, 80 of value 0, every one with a customer.
    assert seen.rows == 69_659
    assert int(seen.flags.orders[seen.flags.flag == "zero_value"].item()) == 80
    assert (seen.without_customer.value, seen.without_customer.n) == (0.0, 69_659)
    assert (seen.first, seen.last) == (dt.date(1997, 1, 1), dt.date(1998, 6, 30))
    assert seen.days.orders.sum() == 69_659

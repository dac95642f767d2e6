"""The repeat rate of a fixed window."""

from __future__ import annotations

import datetime as dt

import pytest

from models.definitions import Definitions
from models.repeat import within

D = Definitions()


def test_cdnow(cdnow_master):
    # truths.md: 10,810 of 23,570 = 45.9% (45.3-46.4)
    found = within(cdnow_master, D, months=12)
    assert found.customers == 23_570
    assert found.rate.n == 23_570
    assert found.rate.value * found.rate.n == pytest.approx(10_810, abs=1e-6)
    assert (round(found.rate.low, 3), round(found.rate.high, 3)) == (0.453, 0.464)


def test_the_same_day_a_year_later_still_counts(order, shop_of):
    rows = [
        order("a", "2023-01-15"),
        order("a", "2024-01-15"),  # counts
        order("b", "2023-01-15"),
        order("b", "2024-01-16"),  # a day late
        order("c", "2023-01-15"),
        order("c", "2023-01-15"),  # one purchase: the same day
        order("d", "2024-03-02"),  # won too late to be asked
        order("d", "2024-03-03"),
        order(None, "2025-03-01"),
    ]
    found = within(shop_of(rows), D, months=12)
    assert (found.customers, found.rate.n, found.rate.value) == (4, 3, pytest.approx(1 / 3))
    seen = within(shop_of([*rows, order(None, "2025-03-02")]), D, months=12)
    assert (seen.rate.n, seen.rate.value) == (4, 0.5)


def test_a_later_purchase_does_not_hide_the_earlier_one(order, shop_of):
    rows = [order("a", "2023-01-15"), order("a", "2023-02-01"), order("a", "2024-12-31")]
    assert within(shop_of(rows), D, months=12).rate.value == 1.0


def test_too_young_says_from_when(order, shop_of):
    found = within(shop_of([order("a", "2024-02-29"), order("a", "2024-05-01")]), D, months=12)
    assert not found.rate.known
    assert "Not known before 28 Feb 2025" in found.rate.why_missing


def test_later_orders_change_nothing_that_was_known(order, shop_of):
    rows = [order("a", "2023-01-15"), order("a", "2023-02-01"), order("b", "2023-01-20")]
    end = dt.date(2023, 12, 31)
    before = within(shop_of(rows), D.but(observed_until=end), months=3)
    after = within(shop_of([*rows, order("b", "2024-02-01")]), D.but(observed_until=end), months=3)
    assert before == after

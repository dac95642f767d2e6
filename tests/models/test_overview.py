"""The overview's figures: counted by hand, and CDNOW's."""

from __future__ import annotations

import datetime as dt

import pytest

from models.cohorts import cohort_table, rolled_up
from models.definitions import Definitions
from models.overview import overview
from shop import Flag

D = Definitions()


def test_cdnow(cdnow_master):
    seen = overview(cdnow_master, D)
    # truths.md: 69,659 orders, 23,570 customers, $2,500,315.63; 45.9% (45.3-46.4) again within 12 months.
    assert (seen.customers, seen.orders, seen.guest_orders) == (23_570, 69_659, 0)
    assert seen.revenue == pytest.approx(2_500_315.63, abs=0.005)
    assert (round(seen.repeat.rate.low, 3), round(seen.repeat.rate.high, 3)) == (0.453, 0.464)
    assert seen.average_order.value == pytest.approx(2_500_315.63 / 69_659)
    assert (seen.first, seen.last) == (dt.date(1997, 1, 1), dt.date(1998, 6, 30))
    # Everybody was won by March 1997: what came later came from returning customers.
    assert seen.by_month.new[3:].eq(0).all()
    assert seen.by_month.customers.sum() == 23_570
    assert seen.shorter is None
    assert seen.trends["repeat"].points.n.sum() == 23_570


def test_month_three_is_that_of_the_cohort_table(cdnow_master):
    pooled = rolled_up(cohort_table(cdnow_master, D)).set_index("age").loc[3]
    month3 = overview(cdnow_master, D).month3
    assert (month3.value, month3.n) == (pytest.approx(pooled.value), pooled.n)


@pytest.fixture
def small(order, shop_of):
    return shop_of(
        [
            order("a", "2024-01-05", 10),
            order("a", "2024-01-25", 20),
            order("a", "2024-02-05", 40),
            order("b", "2024-02-10", 7),
            order("a", "2024-03-01", -15, flags=Flag.CANCELLED),
            order(None, "2024-03-05", 3),
            order("a", "2024-04-30", 5),
            order("z", "2024-04-30", -1, flags=Flag.CANCELLED),  # bought before the export begins
        ]
    )


def test_revenue_of_new_and_returning(small):
    seen = overview(small, D)
    rows = seen.by_month[["customers", "new", "returning", "guests"]].to_numpy().tolist()
    assert rows == [[1, 30, 0, 0], [1, 7, 40, 0], [0, 0, -15, 3], [0, 0, 4, 0]]
    assert seen.revenue == 69
    assert (seen.customers, seen.orders, seen.guest_orders) == (2, 6, 1)


def test_month_three_counts_only_cohorts_observed_through_it(small):
    month3 = overview(small, D).month3  # January's, whose April is over; not February's
    assert (month3.value, month3.n) == (1.0, 1)


def test_young_shop_says_when_and_offers_a_shorter_window(small):
    seen = overview(small, D)
    assert not seen.repeat.rate.known
    assert "5 Jan 2025" in seen.repeat.rate.why_missing
    assert seen.shorter is not None
    assert (seen.shorter.months, seen.shorter.rate.n, seen.shorter.rate.value) == (3, 1, 1.0)
    assert seen.shorter.customers == 2


def test_average_order_of_few_says_why(small):
    average = overview(small, D).average_order
    assert not average.known
    assert "Only 6 orders" in average.why_missing


def test_average_order_leaves_credit_notes_out(order, shop_of):
    rows = [order("a", "2024-01-05", 10) for _ in range(30)] + [order(None, "2024-01-06", 40)] * 30
    rows += [order("a", "2024-01-07", -100, flags=Flag.CANCELLED)]
    seen = overview(shop_of(rows), D)
    assert (seen.average_order.value, seen.average_order.n) == (25.0, 60)
    assert seen.revenue == 30 * 10 + 30 * 40 - 100


def test_trends_go_by_quarter_where_months_are_small_and_show_complete_ones_only(order, shop_of):
    # Two customers a month from January to December 2023, observed until the end of March 2024.
    rows = [order(f"{m}{i}", f"2023-{m:02}-10", 10) for m in range(1, 13) for i in range(2)]
    rows += [order("30", "2023-06-20"), order(None, "2024-03-31")]
    seen = overview(shop_of(rows), D)
    month3 = seen.trends["month3"]
    assert month3.period == "quarter"
    # The last quarter's December is three months old on 31 March.
    assert [c.month for c in month3.points.cohort] == [1, 4, 7, 10]
    assert month3.points.value.tolist() == [1 / 6, 0, 0, 0]
    assert [c.month for c in seen.trends["repeat"].points.cohort] == [1]


def test_shop_without_customers(order, shop_of):
    seen = overview(shop_of([order(None, "2024-01-05", 4), order(None, "2024-03-05", 6)]), D)
    assert (seen.customers, seen.orders, seen.revenue) == (0, 2, 10)
    assert "names its customer" in seen.repeat.rate.why_missing
    assert seen.by_month.guests.tolist() == [4, 0, 6]
    assert not seen.month3.known

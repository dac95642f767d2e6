"""Purchases and histories: hand-made shops counted by hand, and the published counts of CDNOW."""

from __future__ import annotations

import datetime as dt

import ibis
import pytest

from data.tables import ORDERS
from models import cohort_sums, repeat
from models import purchases as p
from models.definitions import Definitions
from shop import Flag, Shop

D = Definitions()


def _frame(table, *by):
    return table.order_by(list(by)).execute()


def test_orders_of_one_day_are_one_purchase(order, shop_of):
    shop = shop_of([order("a", "2024-01-01", 5), order("a", "2024-01-01", 7), order("a", "2024-01-03", 2)])
    days = _frame(p.purchases(shop, D), "day")
    assert days["orders"].tolist() == [2, 1]
    assert days["value"].tolist() == [12.0, 2.0]


def test_history_counted_by_hand(order, shop_of):
    shop = shop_of(
        [
            order("a", "2024-01-01", 5),
            order("a", "2024-01-11", 10),
            order("a", "2024-01-31", 20),
            order("b", "2024-01-21", 8),
            order(None, "2024-02-10", 3),
        ]
    )
    each = _frame(p.histories(shop, D), "customer").set_index("customer")
    assert each.loc["a", ["frequency", "recency", "T", "monetary_value"]].tolist() == [2, 30, 40, 15.0]
    # b bought once: no repeat purchase to average; T runs to the guest's order, the last ordered day.
    assert each.loc["b", ["frequency", "recency", "T", "monetary_value"]].tolist() == [0, 0, 20, 0.0]


def test_until_sees_nothing_that_came_later(order, shop_of):
    rows = [
        order("a", "2024-01-01"),
        order("a", "2024-01-11"),
        order("b", "2024-02-01"),
        order("a", "2024-03-01"),
    ]
    cut = dt.date(2024, 1, 20)
    whole = _frame(p.histories(shop_of(rows), D, until=cut), "customer")
    past = _frame(p.histories(shop_of(rows[:2]), D.but(observed_until=cut)), "customer")
    assert whole.equals(past)


@pytest.mark.parametrize(
    ("flag", "choice"),
    [
        (Flag.CANCELLED, "include_cancelled"),
        (Flag.TEST, "include_test"),
        (Flag.UNPAID, "include_unpaid"),
    ],
)
def test_flagged_orders_count_only_when_chosen(order, shop_of, flag, choice):
    shop = shop_of([order("a", "2024-01-01"), order("a", "2024-01-02", flags=flag)])
    assert p.counted(shop, D).count().execute() == 1
    assert p.counted(shop, D.but(**{choice: True})).count().execute() == 2


@pytest.mark.parametrize(
    ("flag", "choice"), [(Flag.ZERO_VALUE, "include_zero_value"), (Flag.GONE, "include_gone")]
)
def test_flagged_orders_count_until_excluded(order, shop_of, flag, choice):
    shop = shop_of([order("a", "2024-01-01"), order("a", "2024-01-02", 0, flags=flag)])
    assert p.counted(shop, D).count().execute() == 2
    assert p.counted(shop, D.but(**{choice: False})).count().execute() == 1


def test_duplicates_never_count_twice(order, shop_of):
    shop = shop_of([order("a", "2024-01-01", 9), order("a", "2024-01-01", 9, flags=Flag.DUPLICATE)])
    assert p.purchases(shop, D).value.sum().execute() == 9.0


@pytest.mark.parametrize(
    ("refunds", "values"),
    [("subtract", [60.0, 0.0, 50.0]), ("ignore", [100.0, 40.0, 50.0]), ("exclude", [60.0, 50.0])],
)
def test_refunds(order, shop_of, refunds, values):
    shop = shop_of(
        [
            order("a", "2024-01-01", 100, refunded=40, flags=Flag.REFUNDED),
            # Shipping was paid back too: more than the goods, but the value does not sink below zero.
            order("a", "2024-01-02", 40, refunded=45, flags=Flag.REFUNDED),
            order("a", "2024-01-03", 50, refunded=None),
        ]
    )
    days = _frame(p.purchases(shop, D.but(refunds=refunds)), "day")
    assert days["value"].tolist() == values


def test_credit_note_is_no_purchase_but_its_money_comes_off_on_its_own_day(order, shop_of):
    shop = shop_of(
        [
            order("a", "2024-01-01", 100),
            order("a", "2024-01-05", -100, flags=Flag.CANCELLED),
            order("a", "2024-01-09", 30),
            order("a", "2024-01-09", -10, flags=Flag.CANCELLED),
        ]
    )
    days = _frame(p.purchases(shop, D), "day")
    assert days["value"].tolist() == [100.0, 20.0]
    assert p.money(shop, D).value.sum().execute() == 20.0
    assert p.money(shop, D.but(refunds="ignore")).value.sum().execute() == 130.0
    assert p.counted(shop, D.but(include_cancelled=True)).count().execute() == 2


def test_revenue_bases(order, shop_of):
    shop = shop_of([order("a", "2024-01-01", 80, gross=100, discount=20)])

    def total(d):
        return p.money(shop, d).value.sum().execute()

    assert total(D.but(revenue="gross")) == 100.0
    assert total(D) == 80.0
    assert total(D.but(revenue="margin", margin=0.25)) == 20.0


def test_guests_are_in_revenue_and_in_no_customer_figure(order, shop_of):
    shop = shop_of([order("a", "2024-01-01", 5), order(None, "2024-01-01", 7)])
    assert p.counted(shop, D).value.sum().execute() == 12.0
    assert p.histories(shop, D).count().execute() == 1


def test_span_is_inclusive(order, shop_of):
    shop = shop_of([order("a", f"2024-01-0{i}") for i in range(1, 8)])
    d = D.but(observed_from=dt.date(2024, 1, 2), observed_until=dt.date(2024, 1, 5))
    assert p.purchases(shop, d).count().execute() == 4
    assert p.observed(shop, d) == (dt.date(2024, 1, 2), dt.date(2024, 1, 5))
    assert p.observed(shop, D) == (dt.date(2024, 1, 1), dt.date(2024, 1, 7))


def test_empty_shop_says_what_to_do(order, shop_of):
    shop = shop_of([order("a", "2024-01-01")])
    empty = type(shop)("e", "empty", shop.orders.filter(shop.orders.net > 1e6))
    with pytest.raises(p.NoOrders, match="holds no orders yet"):
        p.histories(empty, D)


def test_cdnow_master(cdnow_master):
    # truths.md / Fader and Hardie: 23,570 customers and $2,500,315.63.
    days = p.purchases(cdnow_master, D)
    assert days.customer.nunique().execute() == 23_570
    assert days.value.sum().execute() == pytest.approx(2_500_315.63, abs=0.005)
    assert p.observed(cdnow_master, D) == (dt.date(1997, 1, 1), dt.date(1998, 6, 30))


def test_cdnow_sample_calibration(cdnow_sample):
    # Fader, Hardie and Lee (2005): 2,357 customers, 2,457 repeat transactions to 30 Sep 1997, 1,411
    # with none.
    until = dt.date(1997, 9, 30)
    counts = p.history_counts(cdnow_sample, D, until=until)
    assert counts.customers.sum() == 2_357
    assert (counts.customers * counts.frequency).sum() == 2_457
    assert counts.customers[counts.frequency == 0].sum() == 1_411
    # The counts are the histories, grouped.
    each = p.histories(cdnow_sample, D, until=until).execute()
    assert (each["T"] == (pd_days(until) - each.first_day.map(pd_days))).all()
    assert each.frequency.gt(0).sum() == 946


def test_online_retail_money_balances_with_its_credit_notes(online_retail):
    # truths.md: 25,900 invoices, 3,836 of them cancellations, 4,372 customers, 9,747,747.934 in all.
    shop = online_retail
    assert p.money(shop, D).count().execute() == 25_900
    assert p.money(shop, D).value.sum().execute() == pytest.approx(9_747_747.934, abs=1)
    # A credit note is no order; nor are two adjustments of bad debt and what was written off at no price.
    assert p.counted(shop, D).filter(lambda t: t.order_id.startswith("C")).count().execute() == 0
    assert p.money(shop, D).customer.nunique().execute() == 4_372
    # 33 customers have nothing but cancellations.
    assert p.histories(shop, D).count().execute() == 4_339


def test_expressions_also_compile_for_postgresql():
    kinds = {"text": "string", "time": "timestamp", "date": "date", "money": "decimal(18,4)"}
    kinds |= {"number": "float64", "integer": "int64", "flags": "int32"}
    orders = ibis.table({c.name: kinds[c.kind] for c in ORDERS}, name="orders")
    shop = Shop("unbound", "unbound", orders)
    d = D.but(observed_from=dt.date(2023, 1, 1), observed_until=dt.date(2023, 12, 31))
    rolling = d.but(clock="rolling", period="quarter")
    for table in (
        p.histories(shop, d),
        repeat.second_days(shop, d),
        cohort_sums.retention(shop, d, None),
        cohort_sums.retention(shop, rolling, None),
        cohort_sums.cumulative(shop, d, None, "revenue"),
    ):
        assert '"ordered_on"' in ibis.to_sql(table, dialect="postgres")


def pd_days(day) -> int:
    return (day.date() if isinstance(day, dt.datetime) else day).toordinal()

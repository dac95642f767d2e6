"""What cannot be computed is said, and no score is made from nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.churn import backtest, churn
from models.churn_bare import wrap
from models.definitions import Definitions
from models.order_chance import order_chances, without_test

START = dt.date(2022, 1, 1)


def regular(order, customers: int, every: int, days: int, stop: int | None = None, **more):
    """`customers` who order every so many days, until `stop`."""
    return [
        order(f"c{c}", (START + dt.timedelta(days=at)).isoformat(), **more)
        for c in range(customers)
        for at in range(c % every, days if stop is None else stop, every)
    ]


def test_two_customers(order, shop_of) -> None:
    shop = shop_of(regular(order, 2, 20, 400))
    definitions = Definitions(churn_horizon_days=150)
    said = churn(shop, definitions)
    assert any("could not be used" in note for note in said.notes)
    # No page gets a score of so few, tested or not.
    for known in (said, None):
        with pytest.raises(ValueError, match="Only 2 customers have bought within the last 365 days"):
            order_chances(shop, definitions, churn=known)
    with pytest.raises(ValueError, match="Only 2 customers have bought"):
        order_chances(shop_of(regular(order, 2, 20, 100)), Definitions(churn_horizon_days=80))


def test_many_of_whom_few_are_active(order, shop_of) -> None:
    shop = shop_of([*regular(order, 40, 10, 60), *regular(order, 20, 10, 300)])
    assert len(without_test(shop, Definitions(), 60, "").chance) == 40
    with pytest.raises(ValueError, match="Only 20 customers have bought within the last 100 days"):
        without_test(shop, Definitions(at_risk_days=100), 60, "")


def test_one_customer_who_bought_once_gets_no_score(order, shop_of) -> None:
    with pytest.raises(ValueError, match=r".*\."):
        order_chances(shop_of([order("a", "2022-01-01")]), Definitions(churn_horizon_days=30))


def test_everybody_stays(order, shop_of) -> None:
    shop = shop_of(regular(order, 60, 10, 400))
    found = churn(shop, Definitions(churn_horizon_days=150))
    assert found.title == "BG/NBD"
    assert "No classifier" in found.sentence
    assert not found.days[0].contenders[0].measures.auc.known


def test_everybody_has_left(order, shop_of) -> None:
    rows = regular(order, 60, 10, 400, stop=60)
    shop = shop_of(rows)
    definitions = Definitions(churn_horizon_days=60, observed_until=START + dt.timedelta(days=160))
    found = order_chances(shop, definitions)
    assert found.model == "BG/NBD"
    assert found.chance.max() < 0.2
    assert "No classifier" in found.why


def test_a_horizon_longer_than_the_data_is_refused(order, shop_of) -> None:
    shop = shop_of(regular(order, 40, 10, 100))
    for ask in (churn, order_chances):
        with pytest.raises(ValueError, match="as long as the orders"):
            ask(shop, Definitions(churn_horizon_days=200))


def test_where_no_test_is_possible_bg_nbd_is_used_and_says_so(order, shop_of) -> None:
    shop = shop_of(regular(order, 40, 10, 100))
    definitions = Definitions(churn_horizon_days=60)
    with pytest.raises(ValueError, match="Choose a shorter horizon"):
        churn(shop, definitions)
    found = order_chances(shop, definitions)
    assert found.model == "BG/NBD"
    assert "untested" in found.why
    assert found.reasons(np.array([0])).groups == ("recency", "frequency", "age")


def test_orders_in_the_future_are_refused(order, shop_of) -> None:
    shop = shop_of([*regular(order, 40, 10, 300), order("c1", "2199-01-01")])
    for ask in (churn, order_chances):
        with pytest.raises(ValueError, match="in the future"):
            ask(shop, Definitions(churn_horizon_days=30))


def test_ten_thousand_products_and_a_constant(order, shop_of) -> None:
    rng = np.random.default_rng(3)
    rows = []
    for c in range(400):
        at = float(rng.integers(0, 60))
        while at < 160:
            product = f"p{rng.integers(10_000)}"
            on = (START + dt.timedelta(days=int(at))).isoformat()
            rows.append(order(f"c{c}", on, channel="web", first_product=product))
            at += rng.exponential(40)
    found = churn(shop_of(rows), Definitions(churn_horizon_days=60))
    assert len(found.score.chance) == len({row["customer"] for row in rows})
    assert any("first_channel" in note and "same value" in note for note in found.notes)


def test_missing_columns_are_named(order, shop_of) -> None:
    orders = shop_of(regular(order, 40, 10, 300)).orders
    with pytest.raises(ValueError, match="lack net"):
        wrap(orders.drop("net"))
    with pytest.raises(ValueError, match="lack customer and net"):
        backtest(orders.drop("net", "customer"), 30, [START])
    bare = backtest(orders.select("customer", "ordered_at", "net"), 30, [START + dt.timedelta(days=200)])
    assert len(bare)


def test_days_that_cannot_be_tried_are_named(order, shop_of) -> None:
    orders = shop_of(regular(order, 40, 10, 300)).orders
    with pytest.raises(ValueError, match="not known yet"):
        backtest(orders, 30, [START + dt.timedelta(days=290)])
    with pytest.raises(ValueError, match="no earlier day"):
        backtest(orders, 30, [START + dt.timedelta(days=20)])
    with pytest.raises(ValueError, match="at least one"):
        backtest(orders, 30, [])

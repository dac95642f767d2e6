"""Which orders are one customer's, under each rule."""

from __future__ import annotations

import pytest

from models import purchases as p
from models.definitions import Definitions
from models.identity import effect

D = Definitions()


def _customers(shop, rule) -> list[set[str]]:
    """Order numbers by customer, sorted; orders without one are left out."""
    orders = p.counted(shop, D.but(identity=rule)).select("order_id", "customer").execute().dropna()
    return sorted((set(g) for _, g in orders.groupby("customer").order_id), key=min)


@pytest.fixture
def shop(order, shop_of):
    rows = [
        # One person with two e-mails, and a second number that shares one of them.
        order("1", "2024-01-01", order_id="a", email="ann@x.org", name="Ann"),
        order("1", "2024-01-02", order_id="b", email="ann@work.org", name="ann "),
        order("2", "2024-01-03", order_id="c", email="ann@work.org", name="Ann B."),
        # The number was lost, the e-mail tells.
        order("ann@x.org", "2024-01-04", order_id="d", customer_id=None, email="ann@x.org"),
        # A number that nothing ties to another, with and without its e-mail.
        order("3", "2024-01-05", order_id="e", email="bob@x.org", name="Bob"),
        order("3", "2024-01-06", order_id="f"),
        order("bob@x.org", "2024-01-07", order_id="g", customer_id=None, email="bob@x.org"),
        # Known by an e-mail alone.
        order("eve@x.org", "2024-01-08", order_id="h", customer_id=None, email="eve@x.org"),
        order(None, "2024-01-09", order_id="i"),
    ]
    return shop_of(rows)


@pytest.mark.parametrize(
    ("rule", "customers"),
    [
        ("default", [{"a", "b"}, {"c"}, {"d"}, {"e", "f"}, {"g"}, {"h"}]),
        ("customer_id", [{"a", "b"}, {"c"}, {"e", "f"}]),
        ("email", [{"a", "d"}, {"b", "c"}, {"e", "g"}, {"h"}]),
        ("name", [{"a", "b"}, {"c"}, {"e"}]),
        ("merged", [{"a", "b", "c", "d"}, {"e", "f", "g"}, {"h"}]),
    ],
)
def test_rules(shop, rule, customers):
    assert _customers(shop, rule) == customers


def test_merged_follows_long_chains(order, shop_of):
    # 0-1-2-...-40 each share an e-mail with the next; 100 stands alone.
    rows = [
        order(str(i), "2024-01-01", order_id=f"{i}:{j}", email=f"m{j}@x.org")
        for i in range(41)
        for j in (i, i + 1)
    ]
    rows.append(order("100", "2024-01-01", order_id="z", email="z@x.org"))
    found = _customers(shop_of(rows), "merged")
    assert sorted(len(group) for group in found) == [1, 82]


def test_merged_keeps_every_order_once(shop):
    rows = p.counted(shop, D.but(identity="merged"))
    assert rows.count().execute() == 9
    assert rows.order_id.nunique().execute() == 9


def test_effect_of_each_rule(order, shop_of):
    # Under "default" nobody returns; the e-mail knows that 1 and 2 are one person, who came back.
    shop = shop_of(
        [
            order("1", "2023-01-01", email="a@x.org"),
            order("2", "2023-06-01", email="a@x.org"),
            order(None, "2024-12-31"),
        ]
    )
    found = {e.rule: e for e in effect(shop, D)}
    assert (found["default"].customers, found["default"].repeat_rate.value) == (2, 0.0)
    assert (found["email"].customers, found["email"].repeat_rate.value) == (1, 1.0)
    assert (found["merged"].customers, found["merged"].repeat_rate.value) == (1, 1.0)
    assert (found["name"].customers, found["name"].orders_without_customer) == (0, 3)
    assert "names its customer" in found["name"].repeat_rate.why_missing

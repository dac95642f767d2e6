"""One customer's card: what is recorded by hand, the rank among all, answers, and when the next order is due."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from models.btyd.families import BG_NBD
from models.customer_card import NOT_WITHIN, card
from models.definitions import Definitions
from models.order_chance import order_chances
from models.segments import NAMES, segments

DEFINITIONS = Definitions()


@pytest.fixture(scope="module")
def thirty(order, shop_of):
    """30 customers; customer i pays 10 + i on day i; c07 also three times 100, twice on one day; answers of c07 by key,
    of c07's order under another key, and of c08."""
    rows = [
        order(f"c{i:02}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i)), 10.0 + i, order_id=f"n{i}")
        for i in range(30)
    ]
    rows += [
        order("c07", "2024-03-01", 100.0, order_id="x1"),
        order("c07", "2024-03-01", 100.0, order_id="x2"),
    ]
    rows += [order("c07", "2024-06-01", 100.0, order_id="x3"), order(None, "2024-08-01", order_id="g")]
    shop = shop_of(rows)
    connection = shop.orders.get_backend()
    connection.raw_sql(
        "CREATE TABLE surveys AS SELECT * FROM (VALUES "
        "(TIMESTAMP '2024-03-09 10:00:00', 'c07', NULL, 'NPS', 'q', 9.0, '0-10', 'good'), "
        "(TIMESTAMP '2024-06-09 10:00:00', 'other key', 'x3', 'CSAT', 'q', 2.0, '1-5', 'late'), "
        "(TIMESTAMP '2024-06-10 10:00:00', 'c07', 'n8', 'CSAT', 'q', 1.0, '1-5', 'not theirs'), "
        "(TIMESTAMP '2024-06-11 10:00:00', 'c08', NULL, 'NPS', 'q', 1.0, '0-10', 'no')"
        ") AS s(answered_at, customer, order_id, kind, question, score, scale, comment)"
    )
    return dataclasses.replace(shop, surveys=connection.table("surveys"))


@pytest.fixture(scope="module")
def grouped(thirty):
    chances = order_chances(thirty, DEFINITIONS)
    return segments(thirty, DEFINITIONS, chances=chances), chances


@pytest.fixture(scope="module")
def seven(thirty, grouped):
    return card(thirty, DEFINITIONS, customer="c07", segments=grouped[0], chances=grouped[1])


def test_what_is_recorded(seven) -> None:
    assert seven.customer == "c07"
    assert (seven.total, seven.orders) == (317.0, 4)
    assert (seven.first, seven.last, seven.end) == (
        dt.date(2024, 1, 8),
        dt.date(2024, 6, 1),
        dt.date(2024, 8, 1),
    )
    assert seven.timeline.bought.value.tolist() == [17.0, 200.0, 100.0]


def test_the_answers_are_the_customers_own(seven) -> None:
    """By the order where one is named: it is the customer's under any rule of who is one."""
    assert seven.answers.comment.tolist() == ["good", "late"]
    assert seven.answers.score.tolist() == [9.0, 2.0]


def test_rank_and_group(seven, thirty, grouped) -> None:
    assert (seven.rank.place, seven.rank.of) == (1, 30)
    assert (seven.rank.recency, seven.rank.frequency, seven.rank.money) == (5, 5, 5)
    assert seven.rank.group == "CHAMPIONS"
    # c29 paid 39, the most of all others; c00 the least.
    for key, place in (("c29", 2), ("c00", 30)):
        assert (
            card(thirty, DEFINITIONS, customer=key, segments=grouped[0], chances=grouped[1]).rank.place
            == place
        )
    assert set(NAMES) >= {seven.rank.group}


def test_the_next_order_is_the_models(seven, grouped) -> None:
    """x = 2, t = 145, T = 206 days: the median solves P(alive) [1 - ((alpha + T) / (alpha + T + d))^(r + x)] = 1/2."""
    found, chances = grouped
    r, alpha, _, _ = found.parameters
    alive = float(
        BG_NBD.probability_alive(found.parameters, np.array([2]), np.array([145.0]), np.array([206.0]))[0]
    )
    ahead = seven.next
    assert ahead.within == chances.chance[7]
    if np.isfinite(ahead.median):
        bought = alive * (1 - ((alpha + 206) / (alpha + 206 + ahead.median)) ** (r + 2))
        assert bought == pytest.approx(0.5, rel=1e-9)
    never = 1 - alive * (1 - ((alpha + 206) / (alpha + 206 + NOT_WITHIN)) ** (r + 2))
    assert ahead.never == pytest.approx(never, rel=1e-9)
    assert seven.timeline.days.alive.iloc[-1] == pytest.approx(alive)
    assert ahead.low < ahead.median <= ahead.high


def test_without_groups_the_record_remains(thirty) -> None:
    found = card(thirty, DEFINITIONS, customer="c07")
    assert found.total == 317.0
    assert found.rank is None
    assert found.next is None
    assert not len(found.timeline.days)


def test_a_part_of_a_key_and_nobody(thirty, grouped) -> None:
    several = card(thirty, DEFINITIONS, customer="c0", segments=grouped[0], chances=grouped[1])
    assert several.customer is None
    assert several.timeline.similar == ("c00", "c01", "c02", "c03", "c04", "c05")
    nobody = card(thirty, DEFINITIONS, customer="zoe", segments=grouped[0], chances=grouped[1])
    assert nobody.customer is None
    assert nobody.timeline.similar == ()

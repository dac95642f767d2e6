"""What to look at next: found where it was put, silent where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.definitions import Definitions
from models.looks import next_looks
from models.overview import overview

D = Definitions()


def _looks(shop):
    return next_looks(shop, D, overview(shop, D), most=10)


def _won(order, month: str, number: int, back: int, **first):
    """`number` customers won in `month`, `back` of them buying again 40 days later."""
    rows = [order(f"{month}:{i}{first}", f"{month}-10", 20, **first) for i in range(number)]
    later = str(np.datetime64(f"{month}-10") + 40)
    return rows + [order(f"{month}:{i}{first}", later, 20) for i in range(back)]


def test_finds_the_cohort_that_fell(order, shop_of):
    rows = [
        *_won(order, "2022-01", 400, 160),
        *_won(order, "2022-02", 400, 160),
        *_won(order, "2022-03", 400, 60),
    ]
    found = _looks(shop_of([*rows, order(None, "2024-01-31")]))
    assert found[0].kind == "cohort_down"
    assert "Mar 2022" in found[0].sentence
    assert found[0].figures["late"].value == 0.15
    assert found[0].figures["early"].value == 0.4


def test_says_so_where_nothing_differs(order, shop_of):
    rows = [row for m in ("2022-01", "2022-02", "2022-03") for row in _won(order, m, 100, 20)]
    found = _looks(shop_of([*rows, order(None, "2024-01-31")]))
    assert [look.kind for look in found] == ["nothing"]


def test_young_shop_is_told_when(order, shop_of):
    found = _looks(shop_of([order("a", "2024-01-05"), order("b", "2024-01-20")]))
    assert [look.kind for look in found] == ["too_young"]
    assert "5 Jan 2025" in found[0].sentence


def test_guests(order, shop_of):
    rows = [*_won(order, "2022-01", 100, 20), *[order(None, "2022-02-01", 20) for _ in range(80)]]
    found = _looks(shop_of([*rows, order(None, "2024-01-31")]))
    # 81 of 201 orders
    assert {look.kind: look.page for look in found} == {"guests": "data"}
    assert found[0].figures["share"].value == pytest.approx(81 / 201)


def test_finds_the_split_that_was_put_in(order, shop_of):
    rows = _won(order, "2022-01", 300, 150, channel="shop") + _won(order, "2022-01", 300, 60, channel="web")
    found = {look.kind: look for look in _looks(shop_of([*rows, order(None, "2024-01-31")]))}
    best, worst = found["split_channel"].figures["best"], found["split_channel"].figures["worst"]
    assert (best.value, best.n, worst.value, worst.n) == (0.5, 300, 0.2, 300)
    assert "split_country" not in found


def test_one_time_buyers_at_the_age_of_second_orders(order, shop_of):
    # 200 old customers, 80 of whom ordered again after 40 days; 30 are 40 days old now and have not.
    rows = [*_won(order, "2022-01", 200, 80)]
    rows += [order(f"new{i}", "2024-01-10", 20) for i in range(30)]
    found = {look.kind: look for look in _looks(shop_of([*rows, order("x", "2024-02-19", 20)]))}
    due = found["due"]
    assert "30 customers" in due.sentence
    assert (due.figures["chance"].value, due.figures["chance"].n) == (0.4, 200)


def test_ranked_by_money(order, shop_of):
    rows = _won(order, "2022-01", 300, 150, channel="shop") + _won(order, "2022-01", 300, 60, channel="web")
    rows += _won(order, "2022-03", 300, 240, channel="shop")
    found = _looks(shop_of([*rows, order(None, "2024-01-31")]))
    effects = [look.effect for look in found]
    assert len(effects) > 1
    assert effects == sorted(effects, reverse=True)

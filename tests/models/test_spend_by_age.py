"""Spend by age: plain pandas on CDNOW, and shops whose truth about the third year is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.definitions import Definitions
from models.spend_by_age import FACTOR, _People, _saying, ends, spend_by_age

D = Definitions()
START = dt.date(2020, 1, 1)


def on(days: float) -> str:
    return str(START + dt.timedelta(days=int(days)))


def test_half_years_meet_without_a_gap() -> None:
    assert [ends(k) for k in range(5)] == [0, 183, 365, 548, 730]
    for day in range(1000):
        k = day * 2 // 365
        assert ends(k) <= day < ends(k + 1)


def test_cdnow_by_plain_pandas(cdnow_master, shared_data: Path) -> None:
    found = spend_by_age(cdnow_master, D)
    rows = pd.read_csv(shared_data / "cdnow" / "cdnow_master.csv.gz", parse_dates=["date"])
    age = (rows.date - rows.groupby("customer_id").date.transform("min")).dt.days
    first = rows[age <= 182].groupby("customer_id").value.sum()
    second = rows[(age >= 183) & (age <= 364)]
    everybody = rows.customer_id.nunique()
    stayed = rows.customer_id[age >= 183].unique()
    assert [a.number for a in found.ages] == [0, 1]
    one = found.ages[1]
    assert (one.customers, one.survivors) == (everybody, len(stayed)) == (23_570, len(stayed))
    assert one.spend_everyone.value == pytest.approx(second.value.sum() / everybody)
    assert one.spend_survivors.value == pytest.approx(second.value.sum() / len(stayed))
    assert one.orders_everyone.value == pytest.approx(2 * len(second) / everybody)
    assert one.order_value.value == pytest.approx(second.value.mean())
    saying = found.saying
    assert not saying.whole
    assert saying.everyone.value == pytest.approx(second.value.sum() / first.sum())
    assert saying.own.value == pytest.approx(second.value.sum() / first.loc[stayed].sum())
    assert saying.stayed.value == pytest.approx(one.spend_survivors.value / (first.sum() / everybody))
    assert saying.stayed.value == pytest.approx(saying.own.value * saying.advantage.value)


def shop(order, shop_of, *, growth: float, stay: float, customers: int = 400, seed: int = 2):
    """Each buys twice in every half-year as long as he stays: a share `stay` for three years, the rest for the first half-year.
    Amounts around 10; those of the third year times `growth`."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        day, stays = rng.integers(0, 90), i < stay * customers
        for k in range(6 if stays else 1):
            for within in (0, 90):
                amount = 10 * rng.lognormal(0, 0.4) * (growth if k >= 4 else 1)
                rows.append(order(f"c{i}", on(day + ends(k) + within), round(float(amount), 2)))
    return shop_of([*rows, order("close", on(1300))])


def test_growth_that_is_real_is_seen_like_for_like(order, shop_of) -> None:
    saying = spend_by_age(shop(order, shop_of, growth=FACTOR, stay=0.5), D).saying
    assert saying.whole
    assert saying.own.low <= FACTOR <= saying.own.high
    assert saying.own.high - saying.own.low < 0.4
    # Half of them stopped: what the shop gets is half of it.
    assert saying.everyone.low <= FACTOR / 2 <= saying.everyone.high
    assert saying.advantage.low <= 1 <= saying.advantage.high


def test_survivorship_alone_is_not_taken_for_growth(order, shop_of) -> None:
    rng = np.random.default_rng(9)
    rows = []
    for i in range(600):
        # Big buyers stay, small ones leave after the first half-year; nobody's spend ever changes.
        big, day = i % 3 == 0, rng.integers(0, 60)
        rows += [order(f"c{i}", on(day + ends(k)), 60.0 if big else 20.0) for k in range(6 if big else 1)]
    saying = spend_by_age(shop_of([*rows, order("close", on(1300))]), D).saying
    assert saying.own.value == pytest.approx(1.0, abs=0.02)
    # 60 a half-year for those who stayed; at the start a third bring 60 and two thirds 20: 33.3 on the average.
    assert saying.stayed.value == pytest.approx(60 / (100 / 3), rel=0.03)
    assert saying.advantage.value == pytest.approx(1.8, rel=0.03)


def test_the_ratios_intervals_cover() -> None:
    rng = np.random.default_rng(6)
    hits = np.zeros(3)
    runs, n = 1500, 300
    for _ in range(runs):
        # Half stay; a customer's own level is lognormal, and those who stay spend 1.2 times as much from the start.
        stays = rng.random(n) < 0.5
        level = rng.lognormal(0, 0.7, n) * np.where(stays, 1.2, 1.0)
        money = [level * rng.lognormal(0, 0.3, n) * (1.0 if k == 0 else 1.5 * stays) for k in range(6)]
        people = _People(np.full(n, 1200), np.where(stays, 1100, 20), money, [np.ones(n)] * 6)
        found = _saying(people, 6, 0.9)
        truth = {"own": 1.5, "everyone": 0.5 * 1.2 * 1.5 / 1.1, "stayed": 1.2 * 1.5 / 1.1}
        hits += [
            getattr(found, name).low <= true <= getattr(found, name).high for name, true in truth.items()
        ]
    # 1500 runs at .9: two standard errors are .015; skewed amounts take a little.
    assert (hits / runs >= 0.87).all()
    assert (hits / runs <= 0.93).all()


def test_credit_notes_come_off_and_are_no_orders(order, shop_of) -> None:
    rows = [order(f"c{i}", on(0), 10.0) for i in range(40)]
    rows += [order(f"c{i}", on(200), 10.0) for i in range(40)] + [
        order("c0", on(210), -5.0),
        order("z", on(400)),
    ]
    ages = spend_by_age(shop_of(rows), D).ages
    assert ages[1].orders_everyone.value == 2
    assert ages[1].spend_everyone.value == pytest.approx((400 - 5) / 40)


def test_young_tiny_and_one_day_shops_say_why(order, shop_of) -> None:
    for rows in (
        [order("a", on(0)), order("b", on(3))],
        [order(f"c{i}", on(0)) for i in range(50)],
        [order(f"c{i}", on(i)) for i in range(200)],
        [order(None, on(0)), order(None, on(500))],
    ):
        found = spend_by_age(shop_of(rows), D)
        assert found.saying is None
        assert "observed for a whole year" in found.why


def test_later_orders_change_no_earlier_answer(order, shop_of) -> None:
    whole = shop(order, shop_of, growth=2.0, stay=0.5, customers=120)
    rows = whole.orders.execute()
    day = START + dt.timedelta(days=700)
    cut = rows[pd.to_datetime(rows.ordered_on) <= pd.Timestamp(day)]
    known = [
        order(r.customer, str(pd.Timestamp(r.ordered_on).date()), float(r.net)) for r in cut.itertuples()
    ]
    then = D.but(observed_until=day)
    assert spend_by_age(whole, then) == spend_by_age(shop_of(known), then)

"""The signs that somebody is worth contacting: each against hand arithmetic, lifelines, or a world where nothing changes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import warnings

import ibis
import numpy as np
import pandas as pd
import pytest

from models import contact_signs as signs
from models.btyd.families import BG_NBD
from models.customer_base import load
from models.definitions import Definitions

START = dt.date(2023, 1, 1)


def on(days: float) -> str:
    return str(START + dt.timedelta(days=int(days)))


def surveyed(shop, rows: list[tuple]):
    """The shop with answers (answered_at, customer, order_id, kind, score, scale)."""
    names = ["answered_at", "customer", "order_id", "kind", "score", "scale"]
    frame = pd.DataFrame(rows, columns=names)
    frame["answered_at"] = pd.to_datetime(frame.answered_at)
    connection = shop.orders.get_backend().con
    connection.register("answers_frame", frame.astype({"score": float}))
    connection.execute(
        "CREATE OR REPLACE TABLE surveys AS SELECT answered_at::TIMESTAMP AS answered_at, customer::VARCHAR AS customer,"
        " order_id::VARCHAR AS order_id, kind::VARCHAR AS kind, score::DOUBLE AS score, scale::VARCHAR AS scale"
        " FROM answers_frame"
    )
    return dataclasses.replace(shop, surveys=ibis.duckdb.from_connection(connection).table("surveys"))


def test_ones_own_patience_is_the_quantile_of_the_lomax_distribution() -> None:
    p = np.array([0.55, 10.0, 0.8, 2.5])
    x, t = np.array([1, 2, 20]), np.array([30.0, 30.0, 300.0])
    days = signs.own_patience(p, x, t)
    left = ((p[1] + t) / (p[1] + t + days)) ** (p[0] + x)
    assert left == pytest.approx(0.1)
    # 2.3 mean gaps for somebody known well, many more for two orders.
    assert days[2] / (300 / 20) == pytest.approx(2.4, abs=0.25)
    assert days[0] / 30 > 4
    assert days[1] < days[0]


def test_rhythm_splits_the_gaps_into_late_and_early_ones(order, shop_of) -> None:
    days = [0, 10, 20, 50, 80]
    rows = [order("a", on(d), 10 * (k + 1)) for k, d in enumerate(days)]
    rows += [order("b", on(0)), order("b", on(7)), order("c", on(3))]
    found = signs.rhythm(shop_of(rows), Definitions(), START + dt.timedelta(days=100))
    assert found.recent.tolist() == [2, 0, 0]
    assert (found.early[0], found.late[0]) == (20, 60)
    logs = np.log([10, 20, 30, 40, 50])
    assert found.spent_early[:, 0] == pytest.approx([3, logs[:3].sum(), (logs[:3] ** 2).sum()])
    assert found.spent_late[:, 0] == pytest.approx([2, logs[3:].sum(), (logs[3:] ** 2).sum()])
    assert found.second[:2].tolist() == [10, 7]
    assert np.isnan(found.second[2])


def test_an_order_after_the_end_changes_nothing(order, shop_of) -> None:
    rows = [order("a", on(d)) for d in (0, 10, 20, 50, 80)]
    end = START + dt.timedelta(days=90)
    one = signs.rhythm(shop_of(rows), Definitions(), end)
    two = signs.rhythm(shop_of([*rows, order("a", on(95), 999)]), Definitions(), end)
    for name in ("second", "recent", "late", "early", "spent_late", "spent_early"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


@pytest.fixture(scope="module")
def steady(order, shop_of):
    """1,200 customers who never change: exponential gaps, gamma amounts, until each leaves at a purchase."""
    rng = np.random.default_rng(7)
    rows = []
    for i in range(1_200):
        rate, scale, day = rng.gamma(3, 1 / 90), rng.gamma(4, 1 / 30), rng.uniform(0, 200)
        while day < 720:
            rows.append(order(f"c{i:05}", on(day), round(rng.gamma(6, 1 / scale), 2)))
            day += rng.exponential(1 / rate)
            if rng.random() < 0.06:
                break
    return shop_of(rows)


def test_where_nobody_changes_hardly_anybody_is_slipping(steady) -> None:
    base = load(steady, Definitions(), named=True)
    found = signs.rhythm(steady, Definitions(), base.end)
    watched = int((found.recent > 0).sum())
    assert watched > 500
    assert signs.slower(found, base.x).sum() <= 0.04 * watched
    assert signs.smaller(found).sum() <= 0.04 * watched


def test_who_slows_down_or_spends_less_is_seen(order, shop_of) -> None:
    rng = np.random.default_rng(9)
    rows = []
    for i in range(200):
        day = rng.uniform(0, 30)
        while day < 360:
            rows.append(order(f"same{i:03}", on(day), round(rng.lognormal(3, 0.4), 2)))
            day += rng.exponential(25)
    for i in range(5):
        # Ten days between orders, then sixty; and amounts that fall to a sixth.
        slow = (0, 10, 20, 30, 40, 50, 110, 170, 230, 290, 350)
        rows += [order(f"slow{i}", on(d + i), 20) for d in slow]
        rows += [order(f"less{i}", on(30 * k), (100 if k < 7 else 15) + k % 3) for k in range(12)]
    shop = shop_of(rows)
    base = load(shop, Definitions(), named=True)
    found = signs.rhythm(shop, Definitions(), base.end)
    names = np.array(base.names.to_pylist())
    slower, smaller = set(names[signs.slower(found, base.x)]), set(names[signs.smaller(found)])
    assert {f"slow{i}" for i in range(5)} <= slower
    assert {f"less{i}" for i in range(5)} <= smaller
    assert not {f"slow{i}" for i in range(5)} & smaller
    assert len(slower | smaller) <= 10 + 0.08 * 200


def test_a_season_that_all_share_makes_nobody_slip(order, shop_of) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for i in range(300):
        # A busy half-year of an order every 15 days, a quiet one of an order every 60.
        day = rng.uniform(0, 20)
        while day < 360:
            rows.append(order(f"c{i:03}", on(day)))
            day += rng.exponential(15 if day < 180 else 60)
    shop = shop_of(rows)
    base = load(shop, Definitions(), named=True)
    found = signs.rhythm(shop, Definitions(), base.end)
    watched = (found.recent > 0).sum()
    assert signs.slower(found, base.x).sum() < 0.06 * watched


def test_the_window_of_second_orders_is_kaplan_meiers(cdnow_sample) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter

    base = load(cdnow_sample, Definitions(), named=True)
    found = signs.rhythm(cdnow_sample, Definitions(), base.end)
    window = signs.second_window(Definitions(), found, base, np.array([0.2, 4.0, 0.8, 2.4]), BG_NBD.title)
    came = np.isfinite(found.second)
    km = KaplanMeierFitter().fit(np.where(came, found.second, base.T), came)
    back = 1 - km.survival_function_at_times(np.arange(366)).to_numpy()
    assert window.method == "Kaplan-Meier"
    for day, part in ((window.first, 0.25), (window.last, 0.9)):
        assert back[day] >= part * back[365] - 1e-9
        assert back[day - 1] < part * back[365]


def test_too_few_second_orders_leave_it_to_the_model(order, shop_of) -> None:
    shop = shop_of([order(f"c{i}", on(i)) for i in range(40)] + [order("c1", on(30)), order("c2", on(60))])
    base = load(shop, Definitions(), named=True)
    p = np.array([0.5, 20.0, 1.0, 3.0])
    window = signs.second_window(
        Definitions(), signs.rhythm(shop, Definitions(), base.end), base, p, "BG/NBD"
    )
    assert window.method == "BG/NBD"
    within = 1 - (20 / (20 + 365)) ** 0.5
    assert 1 - (20 / (20 + window.last)) ** 0.5 == pytest.approx(0.9 * within, abs=0.01)


def test_the_last_answer_counts(order, shop_of) -> None:
    rows = [order(c, on(d), order_id=f"{c}{d}") for c in "abcdefg" for d in (0, 200)]
    shop = surveyed(
        shop_of(rows),
        [
            (on(190), "a", None, "NPS", 6, "0-10"),
            (on(150), "b", None, "NPS", 2, "0-10"),
            (on(190), "b", None, "NPS", 9, "0-10"),
            (on(190), "c", None, "CSAT", 2, "1-5"),
            (on(190), "d", None, "CSAT", 3, "1-5"),
            (on(10), "e", None, "NPS", 0, "0-10"),
            (on(190), None, "f200", "nps", 3, "0-10"),
            (on(190), "g", None, "CES", 1, "1-7"),
            (on(190), "stranger", None, "NPS", 0, "0-10"),
        ],
    )
    base = load(shop, Definitions(), named=True)
    found = signs.unhappy(shop, Definitions(), base)
    assert found is not None
    # e answered 190 days before the end; b was won over since; 3 of 5 is no unhappy answer; CES is not read.
    assert [c for c, bad in zip("abcdefg", found, strict=True) if bad] == ["a", "c", "f"]


def test_a_shop_without_answers_says_none(order, shop_of) -> None:
    shop = shop_of([order("a", on(0))])
    assert signs.unhappy(shop, Definitions(), load(shop, Definitions(), named=True)) is None

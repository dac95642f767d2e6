"""The order ladder: CDNOW counted by hand, lifelines' curves, and shops that have no ladder."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.definitions import Definitions
from models.order_ladder import FEWEST, Ladder, order_ladder
from models.order_ladder_threshold import contrast, threshold
from models.purchases import NoOrders

D = Definitions()
START = dt.date(2024, 1, 1)


def on(days: int) -> str:
    return str(START + dt.timedelta(days=int(days)))


@pytest.fixture(scope="module")
def gaps(shared_data: Path) -> pd.DataFrame:
    """CDNOW by plain pandas: one row a customer and purchase day, with the days to the next one or to 30 June 1998."""
    rows = pd.read_csv(shared_data / "cdnow" / "cdnow_master.csv.gz", parse_dates=["date"])
    days = rows[["customer_id", "date"]].drop_duplicates().sort_values(["customer_id", "date"])
    by = days.groupby("customer_id").date
    days["step"] = by.cumcount() + 1
    following = by.shift(-1)
    days["event"] = following.notna().astype(int)
    days["duration"] = (following.fillna(pd.Timestamp("1998-06-30")) - days.date).dt.days
    days["watched"] = (pd.Timestamp("1998-06-30") - days.date).dt.days
    return days


@pytest.fixture(scope="module")
def cdnow_ladder(cdnow_master) -> Ladder:
    return order_ladder(cdnow_master, D)


def test_the_first_step_of_cdnow_is_a_count_by_hand(cdnow_ladder, gaps) -> None:
    # Everybody was won by the end of March 1997 and watched for at least 456 days: nobody is censored before.
    firsts = gaps[gaps.step == 1]
    assert firsts.watched.min() >= 456
    for days in (1, 30, 90, 365, 456):
        by_hand = ((firsts.event == 1) & (firsts.duration <= days)).mean()
        assert cdnow_ladder.steps[0].by(days).value == pytest.approx(by_hand, abs=1e-12)
    # truths.md and the Overview: 45.9% within 12 months.
    assert round(cdnow_ladder.steps[0].by(365).value, 3) == 0.459
    assert cdnow_ladder.steps[0].customers == 23_570
    assert cdnow_ladder.window == 365


def test_later_steps_of_cdnow_equal_a_count_of_those_watched_long_enough(
    cdnow_master, cdnow_ladder, gaps
) -> None:
    for months, days in ((12, 365), (3, 91)):
        ladder = (
            cdnow_ladder if months == 12 else order_ladder(cdnow_master, D.but(repeat_window_months=months))
        )
        assert ladder.window == days
        for step in ladder.steps[:6]:
            rows = gaps[(gaps.step == step.number) & (gaps.watched >= days)]
            by_hand = ((rows.event == 1) & (rows.duration <= days)).mean()
            assert step.counted.n == len(rows)
            assert step.counted.value == pytest.approx(by_hand, abs=1e-12)
    # Nobody who placed a first order is watched for less than 365 days: there the two are one.
    assert cdnow_ladder.steps[0].counted.value == pytest.approx(cdnow_ladder.steps[0].by(365).value)


def test_every_step_of_cdnow_is_lifelines_curve(cdnow_ladder, gaps) -> None:
    from lifelines import KaplanMeierFitter

    assert [s.number for s in cdnow_ladder.steps] == list(range(1, 11))
    for step in cdnow_ladder.steps[:6]:
        rows = gaps[gaps.step == step.number]
        assert (step.customers, step.climbed) == (len(rows), rows.event.sum())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = KaplanMeierFitter(alpha=0.1).fit(rows.duration, rows.event)
        days = [10, 60, 200, 365]
        expected = 1 - theirs.survival_function_at_times(days).to_numpy()
        assert [step.by(d).value for d in days] == pytest.approx(expected, abs=1e-12)
        if step.number > 1:
            assert step.curve.quantile(0.5).value == theirs.median_survival_time_
    assert not cdnow_ladder.steps[0].curve.quantile(0.5).known


def test_the_threshold_of_cdnow_is_the_second_order(cdnow_ladder) -> None:
    found = threshold(cdnow_ladder)
    assert (found.order, found.alone) == (2, True)
    values = [e.value for e in found.shares]
    assert found.rise.value == pytest.approx(values[1] - values[0])
    assert found.rise.low > 0.15
    # The ninth step's 365 days are watched by fewer than ten who had not climbed: not shown.
    assert len(found.shares) == 8
    assert found.flat_from == 6


def test_due_customers_by_hand(order, shop_of) -> None:
    # 40 come back after 10, 20, 30 or 40 days, ten each; one-order customers wait 0, 5, ..., 195 days at the end.
    end = 400
    rows = [order("last", on(end))]
    for i in range(40):
        rows += [order(f"b{i}", on(0)), order(f"b{i}", on(10 * (1 + i % 4)))]
    rows += [order(f"w{i}", on(end - 5 * i)) for i in range(40)]
    found = order_ladder(shop_of(rows), D)
    # At risk on days 10, 20, 30, 40: 78, 66, 54, 42; 10 come each time: .128, .260, .397, .541 by then, and nobody later.
    # A quarter of .541 is passed on day 20, three quarters (.406) on day 40.
    assert found.steps[0].by(150).value == pytest.approx(1 - 68 / 78 * 56 / 66 * 44 / 54 * 32 / 42)
    assert (found.due_from, found.due_to) == (20, 40)
    waiting = [5 * i for i in range(40)]
    assert found.due == sum(20 <= w <= 40 for w in waiting) == 5


def test_a_purchase_is_a_day_and_refused_orders_are_no_step(order, shop_of) -> None:
    from shop import Flag

    rows = [order(f"c{i}", on(0)) for i in range(FEWEST)]
    rows += [
        order("c0", on(0)),
        order("c1", on(3), flags=Flag.CANCELLED),
        order(None, on(50)),
        order("c2", on(5)),
    ]
    found = order_ladder(shop_of(rows), D)
    assert found.steps[0].customers == FEWEST
    assert found.steps[0].climbed == 1
    assert len(found.steps) == 1


def climbing_shop(order, shop_of, chances: list[float], customers: int, seed: int = 5):
    """Customers who take step n with chance n of `chances`, 5 to 60 days after the order before."""
    rng = np.random.default_rng(seed)
    rows = [order("close", on(900))]
    for i in range(customers):
        day = int(rng.integers(0, 200))
        rows.append(order(f"c{i}", on(day)))
        for chance in chances:
            if rng.random() > chance:
                break
            day += int(rng.integers(5, 61))
            rows.append(order(f"c{i}", on(day)))
    return shop_of(rows)


def test_a_planted_threshold_is_found_and_none_where_there_is_none(order, shop_of) -> None:
    third = threshold(order_ladder(climbing_shop(order, shop_of, [0.4, 0.42, 0.8, 0.8, 0.8], 1500), D))
    assert (third.order, third.alone, third.flat_from) == (3, True, 3)
    none = threshold(order_ladder(climbing_shop(order, shop_of, [0.5] * 5, 1500), D))
    assert (none.order, none.flat_from) == (None, 1)
    assert len(none.shares) >= 4


def test_two_equal_rises_are_not_told_apart(order, shop_of) -> None:
    found = threshold(order_ladder(climbing_shop(order, shop_of, [0.3, 0.5, 0.7, 0.7], 1500), D))
    assert found.order in (2, 3)
    assert not found.alone


def test_a_contrast_is_newcombe_s_difference_for_two(order) -> None:
    from models.estimate import difference, share

    # Newcombe (1998): 56/70 against 48/80 -> .0524, .3339 (truths.md).
    a, b = share(56, 70, level=0.95), share(48, 80, level=0.95)
    assert contrast((1, -1), (a, b)) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert contrast((1, -1), (a, b))[1:] == pytest.approx((difference(a, b).low, difference(a, b).high))


def test_later_orders_change_no_earlier_answer(cdnow_master, order, shop_of) -> None:
    whole = climbing_shop(order, shop_of, [0.6, 0.7, 0.8], 300)
    rows = whole.orders.execute()
    day = START + dt.timedelta(days=150)
    cut = rows[pd.to_datetime(rows.ordered_on) <= pd.Timestamp(day)]
    known = [order(r.customer, str(pd.Timestamp(r.ordered_on).date())) for r in cut.itertuples()]
    then = D.but(observed_until=day)
    one, other = order_ladder(whole, then), order_ladder(shop_of(known), then)
    assert one.due == other.due
    for a, b in zip(one.steps, other.steps, strict=True):
        assert (a.curve.time.tolist(), a.curve.survival.tolist()) == (
            b.curve.time.tolist(),
            b.curve.survival.tolist(),
        )


def test_a_young_shop_falls_back_to_a_shorter_window(order, shop_of) -> None:
    rows = [order(f"c{i}", on(i % 30)) for i in range(200)]
    rows += [order(f"c{i}", on(i % 30 + 20)) for i in range(100)] + [order("end", on(110))]
    found = order_ladder(shop_of(rows), D)
    assert (found.window, found.agreed) == (90, 365)
    assert found.steps[0].by(90).value == pytest.approx(100 / 201, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", 0), ("b", 3)], "only 2 customers"),
        ([("a", 0), ("a", 30)], "only 1 customer"),
        ([(None, 0), (None, 5)], "names its customer"),
        ([(f"c{i}", 0) for i in range(50)], "watched for a week"),
    ],
)
def test_where_there_is_no_ladder_a_sentence_says_why(order, shop_of, rows, said: str) -> None:
    found = order_ladder(shop_of([order(who, on(day)) for who, day in rows]), D)
    assert found.steps == ()
    assert said in found.why
    assert threshold(found).shares == ()
    assert found.due is None


def test_everybody_buys_once(order, shop_of) -> None:
    found = order_ladder(shop_of([order(f"c{i}", on(5 * i)) for i in range(100)]), D)
    share = found.steps[0].by(found.window)
    assert (share.value, share.low) == (0, 0)
    assert share.high > 0
    assert len(found.steps) == 1
    assert threshold(found).order is None
    assert found.due is None


def test_a_date_far_in_the_future_is_named(order, shop_of) -> None:
    rows = [order(f"c{i}", on(i)) for i in range(60)]
    assert order_ladder(shop_of(rows), D).notes == ()
    (note,) = order_ladder(shop_of([*rows, order("typo", "2204-01-01")]), D).notes
    assert "1 Jan 2204" in note
    assert "29 Feb 2024" in note
    # Who sets the last day seen has dealt with it.
    assert (
        order_ladder(shop_of([*rows, order("typo", "2204-01-01")]), D.but(observed_until=START)).notes == ()
    )


def test_an_empty_shop_raises_its_sentence(order, shop_of) -> None:
    shop = shop_of([order("a", on(0))])
    empty = type(shop)("test:empty", "empty", shop.orders.filter(shop.orders.net < 0), currency="USD")
    with pytest.raises(NoOrders, match="no orders"):
        order_ladder(empty, D)

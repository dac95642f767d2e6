"""Best customers that slow down: planted ones are found, and where nobody changes nobody is named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from models.definitions import Definitions
from models.segments import segments
from models.slowing import reason, slowing, smaller

DEFINITIONS = Definitions()
SPAN = 720
START = dt.date(2022, 1, 1)


def purchases(seed: int, *, slower: int = 0, smaller_: int = 0, season: bool = False, n: int = 800):
    """(customer, day, amount): even buyers, one in 40 days on average, won in the first 400 days. In the last 150 days the
    first `slower` of the best customers all but stop, the next `smaller_` pay a third."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 400, n)
    rate = rng.gamma(2.0, 1 / 50, n)
    days = np.arange(1, SPAN + 1)
    wave = 1 + (0.8 * np.sin(2 * np.pi * days / 365) if season else 0)
    buys = (rng.random((n, SPAN)) < np.outer(rate, wave * np.ones(SPAN))) & (days > first[:, None])
    mean = rng.normal(3.5, 0.4, n)
    best = np.argsort(-rate * (SPAN - first) * np.exp(mean))
    buys[np.ix_(best[:slower], days > SPAN - 150)] &= rng.random((slower, 150)) < 0.05
    # All of them are still there: they bought once, a hundred days ago.
    buys[best[:slower], SPAN - 100] = True
    who, at = np.nonzero(buys)
    amount = np.exp(rng.normal(mean[who], 0.3))
    less = np.isin(who, best[slower : slower + smaller_]) & (days[at] > SPAN - 150)
    amount = np.where(less, amount / 3, amount)
    customer, day = np.append(np.arange(n), who), np.append(first, days[at])
    everything = np.append(np.exp(rng.normal(mean, 0.3)), amount)
    order = np.lexsort((day, customer))
    return customer[order], day[order], everything[order], best


def found_in(of_events, seed: int, **how):
    customer, day, amount, best = purchases(seed, **how)
    shop = of_events(customer, day, amount)
    groups = segments(shop, DEFINITIONS, scored=False)
    return slowing(shop, DEFINITIONS, segments=groups), best


@pytest.mark.parametrize("season", [False, True], ids=["even", "season"])
def test_nobody_is_named_where_nobody_changes(of_events, season) -> None:
    for seed in (1, 2):
        found, _ = found_in(of_events, seed, season=season)
        assert found.asked > 80
        assert len(found.beyond) <= 1
        # Each at 5% on its own: no more than that share, and what chance gives.
        assert (found.table.p <= 0.05).sum() <= found.by_chance + 3 * np.sqrt(found.by_chance)


def test_planted_ones_are_found(of_events) -> None:
    found, best = found_in(of_events, 3, slower=12, smaller_=12)
    slower = {f"c{i:07}" for i in best[:12]}
    smaller_ones = {f"c{i:07}" for i in best[12:24]}
    named = found.beyond
    assert len(slower & set(named.customer)) >= 8
    assert len(smaller_ones & set(named.customer)) >= 8
    assert len(set(named.customer) - slower - smaller_ones) <= 3
    kinds = named.set_index("customer").kind
    assert set(kinds[[c for c in kinds.index if c in smaller_ones]]) == {"smaller"}
    assert set(kinds[[c for c in kinds.index if c in slower]]) <= {"silent", "slower"}


def test_the_tail_of_a_silence_by_hand(of_events) -> None:
    """40 even customers, and one best customer: 10 purchases in the first 100 of 200 days, none since: (100/200)^9 by the
    calendar, three questions asked."""
    customer = np.concatenate([np.zeros(10, int), np.repeat(np.arange(1, 41), 2)])
    day = np.concatenate([np.append(0, np.linspace(12, 100, 9).round()), np.tile([0, 200], 40)])
    amount = np.concatenate([np.full(10, 100.0), np.full(80, 5.0)])
    shop = of_events(customer, day, amount)
    found = slowing(shop, DEFINITIONS, segments=segments(shop, DEFINITIONS, scored=False))
    assert found.asked == 1
    row = found.table.iloc[0]
    assert row.kind == "silent"
    assert row.p == pytest.approx(3 * 0.5**9)
    assert (row.silence, row.repeats, row.recent) == (100, 9, 0)
    assert row.gap == pytest.approx(100 / 9)
    assert row.a_year == pytest.approx(1000 / 200 * 365)
    assert reason(row, found.days, "USD") == "silent for 100 days; bought every 11 days before"


def test_smaller_purchases_are_welchs_test() -> None:
    rng = np.random.default_rng(8)
    rows, expected = [], []
    for _ in range(20):
        new, old = rng.normal(3, 0.5, rng.integers(4, 9)), rng.normal(3.2, 0.8, rng.integers(4, 9))
        rows.append(
            {
                f"{name}_{which}": value
                for which, v in (("new", new), ("old", old))
                for name, value in (("n", len(v)), ("sum", v.sum()), ("squares", (v**2).sum()))
            }
        )
        expected.append(ttest_ind(new, old, equal_var=False, alternative="less").pvalue)
    assert smaller(pd.DataFrame(rows)) == pytest.approx(expected, rel=1e-6)


def test_one_purchase_of_each_side_tells_nothing() -> None:
    row = {"n_new": 1, "sum_new": 1.0, "squares_new": 1.0, "n_old": 5, "sum_old": 20.0, "squares_old": 81.0}
    assert smaller(pd.DataFrame([row])) == [1.0]


def test_amounts_that_never_varied_may_still_fall() -> None:
    """15 purchases of 50, then 5 of 10; and 15 of 50.00 before 5 of 49.99."""

    def amounts(late: float) -> dict[str, float]:
        old, new = np.full(15, np.log(50.0)), np.full(5, np.log(late))
        return {
            f"{name}_{which}": value
            for which, v in (("new", new), ("old", old))
            for name, value in (("n", len(v)), ("sum", v.sum()), ("squares", (v**2).sum()))
        }

    fallen, cent = smaller(pd.DataFrame([amounts(10.0), amounts(49.99)]))
    assert fallen < 1e-6
    assert cent > 0.4


def test_no_rhythm_no_alarm(order, shop_of) -> None:
    rows = [order(f"c{i:02}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i)), 10.0 + i) for i in range(40)]
    shop = shop_of(rows)
    found = slowing(shop, DEFINITIONS, segments=segments(shop, DEFINITIONS, scored=False))
    assert found.asked == 0
    assert not len(found.table)

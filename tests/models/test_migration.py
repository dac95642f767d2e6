"""Migration beside chance: the null is right where nothing changes, and a planted change is named."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from benchmarks.simulated_shops import Truth, in_whole_days, simulate
from models.btyd.families import FAMILIES
from models.customer_base import Base, fit_spend
from models.definitions import Definitions
from models.futures import money_ahead, purchases_ahead
from models.migration import LEAST_WORLDS, Migration, migration, named
from models.rfm import rfm
from models.segments import ACTIVE, GROUP_OF, LARGER_OF, NEW

DEFINITIONS = Definitions()
TRUTH = Truth("bg_nbd", (0.35, 60.0, 0.8, 2.5), (6.0, 3.7, 15.0))
REGULAR = Truth("bg_nbd", (1.2, 60.0, 0.5, 6.0), (6.0, 3.7, 15.0))
SPAN, BACK = 1095, 180


def events(seed: int, truth: Truth = TRUTH, n: int = 3000):
    rng = np.random.default_rng(seed)
    return in_whole_days(simulate(truth, np.floor(rng.random(n) * (SPAN - BACK)), SPAN, rng))


@pytest.fixture(scope="module")
def still(of_events):
    """A shop in which nobody changes."""
    e = events(1)
    return of_events(e.customer, e.day, e.amount)


@pytest.fixture(scope="module", params=[False, True], ids=["five", "eleven"])
def moved(request, still):
    return migration(still, DEFINITIONS, back_days=BACK, eleven=request.param)


def test_chance_alone_moves_a_quarter_or_more(moved) -> None:
    """24% to 65% of customers in shops where nothing changes (eleven groups; of five, fewer): what is seen agrees."""
    assert (0.24 if moved.eleven else 0.15) < moved.moved_anyway.value < 0.65
    e = moved.moved_anyway
    sd = np.hypot((e.high - e.low) / 3.29, (moved.moved.high - moved.moved.low) / 3.29)
    assert abs(moved.moved.value - e.value) < 3 * sd


def test_nothing_is_named_where_nobody_changes(moved) -> None:
    assert moved.flows.beyond.sum() <= 1
    inside = (moved.flows.seen >= moved.flows.low - 1) & (moved.flows.seen <= moved.flows.high + 1)
    assert inside.mean() > 0.75


def test_everybody_goes_somewhere(moved, still) -> None:
    assert moved.seen.sum() + moved.newcomers == 3000
    assert (moved.worlds.sum(axis=(1, 2)) == moved.customers).all()
    assert np.array_equal(moved.worlds[0].sum(axis=1), moved.seen.sum(axis=1))


def test_the_flows_are_counted_by_hand(still) -> None:
    found = migration(still, DEFINITIONS, back_days=BACK)

    def groups(until: dt.date | None) -> np.ndarray:
        day = rfm(still, DEFINITIONS, until=until)
        code = GROUP_OF[day.scores.recency - 1, day.scores.fm - 1]
        return LARGER_OF[np.where((code == NEW) & (day.people.purchases > 1), ACTIVE, code)]

    # The last customer was won before the past day: everybody is known on both days.
    assert found.newcomers == 0
    then, now = groups(found.start), groups(None)
    for i in range(5):
        for j in range(5):
            assert found.seen[i, j] == ((then == i) & (now == j)).sum()


def test_a_planted_change_is_named(of_events) -> None:
    """From the past day on half of those who bought often before do not buy at all."""
    e, rng = events(2, REGULAR), np.random.default_rng(9)
    often = np.bincount(e.customer[e.day <= SPAN - BACK], minlength=3000) > 3
    gone = often & (rng.random(3000) < 0.5)
    lost = (e.day > SPAN - BACK) & gone[e.customer]
    shop = of_events(e.customer[~lost], e.day[~lost], e.amount[~lost])
    found = migration(shop, DEFINITIONS.but(observed_until=dt.date(2024, 12, 30)), back_days=BACK)
    best = found.flows[(found.flows.then == 0) & (found.flows.now != 0)]
    assert best.beyond.any()
    assert (best[best.beyond].seen > best[best.beyond].expected).all()
    assert found.moved.low > found.moved_anyway.high


@pytest.mark.parametrize("model", FAMILIES)
def test_draws_agree_with_the_formulas(model) -> None:
    """Mean purchases and the chance of none, against the family's closed forms; the last one uniform in time."""
    p = {"pareto_nbd": [0.55, 74.0, 0.6, 82.0]}.get(model, [0.35, 60.0, 0.8, 2.5])
    family, n, rng = FAMILIES[model], 200_000, np.random.default_rng(5)
    for x, t, T in ((0, 0.0, 100.0), (3, 250.0, 300.0)):
        base = Base(dt.date(2024, 1, 1), np.full(n, x), np.full(n, t), np.full(n, T), np.zeros(n))
        bought, last = purchases_ahead(family, np.array(p), base, 180.0, rng)
        one = (base.x[:1], base.t[:1], base.T[:1])
        alive = float(family.probability_alive(p, *one)[0])
        mean = alive * float(family.purchases_if_alive(p, one[0], one[2], 180.0)[0, 0])
        none = 1 - alive * float(family.survival_of_count(p, 1, 180.0, one[0], one[2])[0])
        assert bought.mean() == pytest.approx(mean, abs=4 * bought.std() / np.sqrt(n))
        assert (bought == 0).mean() == pytest.approx(none, abs=0.005)
        assert ((last > 0) == (bought > 0)).all()
        assert last.max() <= 180


def test_money_of_the_draws(cdnow_sample) -> None:
    """Two purchases of customers with a known mean bring twice what Gamma-Gamma expects of one."""
    base = rfm(cdnow_sample, DEFINITIONS).people.base()
    spend = fit_spend(base.x, base.m)
    n = 100_000
    same = Base(base.end, np.full(n, 3), np.zeros(n), np.zeros(n), np.full(n, 50.0))
    found = money_ahead(spend, same, np.full(n, 2), np.random.default_rng(6))
    expected = 2 * float(spend.expected(np.array([3]), np.array([50.0]))[0])
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(n))


def test_those_named_are_benjamini_and_hochbergs() -> None:
    p = np.random.default_rng(7).random(50) ** 3
    assert np.array_equal(named(p, 0.1), false_discovery_control(p, method="bh") <= 0.1)
    assert not named(np.zeros(0)).any()


def test_what_cannot_be_compared_is_said(still, order, shop_of) -> None:
    with pytest.raises(ValueError, match="nothing is known of the groups then"):
        migration(still, DEFINITIONS, back_days=5000)
    few = shop_of([order(f"c{i}", f"2024-0{1 + i % 3}-05") for i in range(9)])
    with pytest.raises(ValueError, match="too few for groups"):
        migration(few, DEFINITIONS, back_days=30)


def test_few_worlds_name_no_more_than_many() -> None:
    """Large shops have LEAST_WORLDS worlds: their spread is then known badly, and that must not name anybody."""
    rng = np.random.default_rng(0)
    day = dt.date(2024, 1, 1)

    def drawn(size: int):
        return rng.normal(1_000, 80, (size, 5, 5)).round().astype(int)

    shops = [
        Migration(day, day, False, drawn(1)[0], drawn(LEAST_WORLDS), 0, 0.9).flows.beyond.any()
        for _ in range(300)
    ]
    # With the normal's tails 24% of these shops, in which nothing changes, had a flow named.
    assert np.mean(shops) < 0.15

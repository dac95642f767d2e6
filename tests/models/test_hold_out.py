"""Hold-out groups: published sample sizes and intervals, balance, and read-outs of simulated effects."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.definitions import Definitions
from models.estimate import difference, share
from models.hold_out import (
    TooEarly,
    draw,
    enough_a_group,
    false_alarms,
    of_share,
    ordered_since,
    power_of,
    propose,
    read_out,
    sample_size,
)

DAY = dt.date(2024, 6, 30)


def test_the_sample_sizes_of_the_books() -> None:
    # Fleiss, Levin and Paik (2003), chapter 4.
    assert np.ceil(sample_size(0.20, 0.22, level=0.95)) == 6510
    assert sample_size(0.50, 0.75, power=0.9, level=0.95) == pytest.approx(76.7, abs=0.05)
    assert sample_size(0.3, 0.3, level=0.95) == float("inf")
    assert enough_a_group(0.2, 0.02, level=0.95) == 6510


def test_power_and_sample_size_say_the_same() -> None:
    n = int(np.ceil(sample_size(0.2, 0.3, level=0.95)))
    assert power_of(n, n, 0.2, 0.1, level=0.95) == pytest.approx(0.8, abs=0.003)


def test_power_is_what_a_simulation_finds() -> None:
    rng = np.random.default_rng(2)
    held, contacted = rng.binomial(60, 0.2, 20_000) / 60, rng.binomial(240, 0.4, 20_000) / 240
    middle = (60 * held + 240 * contacted) / 300
    z = (contacted - held) / np.sqrt(middle * (1 - middle) * (1 / 60 + 1 / 240))
    assert power_of(240, 60, 0.2, 0.2, level=0.95) == pytest.approx((np.abs(z) > 1.96).mean(), abs=0.02)


def test_no_group_no_power() -> None:
    assert power_of(100, 0, 0.2, 0.1, level=0.95) == 0
    assert of_share(3, 0.1, 0.2, 0.1, 0.95).held == 0


def test_newcombe_is_movers_on_wilson() -> None:
    # Newcombe (1998), method 10: 56/70 against 48/80 at 95%.
    found = difference(share(56, 70, level=0.95), share(48, 80, level=0.95))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_looking_again_and_again() -> None:
    # Armitage, McPherson and Rowe (1969): .050, .083, .107, .126, .142 for one to five looks.
    assert [false_alarms(k, level=0.95) for k in (1, 2, 3, 4, 5)] == pytest.approx(
        [0.05, 0.083, 0.107, 0.126, 0.142], abs=6e-4
    )


strata = st.lists(st.integers(0, 5), min_size=0, max_size=200)


@settings(max_examples=80, deadline=None)
@given(strata, st.floats(0, 1), st.integers(0, 2**31))
def test_every_stratum_gives_its_share(found, part: float, seed: int) -> None:
    code = np.array(found, dtype=np.int64)
    held = draw(code, part, seed)
    assert abs(held.sum() - part * len(code)) <= 0.5 + 1e-9
    for stratum in set(found):
        members = code == stratum
        assert abs(held[members].sum() - part * members.sum()) <= 1 + 1e-9
    assert (draw(code, part, seed) == held).all()


def test_another_seed_is_another_draw_and_everybody_has_the_same_chance() -> None:
    code = np.repeat([0, 1], [30, 70])
    times = np.mean([draw(code, 0.2, seed) for seed in range(2_000)], axis=0)
    assert np.abs(times - 0.2).max() < 0.045
    assert (draw(code, 0.2, 1) != draw(code, 0.2, 2)).any()


def test_a_share_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        draw(np.zeros(3, dtype=np.int64), 1.2, 0)


def test_the_smallest_group_that_shows_the_effect_is_proposed() -> None:
    many = propose(10_000, 0.2, 0.3, level=0.95)
    assert many.share == 0.1
    assert many.power > 0.8
    few = propose(150, 0.2, 0.3, level=0.95)
    assert 0.1 < few.share <= 0.5
    assert few.power >= 0.8
    assert few.held == round(150 * few.share)
    hopeless = propose(20, 0.2, 0.1, level=0.95)
    assert hopeless.share == 0.5
    assert hopeless.power < 0.2
    assert few.effect == pytest.approx(0.24)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_the_power_promised_is_how_often_the_read_out_shows_the_effect(level: float) -> None:
    """The plan and the interval that is read agree: at the page's own level as at any other."""
    plan = propose(400, 0.3, 0.17, level=level)
    rng = np.random.default_rng(7)
    contacted = rng.binomial(400 - plan.held, 0.3 + plan.effect, 1_500)
    held = rng.binomial(plan.held, 0.3, 1_500)
    shown = [
        difference(share(int(c), 400 - plan.held, level=level), share(int(h), plan.held, level=level)).low > 0
        for c, h in zip(contacted, held, strict=True)
    ]
    assert plan.power == pytest.approx(np.mean(shown), abs=0.03)


@pytest.fixture
def tested(order, shop_of):
    """A function: a shop in which so many of 200 contacted and 100 held-out customers order again by `last`."""

    def made(contacted: int, held: int, last: str = "2024-12-31"):
        rows = [
            order(f"{part}{i:03}", "2024-01-05") for part, n in (("c", 200), ("h", 100)) for i in range(n)
        ]
        rows += [order(f"c{i:03}", "2024-07-10", 30) for i in range(contacted)]
        rows += [order(f"h{i:03}", "2024-08-10", 20) for i in range(held)]
        rows += [order("h000", "2024-06-30", 999), order("c199", "2024-12-28", 999), order("other", last)]
        return shop_of(rows)

    return made


GROUPS = {"contacted": [f"c{i:03}" for i in range(200)], "held": [f"h{i:03}" for i in range(100)]}


def test_a_read_out_by_hand(tested) -> None:
    found = read_out(tested(80, 20), Definitions(level=0.95), **GROUPS, after=DAY, days=180)
    assert (found.contacted.ordered, found.held.ordered) == (80, 20)
    assert found.contacted.rate.value == 0.4
    # 27 December is the 180th day: the order of the day before the list, and that of the 28th, do not count.
    assert found.last == dt.date(2024, 12, 27)
    by_hand = difference(share(80, 200, level=0.95), share(20, 100, level=0.95))
    assert (found.rate.value, found.rate.low, found.rate.high) == (by_hand.value, by_hand.low, by_hand.high)
    assert found.extra.value == pytest.approx(40)
    assert found.revenue.value == pytest.approx(80 * 30 / 200 - 20 * 20 / 100)
    assert found.revenue.low < found.revenue.value < found.revenue.high
    assert not found.preliminary


def test_it_is_not_read_before_its_days_are_over(tested) -> None:
    early = Definitions(observed_until=dt.date(2024, 9, 1))
    whole = tested(80, 20)
    with pytest.raises(TooEarly, match="27 Dec 2024"):
        read_out(whole, early, **GROUPS, after=DAY, days=180)
    found = read_out(whole, early, **GROUPS, after=DAY, days=180, early=True)
    assert found.preliminary
    assert found.seen == dt.date(2024, 9, 1)


def test_it_is_never_read_on_the_day_it_was_drawn(tested) -> None:
    with pytest.raises(TooEarly, match="when the list was drawn"):
        read_out(tested(1, 1), Definitions(observed_until=DAY), **GROUPS, after=DAY, days=30, early=True)


def test_without_anybody_held_out_there_is_nothing_to_read(tested) -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        read_out(tested(1, 1), Definitions(), contacted=["c000"], held=[], after=DAY, days=30)


def test_a_list_of_strangers_is_not_read_out(tested) -> None:
    """Under e-mail as the key nobody has the customer ids that the list was drawn with: not "nobody ordered"."""
    other = {part: [f"{name}@x.example" for name in names] for part, names in GROUPS.items()}
    with pytest.raises(ValueError, match="Of the 300 customers of this list 0 are known here"):
        read_out(tested(80, 20), Definitions(), **other, after=DAY, days=30)
    with pytest.raises(ValueError, match="another rule of who is one customer"):
        read_out(tested(80, 20), Definitions(identity="email"), **GROUPS, after=DAY, days=30)


def test_a_group_nobody_of_which_ordered(tested) -> None:
    found = read_out(tested(0, 0), Definitions(), **GROUPS, after=DAY, days=30)
    assert found.rate.value == 0
    assert found.rate.low < 0 < found.rate.high


def test_who_ordered_since(tested) -> None:
    found = ordered_since(tested(2, 0), Definitions(), customers=["c000", "c150", "c001"], after=DAY)
    assert found == {"c000": dt.date(2024, 7, 10), "c001": dt.date(2024, 7, 10)}


@pytest.mark.parametrize(("effect", "least"), [(0.0, 0.86), (0.25, 0.86)])
def test_a_planted_effect_lies_in_its_interval_as_often_as_it_says(effect: float, least: float) -> None:
    """Customers of two kinds, drawn by stratum: with an effect it is found, without one the interval covers 0."""
    rng = np.random.default_rng(11)
    inside = shows = 0
    kinds = np.repeat([0, 1], [400, 200])
    own = np.where(kinds == 0, 0.15, 0.4)
    for seed in range(300):
        held = draw(kinds, 0.25, seed)
        ordered = rng.random(600) < own + np.where(held, 0, effect * (1 - own))
        found = difference(
            share(int(ordered[~held].sum()), int((~held).sum())),
            share(int(ordered[held].sum()), int(held.sum())),
        )
        true = float((effect * (1 - own)).mean())
        inside += found.low <= true <= found.high
        shows += found.low > 0
    assert inside / 300 >= least
    assert shows / 300 > 0.95 if effect else shows / 300 < 0.09

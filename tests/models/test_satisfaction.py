"""NPS, CSAT and CES from counts: published figures, arithmetic by hand, and coverage by enumerating every outcome."""

from __future__ import annotations

import csv
from collections import Counter
from math import inf, lgamma, nan, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.estimate import difference
from models.satisfaction import (
    Scale,
    answers_needed,
    ces_scale,
    csat_scale,
    effective_n,
    nps,
    nps_adjusted_wald,
    nps_scale,
    score,
    weighted_nps,
    worst_case,
)

Z95 = 1.959963984540054


def ends(e) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    return round(e.low, 3), round(e.high, 3)


def test_the_published_intervals_of_ten_answers() -> None:
    assert nps(6, 2, 2, level=0.95).value == pytest.approx(0.4)
    assert ends(nps(6, 2, 2, level=0.95)) == (-0.153, 0.753)
    assert ends(nps_adjusted_wald(6, 2, 2, level=0.95)) == (-0.126, 0.741)


def statistic(b: float, c: float, n: float, delta: float) -> float:
    """Tango's score statistic as he writes it (1998, formula 7)."""
    A, B, C = 2 * n, -b - c + (2 * n - b + c) * delta, -c * delta * (1 - delta)
    q = (sqrt(B * B - 4 * A * C) - B) / (2 * A)
    return (b - c - n * delta) / sqrt(n * (2 * q + delta * (1 - delta)))


@pytest.mark.parametrize(
    "counts", [(6, 2, 2), (501, 317, 71), (0, 9, 1), (5, 0, 5), (10, 0, 0), (0, 10, 0), (0, 0, 3)]
)
def test_the_score_statistic_is_z_at_both_ends(counts: tuple[int, int, int]) -> None:
    b, _, c = counts
    found = nps(*counts, level=0.95)
    if found.low > -1:
        assert statistic(b, c, sum(counts), found.low) == pytest.approx(Z95, abs=1e-6)
    if found.high < 1:
        assert statistic(b, c, sum(counts), found.high) == pytest.approx(-Z95, abs=1e-6)


def test_answers_that_all_agree_leave_an_interval() -> None:
    # Wald's interval and the bootstrap give a point here.
    for counts, side in (((10, 0, 0), 1), ((0, 0, 10), -1), ((0, 10, 0), 0)):
        found = nps(*counts)
        assert found.value == side
        assert found.high - found.low > 0.3
    one = nps(1, 0, 0, level=0.95)
    assert (one.value, one.high) == (1.0, 1.0)
    assert one.low < 0


def test_no_answers_are_said_and_no_figure() -> None:
    assert not nps(0, 0, 0).known
    assert "no answers" in nps(0, 0, 0).why_missing
    assert not nps_adjusted_wald(0, 0, 0).known
    assert not score(csat_scale(1, 5, 2), [0, 0, 0, 0, 0]).known


@pytest.mark.parametrize("bad", [-1, nan, inf])
def test_counts_that_are_none_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        nps(bad, 1, 1)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_nps_turned_round_is_its_mirror(b: int, m: int, c: int) -> None:
    if b + m + c == 0:
        return
    here, there = nps(b, m, c), nps(c, m, b)
    assert here.value == pytest.approx(-there.value)
    assert here.low == pytest.approx(-there.high, abs=1e-7)
    assert -1 <= here.low <= here.value <= here.high <= 1
    assert nps(b, m, c, level=0.99).low <= here.low + 1e-12


def exact_coverage(interval, n: int, truths: np.ndarray, level: float) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The chance that the interval holds the truth, over every way n answers can fall: no simulation."""
    cells = np.array([(b, n - b - c, c) for b in range(n + 1) for c in range(n - b + 1)])
    found = [interval(*cell, level=level) for cell in cells.tolist()]
    low, high = np.array([e.low for e in found]), np.array([e.high for e in found])
    ways = np.array([lgamma(n + 1) - sum(lgamma(k + 1) for k in cell) for cell in cells.tolist()])
    chance = np.exp(ways + np.log(truths) @ cells.T)
    truth = (truths[:, 0] - truths[:, 2])[:, None]
    return (chance * ((low <= truth + 1e-9) & (truth - 1e-9 <= high))).sum(axis=1)


def test_exact_coverage_at_ten_answers() -> None:
    # truths.md: at 95%, Wald .870 (worst .27), adjusted Wald .951, score .964; shares not below five in a hundred.
    truths = np.random.default_rng(0).dirichlet([1, 1, 1], 3000)
    tango = exact_coverage(nps, 10, truths, 0.95)
    assert tango.mean() == pytest.approx(0.964, abs=0.003)
    adjusted = exact_coverage(nps_adjusted_wald, 10, truths, 0.95)
    assert adjusted.mean() == pytest.approx(0.951, abs=0.003)
    inner = truths.min(axis=1) >= 0.05
    assert tango[inner].min() >= 0.92
    assert adjusted[inner].min() >= 0.87


@pytest.mark.parametrize("n", [10, 20, 50])
def test_coverage_at_the_edges_of_the_scale(n: int) -> None:
    # Nominal 90%: one detractor in a hundred, all but all promoters, all passives, evenly split, the Carpentries' shares.
    shares = [
        (0.6, 0.39, 0.01),
        (0.9, 0.05, 0.05),
        (0.01, 0.98, 0.01),
        (1 / 3, 1 / 3, 1 / 3),
        (0.5636, 0.3566, 0.0798),
    ]
    covered = exact_coverage(nps, n, np.array(shares), 0.9)
    assert covered.min() >= 0.85
    assert 0.89 <= covered.mean() <= 0.95
    assert nps(n, 0, 0).low <= 1 <= nps(n, 0, 0).high  # all promoters: always covered


def test_the_difference_of_two_scores_covers() -> None:
    # Two periods of 15 answers, exactly: every pair of outcomes with its chance.
    n, first, second = 15, np.array([0.6, 0.25, 0.15]), np.array([0.4, 0.35, 0.25])
    cells = [(b, n - b - c, c) for b in range(n + 1) for c in range(n - b + 1)]
    ways = np.array([lgamma(n + 1) - sum(lgamma(k + 1) for k in cell) for cell in cells])
    found = [nps(*cell) for cell in cells]
    value, low, high = (np.array([getattr(e, end) for e in found]) for end in ("value", "low", "high"))
    chance = [np.exp(ways + np.array(cells) @ np.log(p)) for p in (first, second)]
    moved = value[:, None] - value[None, :]
    lower = moved - np.sqrt((value - low)[:, None] ** 2 + (high - value)[None, :] ** 2)
    upper = moved + np.sqrt((high - value)[:, None] ** 2 + (value - low)[None, :] ** 2)
    truth = (0.6 - 0.15) - (0.4 - 0.25)
    covered = (np.outer(*chance) * ((lower <= truth) & (truth <= upper))).sum()
    assert 0.87 <= covered <= 0.95
    one = difference(found[40], found[7])
    assert (one.low, one.high) == pytest.approx((lower[40, 7], upper[40, 7]))


@pytest.mark.parametrize(
    ("top", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_csat_is_wilson(top: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I.
    one, two = csat_scale(1, 5, 1), csat_scale(1, 5, 2)
    found = score(one, [n - top, 0, 0, 0, top], 0.95)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert score(two, [n - top, 0, 0, top, 0], 0.95) == found


def test_boxes_and_conventions_decide_what_counts() -> None:
    assert csat_scale(1, 7, 2).for_it == (6, 7)
    assert ces_scale(1, 7).for_it == (5, 6, 7)
    assert ces_scale(1, 5, effort=True).for_it == (1, 2)
    assert [nps_scale().side(s) for s in range(11)] == [-1] * 7 + [0, 0, 1, 1]
    counts = [3, 1, 0, 2, 4]
    easy, little = ces_scale(1, 5), ces_scale(1, 5, effort=True)
    assert score(easy, counts).value == pytest.approx(0.6)
    assert score(little, counts).value == pytest.approx(0.4)


def test_what_is_off_the_scale_is_refused_not_clipped() -> None:
    with pytest.raises(ValueError, match="off the scale 0 to 10"):
        nps_scale().side(11)
    with pytest.raises(ValueError, match="1 to 4 were expected"):
        csat_scale(1, 5, 5)
    with pytest.raises(ValueError, match="11 counts"):
        score(nps_scale(), [1, 2, 3])
    assert Scale("CSAT", 0, 3, 2).scores == (0, 1, 2, 3)


def test_how_many_answers_ten_points_need() -> None:
    # 2 * (1.95996 + .84162)^2 * .61 / .01 = 957.6.
    assert answers_needed(0.5, 0.2, 0.1) == 958
    assert answers_needed(1.0, 0.0, 0.1) > 0
    with pytest.raises(ValueError, match="change of nothing"):
        answers_needed(0.5, 0.2, 0.0)


def test_the_power_promised_is_the_power_there_is() -> None:
    rng = np.random.default_rng(4)
    n, before, after = answers_needed(0.5, 0.2, 0.1, level=0.9), [0.45, 0.3, 0.25], [0.55, 0.3, 0.15]
    seen = 0
    for _ in range(300):
        early, late = (nps(*rng.multinomial(round(n / 4), p)) for p in (before, after))
        seen += difference(late, early).low > 0
    # Twenty points need a quarter of the answers of ten: power .8 again, within four standard errors.
    assert abs(seen / 300 - 0.8) < 0.1


def test_the_silent_can_be_all_against_or_all_for_it() -> None:
    # 200 asked, 50 answered with NPS 40: between .25 * .4 - .75 and .25 * .4 + .75.
    assert worst_case(nps(25, 20, 5), 0.25) == pytest.approx((-0.65, 0.85))
    assert worst_case(score(csat_scale(1, 5, 2), [0, 0, 10, 0, 40]), 0.5) == pytest.approx((0.4, 0.9))
    with pytest.raises(ValueError, match="0 to 1"):
        worst_case(nps(1, 1, 1), 1.5)


def test_weights_cost_answers() -> None:
    assert effective_n([1, 1, 1, 1]) == 4
    assert effective_n([3, 1]) == pytest.approx(16 / 10)
    assert effective_n([]) == 0
    sides = np.array([1.0] * 6 + [0.0] * 2 + [-1.0] * 2)
    plain = weighted_nps(sides, np.full(10, 7.0), level=0.95)
    assert ends(plain) == (-0.153, 0.753)
    uneven = weighted_nps(sides, np.linspace(1, 3, 10), level=0.95)
    assert uneven.high - uneven.low > plain.high - plain.low


def test_the_carpentries_survey(shared_data: Path) -> None:
    file = shared_data / "satisfaction" / "carpentries_instructor_training_post.csv"
    with file.open(encoding="utf-8", errors="replace", newline="") as rows:
        said = [row["LikelyToRecommend"].strip() for row in csv.DictReader(rows)]
    scores = Counter(int(float(s.split()[0])) for s in said if s and s[0].isdigit())
    counts = [scores[s] for s in range(11)]
    assert sum(counts) == 889
    found = score(nps_scale(), counts)
    by_side = [sum(n for s, n in scores.items() if nps_scale().side(s) == side) for side in (1, 0, -1)]
    assert by_side == [501, 317, 71]
    assert round(100 * found.value, 2) == 48.37
    assert statistic(501, 71, 889, found.low) == pytest.approx(1.644854, abs=1e-5)
    assert statistic(501, 71, 889, found.high) == pytest.approx(-1.644854, abs=1e-5)

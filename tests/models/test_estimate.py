"""Estimates: published intervals, and the coverage of the t interval for amounts of money."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from models.estimate import FEWEST_FOR_MEAN, difference, mean, missing, share


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # truths.md, 95%; 81/263 and 15/148, 0/20, 1/29 are Newcombe's (1998) examples.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson(k, n, low, high):
    found = share(k, n, level=0.95)
    assert (found.value, found.n) == (k / n, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_newcombe_difference():
    # Newcombe (1998), method 10: 56/70 against 48/80 -> (.0524, .3339)
    found = difference(share(56, 70, level=0.95), share(48, 80, level=0.95))
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_difference_of_what_is_not_known_is_not_known():
    found = difference(share(1, 2), missing("Too early."))
    assert not found.known
    assert found.why_missing == "Too early."


def test_wilson_never_excludes_its_own_value():
    for n in (1, 7, 1000):
        for k in (0, n):
            found = share(k, n)
            assert found.low <= found.value <= found.high


def test_wilson_stays_a_share():
    """Rounding alone put the upper end of 120 of 120 above 1."""
    for n in range(1, 400):
        assert share(n, n).high == 1
        assert share(0, n).low == 0


def test_share_refuses_more_successes_than_trials():
    with pytest.raises(ValueError, match="found 3 of 2"):
        share(3, 2)


def test_share_of_nobody_says_why():
    found = share(0, 0, why_missing="Nobody yet.")
    assert isnan(found.value)
    assert found.why_missing == "Nobody yet."


def test_mean_from_sums():
    # Thirty observations, fifteen 1s and fifteen 3s: mean 2, s = sqrt(30/29), t(.975, 29) = 2.04523.
    found = mean(30, 60.0, 15 + 15 * 9.0, level=0.95)
    half = 2.04523 * np.sqrt(30 / 29) / np.sqrt(30)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2 - half, 2 + half), abs=1e-5)


def test_mean_of_few_is_refused():
    n = FEWEST_FOR_MEAN - 1
    found = mean(n, 10.0 * n, 100.0 * n, why_missing="Too few.")
    assert (found.known, found.n, found.why_missing) == (False, n, "Too few.")


def test_equal_amounts_give_a_point_and_no_nan():
    n = 3_000
    found = mean(n, 0.1 * n, 0.1 * 0.1 * n)
    assert found.low == pytest.approx(found.high)


def _coverage(draw, truth: float, n: int, runs: int = 4_000) -> float:
    hits = 0
    for sample in draw((runs, n)):
        found = mean(n, sample.sum(), (sample**2).sum(), fewest=2)
        hits += found.low <= truth <= found.high
    return hits / runs


def test_fewest_for_mean_keeps_coverage_within_five_points():
    # Lognormal with sigma .8 has the coefficient of variation of CDNOW's order values (.95 against .98).
    rng = np.random.default_rng(20)
    truth = np.exp(0.8**2 / 2)

    def draw(shape):
        return rng.lognormal(0, 0.8, shape)

    at, below = _coverage(draw, truth, FEWEST_FOR_MEAN), _coverage(draw, truth, FEWEST_FOR_MEAN // 3)
    # Two standard errors of 4,000 runs are .011.
    assert at > 0.85 - 0.011
    assert below < 0.85


def test_fewest_for_mean_holds_on_real_order_values(cdnow_master):
    values = cdnow_master.orders.net.cast("float64").execute().to_numpy()
    rng = np.random.default_rng(21)

    def draw(shape):
        return rng.choice(values, shape)

    assert _coverage(draw, values.mean(), FEWEST_FOR_MEAN) > 0.85 - 0.011

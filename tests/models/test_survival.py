"""Kaplan-Meier on counts: published figures, lifelines as an independent oracle, and hand arithmetic."""

from __future__ import annotations

import warnings
from math import inf, isinf, isnan, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from models.survival import holm, kaplan_meier, log_rank

# Freireich et al. (1963), Blood 21, 699-716, as in Gehan (1965): weeks of remission; + is still in remission.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def weeks(told: str) -> tuple[np.ndarray, np.ndarray]:
    parts = told.split()
    return np.array([float(p.rstrip("+")) for p in parts]), np.array([float("+" not in p) for p in parts])


def random_counts(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 60))
    return (
        rng.integers(0, 25, n).astype(float),
        rng.integers(0, 2, n).astype(float),
        rng.integers(1, 40, n).astype(float),
    )


def test_the_published_curve_of_freireich() -> None:
    curve = kaplan_meier(*weeks(SIX_MP))
    found = [1 - curve.happened(t).value for t in (6, 7, 10, 13, 16, 22, 23)]
    # Kalbfleisch and Prentice (2002), section 1.4; ../shared/truths.md.
    assert np.round(found, 3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert curve.quantile(0.5).value == 23
    assert curve.followed(10) == 15
    assert curve.followed(36) == 0


def test_the_published_log_rank_of_freireich() -> None:
    found = log_rank([(*weeks(SIX_MP), None), (*weeks(PLACEBO), None)])
    assert found.statistic == pytest.approx(16.793, abs=5e-4)
    assert (found.df, round(found.p, 6)) == (1, 0.000042)


@pytest.mark.parametrize("seed", range(12))
def test_curve_and_band_are_those_of_lifelines(seed: int) -> None:
    from lifelines import KaplanMeierFitter

    duration, event, weight = random_counts(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = KaplanMeierFitter(alpha=0.1).fit(duration, event, weights=weight)
    ours = kaplan_meier(duration, event, weight, level=0.9)
    times = ours.time
    expected = theirs.survival_function_at_times(times).to_numpy()
    assert ours.survival == pytest.approx(expected, abs=1e-12)
    table = theirs.event_table.loc[times]
    assert ours.at_risk == pytest.approx(table.at_risk.to_numpy())
    band = theirs.confidence_interval_survival_function_.loc[times].to_numpy()
    inside = (expected > 0) & (expected < 1)
    assert inside.any()
    assert np.c_[ours.low, ours.high][inside] == pytest.approx(band[inside], abs=1e-10)
    if inside.all():
        assert ours.quantile(0.5).value == theirs.median_survival_time_ or isinf(theirs.median_survival_time_)


@pytest.mark.parametrize("seed", range(8))
def test_log_rank_of_several_groups_is_that_of_lifelines(seed: int) -> None:
    from lifelines.statistics import multivariate_logrank_test

    groups = [random_counts(100 * seed + k) for k in range(2 + seed % 3)]
    duration, event, weight = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    label = np.repeat(np.arange(len(groups)), [len(g[0]) for g in groups])
    with warnings.catch_warnings():
        # lifelines 0.30 assigns in a way that pandas 3 warns of.
        warnings.simplefilter("ignore")
        theirs = multivariate_logrank_test(duration, label, event, weights=weight)
    ours = log_rank(groups)
    assert ours.statistic == pytest.approx(theirs.test_statistic, rel=1e-8)
    assert ours.p == pytest.approx(theirs.p_value, rel=1e-6)


def test_weights_are_the_same_as_rows() -> None:
    duration, event, weight = random_counts(7)
    rows = np.repeat(np.arange(len(weight)), weight.astype(int))
    counted, each = kaplan_meier(duration, event, weight), kaplan_meier(duration[rows], event[rows])
    assert counted.survival == pytest.approx(each.survival)
    assert counted.low == pytest.approx(each.low)
    assert counted.n == each.n


def test_a_curve_by_hand() -> None:
    # Ten at risk; 2 of 10 on day 1; 1 censored on day 2 (still at risk then) with 1 event of 8; 3 of 6 on day 5.
    curve = kaplan_meier(
        np.array([1.0, 2.0, 2.0, 5.0, 9.0]), np.array([1.0, 1, 0, 1, 0]), np.array([2.0, 1, 1, 3, 3])
    )
    assert curve.survival == pytest.approx([0.8, 0.7, 0.35, 0.35])
    # Greenwood: 2/(10 8) + 1/(8 7) + 3/(6 3), on the scale of log(-log S).
    spread = sqrt(2 / 80 + 1 / 56 + 3 / 18)
    reach = norm.ppf(0.95) * spread / abs(np.log(0.35))
    found = curve.happened(7)
    assert found.low == pytest.approx(1 - 0.35 ** np.exp(-reach))
    assert found.high == pytest.approx(1 - 0.35 ** np.exp(reach))
    assert (curve.followed(2), curve.followed(3), curve.followed(9), curve.followed(10)) == (8, 6, 3, 0)
    assert (curve.lost(2), curve.lost(3), curve.lost(9)) == (0, 1, 1)
    assert "followed for 10 days" in curve.happened(10).why_missing
    assert curve.happened(9).known
    assert not curve.happened(9, fewest=4).known


def test_a_quantile_inverts_the_band_or_says_that_it_is_not_reached() -> None:
    curve = kaplan_meier(*weeks(SIX_MP), level=0.95)
    half = curve.quantile(0.5)
    # The lower band is at or under one half from week 13 on; the upper never is. R's survfit, conf.type = "log-log", gives 13 and NA.
    assert (half.value, half.low, half.high) == (23, 13, inf)
    none = curve.quantile(0.75)
    assert not none.known
    assert "Not reached" in none.why_missing
    with pytest.raises(ValueError, match="between 0 and 1"):
        curve.quantile(0)


def test_without_an_event_the_share_is_zero_and_not_certain() -> None:
    curve = kaplan_meier(np.array([5.0]), np.array([0.0]), np.array([20.0]), level=0.9)
    found = curve.happened(5)
    z = norm.ppf(0.95)
    assert (found.value, found.low) == (0, 0)
    # Wilson (1927) for none of 20.
    assert found.high == pytest.approx(z**2 / (20 + z**2))
    everybody = kaplan_meier(np.array([5.0]), np.array([1.0]), np.array([20.0])).happened(400)
    assert (everybody.value, everybody.high) == (1, 1)
    assert everybody.low == pytest.approx(1 - z**2 / (20 + z**2))


def test_nothing_to_follow_or_compare() -> None:
    empty = np.zeros(0)
    assert not kaplan_meier(empty, empty).happened(10).known
    assert not kaplan_meier(empty, empty).quantile(0.5).known
    one = (np.array([1.0, 2.0]), np.array([1.0, 1.0]), None)
    assert isnan(log_rank([one, (empty, empty, None)]).p)
    nobody = (np.array([1.0, 2.0]), np.array([0.0, 0.0]), None)
    assert isnan(log_rank([nobody, nobody]).p)


@pytest.mark.parametrize(
    ("duration", "event", "weight", "said"),
    [
        ([1.0, 2.0], [1.0], None, "one length"),
        ([-1.0], [1.0], None, "duration"),
        ([np.nan], [1.0], None, "duration"),
        ([1.0], [1.0], [-2.0], "weight"),
        ([1.0], [0.5], None, "event"),
    ],
)
def test_what_makes_no_sense_is_refused(duration, event, weight, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        kaplan_meier(np.array(duration), np.array(event), None if weight is None else np.array(weight))


def test_holm_by_hand() -> None:
    # Sorted .01 .02 .03 .04 times 4 3 2 1: .04 .06 .06 .06.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    # What could not be tested is not counted.
    assert holm([0.02, np.nan, 0.9])[0] == pytest.approx(0.04)
    assert len(holm([])) == 0


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(600):
        life, seen = rng.exponential(100, 80), rng.uniform(20, 200, 80)
        curve = kaplan_meier(np.minimum(life, seen), (life <= seen).astype(float), level=0.9)
        found = curve.happened(60)
        hits += found.low <= 1 - np.exp(-0.6) <= found.high
    # 600 runs at .9: two standard errors are .024.
    assert 0.87 <= hits / 600 <= 0.93

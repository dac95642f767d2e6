"""Measures are scikit-learn's own, and their intervals cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models.learning import measures
from models.learning.measures import bootstrap_means, compare, measure, perfect_calibration_error
from models.learning.sums import sort, sums


@pytest.mark.parametrize("decimals", [1, 3, 9])
def test_the_figures_are_scikit_learns(decimals) -> None:
    rng = np.random.default_rng(decimals)
    p = rng.beta(2, 3, 3000).round(decimals)
    y = rng.random(3000) < p
    found = measure(y, p, np.arange(3000))
    assert found.auc.value == pytest.approx(roc_auc_score(y, p), abs=1e-12)
    assert found.pr_auc.value == pytest.approx(average_precision_score(y, p), abs=1e-12)
    assert found.brier.value == pytest.approx(brier_score_loss(y, p), abs=1e-12)
    assert found.log_loss.value == pytest.approx(log_loss(y, p), abs=1e-12)
    for one in (found.auc, found.pr_auc, found.brier, found.log_loss, found.calibration_error):
        assert one.low <= one.value <= one.high


def test_weights_are_repeated_rows() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(400).round(2)
    y = rng.random(400) < p
    weight = rng.integers(0, 4, 400)
    s = sort(y, p)
    weighted = sums(s, weight[s.order].astype(float))
    again = np.repeat(np.arange(400), weight)
    assert weighted.auc == pytest.approx(roc_auc_score(y[again], p[again]), abs=1e-12)
    assert weighted.pr_auc == pytest.approx(average_precision_score(y[again], p[again]), abs=1e-12)


def test_runs_put_together_for_the_bootstrap_change_next_to_nothing() -> None:
    rng = np.random.default_rng(2)
    p = rng.beta(2, 3, 50_000)
    s = sort(rng.random(50_000) < p, p)
    fine, coarse = sums(s), sums(s.coarse())
    assert len(s.coarse().starts) < len(s.starts)
    assert coarse.auc == pytest.approx(fine.auc, abs=1e-5)
    assert coarse.pr_auc == pytest.approx(fine.pr_auc, abs=1e-3)


def test_calibration_error_and_lift_by_hand() -> None:
    # Ten rows, one a part: the error is the mean of |p - y|, the lift of the top part 1 / .3.
    p = np.array([0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95])
    y = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1], bool)
    found = measure(y, p, np.arange(10))
    by_hand = (0.05 + 0.15 + 0.25 + 0.35 + 0.45 + 0.55 + 0.65 + 0.25 + 0.15 + 0.05) / 10
    assert found.calibration_error.value == pytest.approx(by_hand)
    assert [part.lift.value for part in found.parts] == pytest.approx([1 / 0.3] * 3 + [0] * 7)
    assert [part.predicted for part in found.parts] == pytest.approx(p[::-1])
    assert sum(part.observed.n for part in found.parts) == 10


def test_equal_predictions_stay_together() -> None:
    y = np.arange(1000) < 300
    found = measure(y, np.full(1000, 0.3), np.arange(1000))
    assert len(found.parts) == 1
    assert found.calibration_error.value == pytest.approx(0, abs=1e-12)
    assert found.auc.value == 0.5


def test_a_larger_customer_base_of_copies_knows_no_more() -> None:
    # Every customer ten times: clustered by customer the interval stays that of the customers alone.
    rng = np.random.default_rng(3)
    p = rng.random(300)
    y = rng.random(300) < p
    alone = measure(y, p, np.arange(300)).auc
    copies = np.repeat(np.arange(300), 10)
    clustered = measure(y[copies], p[copies], copies).auc
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.2)


def test_the_interval_of_auc_covers_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer draws make an interval rougher, not another one.
    monkeypatch.setattr(measures, "MOST_DRAWS", 150)
    # Two normal scores one standard deviation apart: AUC = Phi(1 / sqrt 2).
    truth, runs, covered = norm.cdf(1 / np.sqrt(2)), 60, 0
    for run in range(runs):
        rng = np.random.default_rng(run)
        y = rng.random(400) < 0.4
        p = norm.cdf(rng.normal(size=400) + y)
        found = measure(y, p, np.arange(400), seed=run).auc
        covered += found.low <= truth <= found.high
    # 90% nominal: 60 runs of it stay within 48 and 59 in 99% of cases (binomial).
    assert 48 <= covered <= 59


def test_without_signal_the_interval_of_auc_holds_a_half() -> None:
    rng = np.random.default_rng(5)
    found = measure(rng.random(3000) < 0.3, rng.random(3000), np.arange(3000))
    assert found.auc.low < 0.5 < found.auc.high


def test_a_perfect_model_is_not_without_calibration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # No draw is needed for the value.
    monkeypatch.setattr(measures, "MOST_DRAWS", 2)
    monkeypatch.setattr(measures, "FEWEST_DRAWS", 2)
    rng = np.random.default_rng(6)
    p = rng.random(2000)
    expected = perfect_calibration_error(p)
    seen = [measure(rng.random(2000) < p, p, np.arange(2000)).calibration_error.value for _ in range(20)]
    assert 0 < expected.low < np.mean(seen) < expected.high
    assert expected.value == pytest.approx(np.mean(seen), rel=0.15)
    # By arithmetic: the mean of |N(0, p (1 - p) / 200)| over parts around .05, .15, ..., .95.
    middle = np.arange(0.05, 1, 0.1)
    assert expected.value == pytest.approx(np.mean(np.sqrt(2 / np.pi * middle * (1 - middle) / 200)), rel=0.1)


def test_a_comparison_tells_the_better_and_leaves_the_equal_open() -> None:
    rng = np.random.default_rng(7)
    p = rng.beta(2, 3, 4000)
    y = rng.random(4000) < p
    blurred = np.clip(p + rng.normal(size=4000) * 0.15, 0.01, 0.99)
    found = compare(y, p, blurred, np.arange(4000))
    assert found.better
    assert found.brier.high < 0 < found.auc.low
    assert found.log_loss.value == pytest.approx(log_loss(y, p) - log_loss(y, blurred))
    assert found.auc.value == pytest.approx(roc_auc_score(y, p) - roc_auc_score(y, blurred))
    same = compare(y, p, p, np.arange(4000))
    assert not same.better
    assert not same.worse


def test_the_bootstrap_of_a_mean_is_the_clustered_sandwich() -> None:
    rng = np.random.default_rng(8)
    customer = np.repeat(np.arange(500), 4)
    x = rng.normal(size=500)[customer] + rng.normal(size=2000)
    found = bootstrap_means(x, customer)
    means = x.reshape(500, 4).mean(axis=1)
    half = norm.ppf(0.95) * means.std() / np.sqrt(500)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.12)


def test_identical_seeds_give_identical_intervals_and_bad_input_a_sentence() -> None:
    rng = np.random.default_rng(9)
    y, p, customer = rng.random(200) < 0.5, rng.random(200), np.arange(200)
    assert measure(y, p, customer, seed=3) == measure(y, p, customer, seed=3)
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(y, p + 1, customer)
    with pytest.raises(ValueError, match="199 chances cannot be measured against 200"):
        measure(y, p[1:], customer)
    one_sided = measure(np.ones(200, bool), p, customer)
    assert not one_sided.auc.known
    assert one_sided.auc.why_missing.startswith("Only one outcome")

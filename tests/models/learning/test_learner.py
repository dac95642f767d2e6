"""What is learned comes near the truth, is calibrated, and says what it cannot learn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import log_loss, roc_auc_score

from models.learning.calibrate import ISOTONIC, calibrate
from models.learning.encode import sentences
from models.learning.folds import folds
from models.learning.frames import Sample
from models.learning.learner import learn
from models.learning.measures import measure, perfect_calibration_error
from tests.models.learning.samples import features, simulated

KINDS = ("boosting", "logistic")


@pytest.fixture(scope="module", params=KINDS)
def learned(request):
    sample, _ = simulated(4000, seed=1)
    told: list[float] = []
    return learn(sample, kind=request.param, progress=lambda fraction, _: told.append(fraction)), told


def test_it_comes_near_the_true_chances(learned) -> None:
    new, truth = simulated(20_000, seed=2)
    p = learned[0].chance(new.features)
    # Nobody can do better than the truth itself; what is lost against it is small.
    best = log_loss(new.label, truth)
    assert best - 0.002 < log_loss(new.label, p) < best + 0.015
    assert roc_auc_score(new.label, p) > roc_auc_score(new.label, truth) - 0.01
    error = measure(new.label, p, new.customer).calibration_error.value
    assert error < perfect_calibration_error(p).high + 0.02


def test_progress_only_moves_forward_and_reaches_the_end(learned) -> None:
    _, told = learned
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_every_tree_is_reported() -> None:
    told: list[float] = []
    learn(simulated(500, seed=1)[0], kind="boosting", progress=lambda fraction, _: told.append(fraction))
    assert len(told) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_answer(kind) -> None:
    sample, _ = simulated(600, seed=3)
    one, other = (learn(sample, kind=kind, seed=5).chance(sample.features) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_no_class_weights_bend_the_chances(kind) -> None:
    # One in twenty leaves: weights that balance the classes would put the mean chance near a half.
    rng = np.random.default_rng(4)
    x = rng.normal(size=6000)
    sample = Sample(features({"x": x}), rng.random(6000) < 0.05, np.arange(6000))
    assert learn(sample, kind=kind).chance(sample.features).mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_do_not_vary_are_left_out_with_a_note(kind) -> None:
    sample, _ = simulated(400, seed=1)
    more = features(
        {"driver": sample.features.columns["driver"], "flat": np.ones(400), "empty": np.full(400, np.nan)},
        {"one": (np.zeros(400, int), ["only"])},
    )
    found = learn(Sample(more, sample.label, sample.customer), kind=kind)
    assert [(one.column, one.why.split()[0]) for one in found.left_out] == [
        ("flat", "has"),
        ("empty", "is"),
        ("one", "has"),
    ]
    assert sentences(found.left_out) == (
        "Left out: flat and one (has the same value in every row).",
        "Left out: empty (is empty in every row).",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_alone_can_tell_something(kind) -> None:
    rng = np.random.default_rng(2)
    gap = rng.random(2000) < 0.5
    label = rng.random(2000) < np.where(gap, 0.8, 0.2)
    sample = Sample(features({"x": np.where(gap, np.nan, 7.0)}), label, np.arange(2000))
    p = learn(sample, kind=kind).chance(sample.features)
    assert p[gap].mean() == pytest.approx(label[gap].mean(), abs=0.02)
    assert p[~gap].mean() == pytest.approx(label[~gap].mean(), abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_categories_are_pooled_and_new_levels_are_known_by_name(kind) -> None:
    rng = np.random.default_rng(1)
    rows = 20_000
    code = np.where(rng.random(rows) < 0.5, rng.integers(0, 2, rows), rng.integers(2, 10_000, rows))
    levels = [f"level {k}" for k in range(10_000)]
    label = rng.random(rows) < np.where(code == 0, 0.9, 0.3)
    sample = Sample(features({}, {"c": (code, levels)}), label, np.arange(rows))
    found = learn(sample, kind=kind)
    other = features({}, {"c": (np.array([1, 0, 2, -1]), ["level 1", "level 0", "never seen"])})
    p = found.chance(other)
    assert p[0] == pytest.approx(0.9, abs=0.03)
    assert p[1:] == pytest.approx([0.3, 0.3, 0.3], abs=0.1)


def test_isotonic_mends_what_no_sigmoid_can_and_ties_nothing() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(60_000)
    bent = logit(p) ** 3
    found = calibrate(bent, rng.random(60_000) < p)
    assert found.method == ISOTONIC
    z = np.sort(rng.choice(bent, 500, replace=False))
    mended = found.apply(z)
    assert np.all(np.diff(mended[np.abs(mended) < found.limit]) > 0)
    inside = np.abs(z) < 3**3
    assert 1 / (1 + np.exp(-mended[inside])) == pytest.approx(1 / (1 + np.exp(-np.cbrt(z[inside]))), abs=0.05)


def test_a_score_that_ranks_the_wrong_way_round_leaves_the_base_rate() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=4000)
    found = calibrate(z, rng.random(4000) < 1 / (1 + np.exp(z)))
    assert np.unique(found.apply(z)).size == 1


def test_parts_share_no_customer_and_the_same_share_that_left() -> None:
    rng = np.random.default_rng(1)
    customer = rng.integers(0, 300, 2000)
    label = rng.random(300)[customer] < 0.1
    part = folds(label, customer, 5, 0)
    owners = [set(customer[part == k]) for k in range(5)]
    assert sum(len(one) for one in owners) == len(set(customer))
    assert max(label[part == k].mean() for k in range(5)) < 2 * label.mean()


def test_what_cannot_be_learned_from_is_a_sentence() -> None:
    sample, _ = simulated(200, seed=1)
    everyone = Sample(sample.features, np.ones(200, bool), sample.customer)
    with pytest.raises(ValueError, match="All 200 customers left"):
        learn(everyone, kind="boosting")
    with pytest.raises(ValueError, match="at least 25 of either"):
        learn(sample.take(np.arange(30)), kind="logistic")
    with pytest.raises(ValueError, match="from 2 customers"):
        learn(Sample(sample.features, sample.label, np.arange(200) % 2), kind="logistic")
    with pytest.raises(ValueError, match="empty or has the same value"):
        learn(Sample(features({"x": np.ones(200)}), sample.label, sample.customer), kind="boosting")
    with pytest.raises(ValueError, match="without labels"):
        learn(Sample(sample.features, None, sample.customer), kind="boosting")
    with pytest.raises(ValueError, match="needs the feature driver"):
        learn(sample, kind="logistic").chance(sample.features.without(["driver"]))

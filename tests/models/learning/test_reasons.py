"""Reasons add up to the score, name what drives it, and are the Shapley values by their definition."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.special import expit, logit

from models.learning.frames import Features, Sample
from models.learning.importance import importance
from models.learning.learner import learn
from models.learning.reasons import explain, pick_background
from tests.models.learning.samples import features, simulated


def _frame(rows: int, seed: int) -> Features:
    rng = np.random.default_rng(seed)
    x = {name: rng.normal(size=rows) for name in "abcd"}
    groups = {"a": "one", "b": "one", "c": "two", "d": "three"}
    return Features(x, dict.fromkeys(x, "number"), groups, {"one": "One", "two": "Two", "three": "Three"})


def _entangled(frame: Features) -> np.ndarray:
    c = frame.columns
    return expit(0.5 * c["a"] + c["b"] * c["c"] - np.abs(c["d"]) * c["a"])


def test_contributions_are_the_mean_over_all_orders_of_joining() -> None:
    frame, background = _frame(3, 1), _frame(5, 2)
    found = explain(_entangled, frame, background, [2])

    def value(joined: set[str]) -> float:
        columns = {
            name: np.full(5, values[2]) if frame.groups[name] in joined else background.columns[name]
            for name, values in frame.columns.items()
        }
        return float(logit(_entangled(frame.with_columns(columns))).mean())

    expected = dict.fromkeys(("one", "two", "three"), 0.0)
    for order in permutations(expected):
        for k, group in enumerate(order):
            expected[group] += (value(set(order[: k + 1])) - value(set(order[:k]))) / 6
    assert dict(zip(found.groups, found.contributions[0], strict=True)) == pytest.approx(expected, abs=1e-12)


def test_of_a_linear_score_each_contribution_is_its_distance_from_the_mean() -> None:
    frame, background = _frame(20, 3), _frame(30, 4)
    found = explain(lambda f: expit(2 * f.columns["c"] - f.columns["d"]), frame, background, np.arange(20))
    c, d = (frame.columns[n] - background.columns[n].mean() for n in "cd")
    assert found.contributions == pytest.approx(np.stack([0 * c, 2 * c, -d], axis=1), abs=1e-9)


@pytest.mark.parametrize("kind", ["boosting", "logistic"])
def test_they_add_up_and_name_the_planted_driver(kind) -> None:
    sample, _ = simulated(3000, seed=1)
    learned = learn(sample, kind=kind)
    new, _ = simulated(500, seed=2)
    at = np.arange(40)
    found = explain(learned.chance, new.features, pick_background(sample.features), at)
    assert found.base + found.contributions.sum(axis=1) == pytest.approx(found.log_odds, abs=1e-9)
    assert found.log_odds == pytest.approx(logit(learned.chance(new.features))[at], abs=1e-9)
    driver = new.features.columns["driver"][at]
    far = np.abs(driver) > 1
    assert [found.most[i][0].feature for i in np.flatnonzero(far)] == ["driver"] * int(far.sum())
    assert [found.most[i][0].raises for i in np.flatnonzero(far)] == list(driver[far] > 0)
    assert all(len(reasons) <= 3 for reasons in found.most)


def test_a_reason_is_said_in_words() -> None:
    found_in = Features(
        {"days": np.array([210.0, np.nan]), "colour": np.array([1, -1])},
        {"days": "number", "colour": "category"},
        {"days": "recency", "colour": "style"},
        {"recency": "Time since the last order", "style": "Style"},
        {"colour": ["red", "blue"]},
        {"days": "last order {value} days ago"},
    )

    def predict(f: Features) -> np.ndarray:
        return expit(np.nan_to_num(f.columns["days"], nan=50.0) / 50 - 2.0 * f.columns["colour"])

    background = found_in.with_columns({"days": np.array([20.0]), "colour": np.array([0])})
    told = explain(predict, found_in, background, [0, 1]).most
    assert [one.sentence() for one in told[0]] == [
        "last order 210 days ago (raises)",
        "colour: blue (lowers)",
    ]
    assert told[0][0].sentence(lambda name, x: f"{x / 30:.0f} x 30") == "last order 7 x 30 days ago (raises)"
    assert [one.sentence() for one in told[1]] == [
        "Style: not known (raises)",
        "Time since the last order: not known (raises)",
    ]


def test_more_groups_than_can_be_told_or_nobody_to_compare_with_is_a_sentence() -> None:
    many = features({f"x{k}": np.zeros(2) for k in range(12)})
    with pytest.raises(ValueError, match="at most 11 groups of features; found 12"):
        explain(lambda f: np.full(len(f), 0.5), many, many, [0])
    few = features({"x": np.zeros(2)})
    with pytest.raises(ValueError, match="compare with"):
        explain(lambda f: np.full(len(f), 0.5), few, few.take(np.arange(0)), [0])


def test_importance_is_what_shuffling_costs() -> None:
    new, truth = simulated(8000, seed=4)

    def predict(f: Features) -> np.ndarray:
        return expit(1.5 * f.columns["driver"] - 0.5)

    found = importance(predict, new)
    first, *others = found.drivers
    assert first.group == "driver"
    assert first.matters
    # A column that the prediction does not use costs nothing at all.
    assert [one.added_loss.value for one in others] == [0.0] * len(others)
    # By simulation: the loss of the right chances handed to other customers.
    rng = np.random.default_rng(0)
    wrong = truth[rng.permutation(8000)]
    p = np.where(new.label, wrong, 1 - wrong)
    q = np.where(new.label, truth, 1 - truth)
    assert first.added_loss.value == pytest.approx(np.mean(np.log(q) - np.log(p)), abs=0.03)


def test_related_columns_are_shuffled_together() -> None:
    # Either of two copies alone looks idle to a model that reads both only where they agree.
    new, _ = simulated(4000, seed=5)
    x = new.features.columns["driver"]
    two = {"x": x, "again": x.copy()}
    groups = {"x": "both", "again": "both"}
    frame = Features(two, dict.fromkeys(two, "number"), groups, {"both": "Both"})
    found = importance(
        lambda f: expit(0.75 * (f.columns["x"] + f.columns["again"]) - 0.5),
        Sample(frame, new.label, new.customer),
    )
    alone = importance(lambda f: expit(1.5 * f.columns["driver"] - 0.5), new)
    assert found.drivers[0].columns == ("x", "again")
    assert found.drivers[0].added_loss.value == pytest.approx(alone.drivers[0].added_loss.value, rel=0.1)

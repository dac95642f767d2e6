"""Frames say what does not fit together."""

from __future__ import annotations

import numpy as np
import pytest

from models.learning.frames import Features, Sample, concat
from tests.models.learning.samples import features, simulated


def test_taking_and_putting_together_gives_the_same_rows() -> None:
    sample, _ = simulated(50, seed=1)
    again = concat([sample.take(np.arange(20)), sample.take(np.arange(50) >= 20)])
    for name, values in sample.features.columns.items():
        assert np.array_equal(values, again.features.columns[name])
    assert np.array_equal(sample.label, again.label)
    assert np.array_equal(sample.customer, again.customer)


def test_what_does_not_fit_is_a_sentence() -> None:
    same = {"a": "a"}
    with pytest.raises(ValueError, match="belongs to no group"):
        Features({"a": np.zeros(3)}, {"a": "number"}, {}, {})
    with pytest.raises(ValueError, match="not float64"):
        Features({"a": np.zeros(3, int)}, {"a": "number"}, same, same)
    with pytest.raises(ValueError, match="infinite"):
        Features({"a": np.array([1.0, np.inf])}, {"a": "number"}, same, same)
    with pytest.raises(ValueError, match="none of its levels"):
        features({}, {"a": (np.array([0, 2]), ["x", "y"])})
    with pytest.raises(ValueError, match="2 values where 3"):
        features({"a": np.zeros(3), "b": np.zeros(2)})
    with pytest.raises(ValueError, match="2 rows was given 3"):
        Sample(features({"a": np.zeros(2)}), np.zeros(2, bool), np.arange(3))


def test_samples_with_other_levels_are_not_mixed_up() -> None:
    one = Sample(features({}, {"a": (np.array([0]), ["x", "y"])}), np.array([True]), np.arange(1))
    other = Sample(features({}, {"a": (np.array([0]), ["y", "x"])}), np.array([True]), np.arange(1))
    with pytest.raises(ValueError, match="levels of the category a differ"):
        concat([one, other])

"""Charts of learned chances hold what was measured, and say it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from charts import learning
from models.learning.importance import importance
from models.learning.measures import measure
from models.learning.reasons import explain
from tests.models.learning.samples import simulated


def _predict(f):
    return expit(1.5 * f.columns["driver"] - 0.5)


@pytest.fixture(scope="module")
def sample():
    return simulated(1000, seed=1)[0]


@pytest.fixture(scope="module")
def measures(sample):
    return measure(sample.label, _predict(sample.features), sample.customer)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_calibration_shows_every_part_beside_the_perfect_line(measures, theme) -> None:
    drawn = learning.calibration(measures, theme)
    perfect, observed = drawn.figure.data
    assert list(perfect.x) == list(perfect.y) == [0, 1]
    assert list(observed.x) == sorted(part.predicted for part in measures.parts)
    assert drawn.data["customers"].sum() == 1000
    assert "Calibration error" in drawn.alt


def test_lift_falls_from_the_first_tenth_to_the_last(measures) -> None:
    drawn = learning.lift(measures, "light")
    bars = drawn.figure.data[0]
    assert bars.y[0] > 1 > bars.y[-1]
    assert list(bars.error_y.array) == pytest.approx([p.lift.high - p.lift.value for p in measures.parts])


def test_drivers_have_the_strongest_on_top(sample) -> None:
    drawn = learning.drivers(importance(_predict, sample), "light")
    assert drawn.figure.data[0].y[-1] == "driver"
    assert "Strongest: driver" in drawn.alt


def test_a_waterfall_ends_at_the_customers_own_log_odds(sample) -> None:
    found = explain(_predict, sample.features, sample.features.take(np.arange(10)), [3])
    drawn = learning.waterfall(found, 0, "light")
    values = list(drawn.figure.data[0].x)
    assert sum(values[:-1]) == pytest.approx(values[-1])
    assert values[-1] == pytest.approx(1.5 * sample.features.columns["driver"][3] - 0.5)
    assert "Strongest: driver" in drawn.alt


def test_a_waterfalls_labels_are_whole_and_signed(sample) -> None:
    found = explain(_predict, sample.features, sample.features.take(np.arange(10)), [3])
    down = replace(found, contributions=-np.abs(found.contributions), base=np.array([-2.0]))
    (bars,) = learning.waterfall(down, 0, "light").figure.data
    assert bars.cliponaxis is False
    assert bars.text[0] == "−2"
    assert bars.text[1].startswith("−")
    # Groups that do nothing have no sign.
    assert bars.text[2] == "0"
    assert not any(label.startswith(("-", "+")) for label in bars.text[:-1])

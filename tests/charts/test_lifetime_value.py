"""The curve of a new customer, and forecasts held against what happened, drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import words
from charts import lifetime_value as drawing
from models import backtest, lifetime_value
from models.definitions import Definitions

D = Definitions()


@pytest.fixture(scope="module")
def cdnow(shops, shared_data: Path):
    return shops.cdnow(shared_data / "cdnow" / "cdnow_sample.csv")


@pytest.fixture(scope="module")
def value(cdnow):
    return lifetime_value.new_customer(cdnow, D)


@pytest.fixture(scope="module")
def followed(cdnow):
    return backtest.tracking(cdnow, D, holdout_days=273)


def every_chart(value, followed, theme: str):
    return [
        drawing.curve(value, theme, "USD"),
        drawing.tracking(followed, theme, cumulative=False),
        drawing.tracking(followed, theme, cumulative=True),
        drawing.calibration(followed, theme),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_figure_says_nan_or_lacks_its_words(value, followed, theme):
    for chart in every_chart(value, followed, theme):
        assert "nan" not in chart.alt.lower()
        assert len(chart.alt) > 40
        assert len(chart.data)
        assert '"NaN' not in json.dumps(chart.figure.to_plotly_json(), default=str)


def test_the_curve_is_the_forecast_and_its_words_say_the_total(value):
    chart = drawing.curve(value, "light", "USD")
    line = next(trace for trace in chart.figure.data if trace.y is not None and trace.mode == "lines+markers")
    assert np.array_equal(line.y, value.curve.value)
    assert words.money(value.total.value, "USD") in chart.alt
    assert words.money(value.total.low, "USD") in chart.alt
    assert len(chart.data) == D.ltv_horizon_months + 1


def test_tracking_by_week_adds_up_to_the_cumulative_one(followed):
    weekly = drawing.tracking(followed, "light", cumulative=False).figure.data
    total = drawing.tracking(followed, "light", cumulative=True).figure.data
    for by_week, so_far in zip(weekly, total, strict=True):
        assert by_week.name == so_far.name
        assert np.cumsum(by_week.y) == pytest.approx(np.asarray(so_far.y, float), abs=1e-6)


def test_tracking_marks_where_the_fit_ends(followed):
    figure = drawing.tracking(followed, "light", cumulative=False).figure
    assert any(str(shape.x0) == "1997-09-30" for shape in figure.layout.shapes)
    assert any("fitted" in a.text for a in figure.layout.annotations)


def test_calibration_draws_the_published_figures(followed):
    """Fader, Hardie and Lee (2005), figure 4: purchases in the 39 weeks by x = 0..6, 7+, actual and BG/NBD."""
    actual, expected = drawing.calibration(followed, "light").figure.data
    assert list(actual.x) == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert np.round(actual.y, 3).tolist() == [0.237, 0.697, 1.393, 1.56, 2.532, 2.947, 3.862, 6.359]
    assert np.round(expected.y, 3).tolist() == [0.225, 0.523, 1.044, 1.52, 2.164, 2.654, 3.504, 6.157]

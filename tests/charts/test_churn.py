"""Churn, drawn: what the bars hold, and what is said of them."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace

import pytest

from charts import churn as drawing
from models.customers_at_risk import Band
from models.estimate import Estimate

BANDS = tuple(Band(k / 10, (k + 1) / 10, 10 * (k + 1), (k + 0.5) * (k + 1)) for k in range(10))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bars_add_up_to_the_customers(theme) -> None:
    chart = drawing.bands(BANDS, 180, theme)
    leaving, staying = chart.figure.data
    assert [a + b for a, b in zip(leaving.y, staying.y, strict=True)] == [10 * (k + 1) for k in range(10)]
    assert leaving.x[0] == "0–10%"
    assert leaving.x[9] == "90–100%"
    assert "180 days" in chart.figure.layout.xaxis.title.text
    assert "90–100%: 100 customers" in chart.alt
    assert chart.data["customers"].sum() == 550
    json.loads(chart.figure.to_json())


def test_a_bar_tells_leaving_from_staying_without_colour() -> None:
    leaving, staying = drawing.bands(BANDS, 180, "light").figure.data
    assert leaving.marker.pattern.shape is None
    assert staying.marker.pattern.shape == "/"


def test_each_contender_on_each_day_with_its_interval() -> None:
    def tried(name: str, auc: float) -> SimpleNamespace:
        measures = SimpleNamespace(auc=Estimate(auc, auc - 0.02, auc + 0.01, 100, unit="ratio"))
        return SimpleNamespace(name=name, title=name.upper(), measures=measures)

    class Day(SimpleNamespace):
        def __getitem__(self, name: str) -> SimpleNamespace:
            return self.tried[name]

    late = Day(day=dt.date(2024, 5, 1), names=("a", "b"), tried={"a": tried("a", 0.8), "b": tried("b", 0.7)})
    early = Day(day=dt.date(2024, 2, 1), names=("b",), tried={"b": tried("b", 0.6)})
    chart = drawing.rolling([late, early], "dark")
    lines = {line.name: line for line in chart.figure.data}
    assert list(lines["B"].x) == ["1 Feb 2024", "1 May 2024"]
    assert list(lines["B"].y) == [0.6, 0.7]
    assert list(lines["A"].y) == [0.8]
    assert lines["A"].error_y.arrayminus[0] == pytest.approx(0.02)
    assert lines["A"].line.dash != lines["B"].line.dash
    assert len(chart.data) == 3

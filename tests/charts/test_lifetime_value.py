"""Value and tracking, drawn: what the figures hold, and that odd shops can be drawn at all."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest

from charts import lifetime_value as drawing
from charts.figures import nice
from models.definitions import Definitions
from models.lifetime_value import new_customer
from models.tracking import tracking


@pytest.fixture(scope="module")
def young(shops):
    """60 customers won in spring of whom every third comes back each month, until autumn."""
    rows = [
        shops.order(f"c{i}", str(dt.date(2024, 3, 1) + dt.timedelta(days=i + 28 * k)), 20 + i % 9)
        for i in range(60)
        for k in range(7 if i % 3 == 0 else 1)
    ]
    return shops.shop_of([*rows, shops.order(None, "2024-11-15")])


@pytest.fixture(scope="module")
def value(young):
    return new_customer(young, Definitions())


@pytest.fixture(scope="module")
def followed(young):
    return tracking(young, Definitions())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_curve_of_a_new_customer(value, theme) -> None:
    chart = drawing.curve(value, theme, "EUR")
    line = chart.figure.data[-1]
    assert list(line.x) == list(range(13))
    assert list(line.y) == value.curve.value.tolist()
    assert "month 12: €" in line.hovertext[12]
    assert f"€{value.first.value:,.2f} with the first purchase" in chart.alt
    assert chart.data.columns.tolist() == ["month", "value", "low", "high"]
    assert len(chart.data) == 13


def test_the_money_axis_reaches_the_band_in_round_steps(value) -> None:
    axis = drawing.curve(value, "light", "EUR").figure.layout.yaxis
    assert axis.tickvals[0] == 0
    assert len(set(np.round(np.diff(axis.tickvals), 9))) == 1
    assert axis.ticktext[0] == "€0"


def test_tracking_by_week_and_added_up(followed) -> None:
    weekly = drawing.tracking(followed, "light", cumulative=False)
    total = drawing.tracking(followed, "light", cumulative=True)
    assert [trace.name for trace in weekly.figure.data] == ["Actual", "Expected"]
    assert list(np.cumsum(weekly.figure.data[0].y)) == list(total.figure.data[0].y)
    assert str(weekly.figure.layout.shapes[0].x0) == str(followed.origin)
    held = followed.weeks[followed.weeks.held_out]
    assert f": {held.actual.sum():.0f} in the weeks held back" in weekly.alt
    assert "held back" in weekly.data.columns


def test_calibration_by_past_purchases(followed) -> None:
    chart = drawing.calibration(followed, "light")
    bars, points = chart.figure.data
    assert bars.x[0] == "0"
    assert list(bars.y) == followed.groups.actual.tolist()
    assert list(points.y) == followed.groups.expected.tolist()
    assert list(bars.y + np.array(bars.error_y.array)) == pytest.approx(followed.groups.high.tolist())
    assert chart.alt.count("expected") == len(followed.groups)


def test_seven_and_more_is_one_group(shops) -> None:
    rows = [
        shops.order(f"c{i}", str(dt.date(2024, 1, 1) + dt.timedelta(days=10 * k + i)))
        for i in range(40)
        for k in range(1 + i % 12)
    ]
    chart = drawing.calibration(tracking(shops.shop_of(rows), Definitions()), "dark")
    assert chart.figure.data[0].x[-1] == "7+"


@pytest.mark.parametrize("amount", [0.0, 1e-4, 25.0, 1e7])
def test_any_size_of_amounts_can_be_drawn(shops, amount) -> None:
    rows = [shops.order(f"c{i}", f"2024-01-{1 + i % 28:02}", amount) for i in range(40)]
    rows += [shops.order(f"c{i}", f"2024-04-{1 + i % 28:02}", amount) for i in range(12)]
    shop = shops.shop_of([*rows, shops.order(None, "2024-08-31", 1)])
    chart = drawing.curve(new_customer(shop, Definitions()), "light", "USD")
    assert "NaN" not in json.dumps(chart.figure.to_plotly_json(), default=str)
    assert 1 <= len(chart.figure.layout.yaxis.tickvals) <= 12


def test_a_short_span_has_a_labelled_axis(shops) -> None:
    """Four weeks, none of which begins in a month's first seven days but one."""
    rows = [
        shops.order(f"c{i}", str(dt.date(2024, 1, 9) + dt.timedelta(days=i % 9 + 9 * k)))
        for i in range(30)
        for k in range(1 + i % 3)
    ]
    found = tracking(shops.shop_of([*rows, shops.order(None, "2024-02-06")]), Definitions(), holdout_days=10)
    axis = drawing.tracking(found, "light", cumulative=True).figure.layout.xaxis
    assert len(axis.tickvals) == len(axis.ticktext) >= 2


@pytest.mark.parametrize("top", [1e-6, 0.03, 0.99, 1.0, 4.99, 5, 9.99, 10, 123, 1999, 2e6, 7.7e9])
def test_ticks_are_few_and_round(top) -> None:
    ticks = nice(top)
    assert ticks[0] == 0
    assert 3 <= len(ticks) <= 8
    assert ticks[-1] <= top * (1 + 1e-9)
    assert ticks[-1] > top / 2
    mantissa = ticks[1] / 10 ** np.floor(np.log10(ticks[1]) + 1e-9)
    assert round(mantissa, 6) in (1, 2, 5)

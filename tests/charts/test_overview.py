"""The overview's drawings."""

from __future__ import annotations

import pytest

from charts import overview as drawing
from models.definitions import Definitions
from models.overview import overview

D = Definitions()


@pytest.fixture(scope="module")
def seen(shop):
    return overview(shop, D)


def test_bars_add_up_to_the_revenue(seen):
    chart = drawing.new_against_returning(seen, "light", "USD")
    assert sum(sum(trace.y) for trace in chart.figure.data) == pytest.approx(seen.revenue)


def test_legend_reads_from_the_top_of_the_stack(seen):
    chart = drawing.new_against_returning(seen, "light", "USD")
    assert [trace.name for trace in chart.figure.data] == [
        "Returning customers",
        "New customers",
        "Without a customer",
    ]
    assert chart.figure.layout.legend.traceorder == "reversed"
    # A pattern tells them apart without colour.
    assert len({trace.marker.pattern.shape for trace in chart.figure.data}) == 3


def test_kinds_without_revenue_are_left_out(shops):
    result = overview(shops.shop_of([shops.order("a", "2024-01-05")]), D)
    chart = drawing.new_against_returning(result, "dark", "USD")
    assert [trace.name for trace in chart.figure.data] == ["New customers"]


def test_labels_every_month_or_every_third(seen):
    ticks = drawing.new_against_returning(seen, "light").figure.layout.xaxis.ticktext
    assert ticks == (
        "Jan 2024",
        "Feb 2024",
        "Mar 2024",
        "Apr 2024",
        "May 2024",
        "Jun 2024",
        "Jul 2024",
        "Aug 2024",
    )


@pytest.mark.parametrize(("top", "last"), [(0, 0), (0.5, 0.5), (37, 30), (400_000, 400_000), (999, 800)])
def test_money_axis_has_few_round_steps(top, last):
    import pandas as pd

    ticks = drawing._money_ticks(pd.Series([top]))
    assert ticks[0] == 0
    assert len(ticks) <= 6
    assert ticks[-1] == pytest.approx(last)


def test_sparkline_shows_trend_and_band(seen):
    chart = drawing.sparkline(seen.trends["month3"], "light")
    points = seen.trends["month3"].points
    line = chart.figure.data[-1]
    assert list(line.y) == points.value.tolist()
    assert list(chart.figure.data[1].y) == points.high.tolist()
    assert "equally old customers" in chart.alt


def test_sparkline_of_nothing_says_so(seen):
    assert "No trend yet" in drawing.sparkline(seen.trends["repeat"], "light").alt

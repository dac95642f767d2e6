"""The model bench drawn: what the figures hold, by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from charts import customer_timeline as line
from charts import model_bench as drawing
from charts import model_shapes as shapes
from models.customer_timeline import timeline
from models.definitions import Definitions
from models.model_bench import bench, by_source
from models.model_choice import Choice
from models.model_shapes import buying, leaving, surface
from models.totals import Totals

MODELS = ("bg_nbd", "pareto_nbd")


@pytest.fixture(scope="module")
def some(shops):
    """200 customers won in a quarter, who bought 1 to 5 times, 23 days apart; and a guest in December."""
    rows = [
        shops.order(f"c{i}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i % 90 + 23 * k)), 20 + i % 7 + k)
        for i in range(200)
        for k in range(1 + (i * i) % 7)
    ]
    return shops.shop_of([*rows, shops.order(None, "2024-12-30")])


@pytest.fixture(scope="module", params=MODELS)
def found(request, some):
    return bench(some, Definitions(), model=request.param)


@pytest.fixture(scope="module")
def choice() -> Choice:
    table = pd.DataFrame(
        {
            "model": ["mbg_nbd", "bg_nbd"],
            "title": ["MBG/NBD", "BG/NBD"],
            "holdout": [-100.0, -107.0],
            "behind": [0.0, 7.0],
            "chance": [0.0, 2.0],
        }
    )
    return Choice(table, "mbg_nbd", True, True, {}, 90, 500)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_comparison_shows_each_difference_with_its_interval(choice: Choice, theme) -> None:
    chart = drawing.comparison(choice, 0.9, theme)
    bands, points = chart.figure.data[:2], chart.figure.data[-1]
    half = 2 * norm.ppf(0.95)
    assert list(bands[1].x) == pytest.approx([7 - half, 7 + half])
    assert list(points.x) == [0, 7]
    assert list(chart.figure.layout.yaxis.ticktext) == ["MBG/NBD", "BG/NBD"]
    # The best stands on top, and the longest interval does not touch the edge.
    assert chart.figure.layout.yaxis.range[0] > chart.figure.layout.yaxis.range[1]
    assert chart.figure.layout.xaxis.range[1] > 7 + half
    assert "MBG/NBD: the best" in chart.alt
    assert "BG/NBD: 7 behind (3.7–10.3)" in chart.alt
    assert chart.data["behind the best"].tolist() == [0, 7]


def test_sources_that_are_not_known_are_not_drawn() -> None:
    total = Totals(np.array([100.0]), np.array([3.0]), np.array([4.0]), np.array([50]))
    young = drawing.sources(by_source(total, 0.9, "purchases", "", None, "too young"), "light")
    assert young.data["source"].tolist() == ["Parameters", "Chance", "All three"]
    chart = drawing.sources(by_source(total, 0.9, "money", "", 0.12, ""), "dark", "EUR")
    assert chart.data["source"].tolist() == ["Parameters", "Chance", "Model’s own error", "All three"]
    assert chart.data["low"].tolist() == pytest.approx(
        [100 * np.exp(-norm.ppf(0.95) * sd) for sd in (0.03, 0.04, 0.12, 0.13)]
    )
    assert "Expected €100." in chart.alt
    assert all(t.startswith("€") for t in chart.figure.layout.xaxis.ticktext)


def test_nothing_expected_can_be_drawn() -> None:
    none = Totals(np.zeros(1), np.zeros(1), np.zeros(1), np.array([3]))
    chart = drawing.sources(by_source(none, 0.9, "purchases", "", 0.1, ""), "light")
    low, high = chart.figure.layout.xaxis.range
    assert low < 0 < high
    assert len(chart.figure.layout.xaxis.tickvals) >= 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_area_under_a_density_is_the_share_of_customers(found, theme) -> None:
    for mixing in (buying(found), leaving(found)):
        chart = shapes.mixing(mixing, theme, "how often")
        drawn, data = chart.figure.data[0], chart.data
        widths = data["to"] - data["from"]
        assert float((np.array(drawn.y) * widths).sum()) == pytest.approx(1 - mixing.beyond)
        assert data["share of customers"].sum() == pytest.approx(1 - mixing.beyond)
        # A spike may leave the picture; what lies in the middle never does.
        top = chart.figure.layout.yaxis.range[1]
        assert top > mixing.cells.density.iloc[20:-20].max()
        # The alternative text names the median, to the width of a cell.
        half = float(data["to"][(data["share below"] >= 0.5).idxmax()])
        assert "half of the customers lie below" in chart.alt
        assert mixing.cells.below[mixing.cells.high <= half * (1 + 1e-9)].max() >= 0.5


def test_the_surface_drawn_is_the_fitters_matrix(found) -> None:
    got = surface(found, Definitions(), age=40)
    chart = shapes.surface(got, "alive", "light")
    whole = found.fit.purchases.conditional_probability_alive_matrix(max_frequency=found.most, max_recency=40)
    heat = chart.figure.data[0]
    z = np.array(heat.z, float)
    known = ~np.isnan(z)
    assert z[known] == pytest.approx(whole[:, 1:][known])
    assert (heat.zmin, heat.zmax) == (0, 1)
    cell = chart.data[
        (chart.data["repeat purchases"] == 2) & (chart.data["age at the last purchase, days"] == 30)
    ]
    assert cell["still a customer"].tolist() == pytest.approx([whole[30, 2]])
    assert len(chart.data) == known.sum()
    # A history that cannot be says nothing when pointed at, and has no row in the download.
    assert heat.customdata[0][4] == ""


@pytest.mark.parametrize("of", ["purchases", "value"])
def test_what_is_ahead(found, of) -> None:
    got = surface(found, Definitions(), age=200)
    chart = shapes.surface(got, of, "dark", "USD")
    heat = chart.figure.data[0]
    assert heat.zmax == pytest.approx(np.nanmax(getattr(got, of)))
    assert ("$" in heat.customdata[-1][0]) == (of == "value")
    assert "365 days" in shapes.title(got, of)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_timeline_is_the_chance_at_each_purchase(found, some, theme) -> None:
    """The chance drawn on a purchase day is that of the history up to and with that day."""
    fit = found.fit
    got = timeline(
        some, Definitions(), customer="c2", model=fit.family.name, parameters=fit.parameters.tolist()
    )
    chart = line.timeline(got, theme, "USD")
    curve, marks = chart.figure.data
    # c2 came on 3 January and 1 + 2*2 % 7 = 5 times, 23 days apart.
    first = pd.Timestamp("2024-01-03")
    assert list(pd.to_datetime(list(marks.x))) == [first + pd.Timedelta(days=23 * k) for k in range(5)]
    drawn = dict(zip(pd.to_datetime(list(curve.x)), curve.y, strict=True))
    for k in range(5):
        by_hand = fit.purchases.conditional_probability_alive(k, 23 * k, 23 * k)
        assert drawn[first + pd.Timedelta(days=23 * k)] == pytest.approx(float(np.ravel(by_hand)[0]))
    last = fit.purchases.conditional_probability_alive(4, 92, (pd.Timestamp("2024-12-30") - first).days)
    assert curve.y[-1] == pytest.approx(float(np.ravel(last)[0]))
    assert chart.data["bought"].sum() == 5
    assert chart.alt.startswith("5 purchases from 3 Jan 2024 to 4 Apr 2024")
    assert 2 <= len(chart.figure.layout.xaxis.tickvals) <= 7

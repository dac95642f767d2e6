"""The drawn table of cohorts: what is in it, and what is not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import words
from charts import cohorts as drawing
from models.cohorts import cohort_table, rolled_up
from models.definitions import Definitions

D = Definitions()


@pytest.fixture(scope="module")
def table(shop):
    return cohort_table(shop, D)


def _heat(chart):
    return next(trace for trace in chart.figure.data if trace.type == "heatmap")


def _texts(chart) -> list[str]:
    return [
        text for trace in chart.figure.data if trace.type == "scatter" and trace.text for text in trace.text
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_only_where_there_is_a_value(table, theme):
    chart = drawing.heat_map(table, theme)
    values = _heat(chart).z
    assert np.isnan(values).any()
    assert len(_texts(chart)) == np.isfinite(values).sum()
    assert not any("nan" in text.lower() for text in _texts(chart))
    # 10 of 40 came back in month 1: the cell says 25.
    assert _texts(chart).count("25") == 6


def test_rows_show_the_cohort_and_its_size_oldest_on_top(table):
    chart = drawing.heat_map(table, "light")
    axis = chart.figure.layout.yaxis
    assert axis.ticktext[0] == "Jan 2024 (40)"
    assert axis.range[0] > axis.range[1]


def test_a_blank_cell_says_why_when_pointed_at(table):
    heat = _heat(drawing.heat_map(table, "light"))
    blank = heat.customdata[np.isnan(heat.z)]
    assert all("Too young" in text for text in blank)
    # Wilson, 10 of 40 at 90%: (.25 + .03382 -+ 1.64485 x .071486) / 1.06764
    assert "<b>25.0%</b> (15.6%–37.6%)" in heat.customdata[0][0]


@pytest.fixture(scope="module")
def old(shops):
    """A hundred weeks of one cohort, of whom a fifth comes back in each."""
    rows = [shops.order(f"c{i}", "2022-01-03") for i in range(20)]
    days = [dt.date(2022, 1, 5) + dt.timedelta(weeks=k) for k in range(1, 102)]
    return shops.shop_of([*rows, *(shops.order(f"c{i}", str(day)) for day in days for i in range(4))])


def test_too_many_ages_have_no_text_but_keep_their_hover(old):
    chart = drawing.heat_map(cohort_table(old, D.but(period="week")), "light")
    assert _texts(chart) == []
    assert "customers" in _heat(chart).customdata[0][0]


def test_a_telephone_leaves_out_figures_that_fit_on_a_desk_alone(old):
    by_month = drawing.heat_map(cohort_table(old, D), "light")
    assert "20" in _texts(by_month)
    assert by_month.crowded
    by_quarter = drawing.heat_map(cohort_table(old, D.but(period="quarter")), "light")
    assert "20" in _texts(by_quarter)
    assert not by_quarter.crowded


def test_amounts_carry_the_sign_of_their_currency(shop):
    table = cohort_table(shop, D, measure="revenue")
    axis = drawing.curves(table, "light", "GBP").figure.layout.yaxis
    assert axis.ticktext[0] == "£0"
    assert axis.tickvals[-1] > 0.8 * np.nanmax(table.cells.value), (
        "the cohorts' own lines have ticks beside them"
    )
    assert "in £" in drawing.heat_map(table, "light", "GBP").figure.layout.xaxis.title.text
    assert drawing.curves(table, "light").figure.layout.yaxis.ticktext[0] == "0"


def test_an_average_over_the_same_cohorts_ends_where_they_do(shop):
    table = cohort_table(shop, D)
    figure = drawing.curves(table, "light", through=3).figure
    line = next(trace for trace in figure.data if trace.mode == "lines+markers")
    assert list(line.x) == [1, 2, 3]
    assert list(line.y) == rolled_up(table, through=3).value.tolist()
    # Of six months' cohorts, all but June's had been observed for three months by the end of August.
    thin = [trace for trace in figure.data if trace.legendgroup == "each"]
    assert [list(trace.x) for trace in thin] == [[1, 2, 3]] * 5


@pytest.mark.parametrize("measure", ["retention", "revenue", "purchases"])
@pytest.mark.parametrize("split", [None, "channel"])
def test_curves_are_the_pooled_figures_with_their_band(shop, measure, split):
    table = cohort_table(shop, D, measure=measure, split=split)
    chart = drawing.curves(table, "light", "USD")
    lines = [trace for trace in chart.figure.data if trace.mode == "lines+markers"]
    pooled = rolled_up(table)
    pooled = pooled[pooled.value.notna()]
    assert {line.name for line in lines} == ({"All cohorts"} if split is None else {"web", "shop"})
    for line in lines:
        own = pooled if split is None else pooled[pooled.split == line.name]
        assert list(line.y) == own.value.tolist()
    bands = [trace for trace in chart.figure.data if trace.fill == "tonexty"]
    assert len(bands) == len(lines)


def test_alternative_text_names_the_extremes(table):
    alt = drawing.heat_map(table, "light").alt
    assert "The highest is 25.0%" in alt
    assert "0.0%" in alt


def test_data_for_the_download_has_every_cell(table):
    data = drawing.heat_map(table, "light").data
    assert len(data) == len(table.cells)
    assert data["why empty"].str.len().gt(0).sum() == table.cells.value.isna().sum()


def test_nothing_known_is_drawn_as_nothing(shops):
    table = cohort_table(shops.shop_of([shops.order("a", "2024-01-05")]), D)
    assert "No cell is known" in drawing.heat_map(table, "light").alt
    assert "Nothing is known" in drawing.curves(table, "light").alt


def test_every_text_is_translated(table):
    words.use(words.PSEUDO)
    try:
        for chart in (drawing.heat_map(table, "light", "USD"), drawing.curves(table, "light", "USD")):
            layout = chart.figure.layout
            shown = [layout.xaxis.title.text, *(layout.xaxis.ticktext or ()), *(layout.yaxis.ticktext or ())]
            assert all(text.startswith("⟦") for text in [*shown, chart.alt])
    finally:
        words.use("en")

"""What first orders tell, drawn: the figures, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from charts import covariates as drawing
from models.btyd.covariate_effects import LikelihoodRatio
from models.covariate_fit import CovariateFit
from models.estimate import Estimate

COLUMNS = {"channel": "Channel", "country": "Country"}


def ratio(value: float, low: float, high: float, unit: str = "ratio") -> Estimate:
    return Estimate(value, low, high, 100, 0.9, unit, "by hand")


def fitted(by: tuple[str, ...] = ("channel",), high: float = 0.9, unit: str = "share") -> CovariateFit:
    rows = [
        ("channel", "search", True, ratio(1, 1, 1)),
        ("channel", "<b>ads</b> of a very long name indeed", False, ratio(0.7, 0.55, high)),
    ]
    if "country" in by:
        rows += [("country", "US", True, ratio(1, 1, 1)), ("country", "GB", False, ratio(1.1, 0.9, 1.3))]
    table = pd.DataFrame(rows, columns=["covariate", "level", "base", "buying"])
    table["customers"] = 100
    table["dropout"] = table.buying
    table["purchases"] = [ratio(2, 1.5, 2.5, "purchases")] * len(table)
    test = LikelihoodRatio(20.0, 3, 0.0002)
    return CovariateFit(table, by, "bg_nbd", unit, test, -14.0, 0.9, 365.0, 200, ())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_level_is_a_dot_with_its_interval_against_one(theme) -> None:
    chart = drawing.effects(fitted(), "buying", COLUMNS, theme)
    bands, points = chart.figure.data[:2], chart.figure.data[-1]
    assert list(points.x) == [1, 0.7]
    assert list(bands[1].x) == [0.55, 0.9]
    assert chart.figure.layout.xaxis.type == "log"
    low, high = 10 ** np.array(chart.figure.layout.xaxis.range)
    assert low < 0.55
    assert high > 1
    assert [line.x0 for line in chart.figure.layout.shapes] == [1]
    # What a file holds is shown as it is written, shortened beside the row and whole in words.
    assert chart.figure.layout.yaxis.ticktext[1].startswith("&lt;b&gt;ads")
    assert chart.figure.layout.yaxis.ticktext[1].endswith("…")
    assert "of a very long name indeed: 0.7 (0.55–0.9) times" in chart.alt
    assert "search: what the others are compared with" in chart.alt


def test_the_download_has_every_figure() -> None:
    data = drawing.effects(fitted(("channel", "country")), "dropout", COLUMNS, "light").data
    assert data["column"].tolist() == ["Channel", "Channel", "Country", "Country"]
    assert data["buying"].tolist() == [1, 0.7, 1, 1.1]
    assert data["buying, from"].tolist() == [1, 0.55, 1, 0.9]
    assert data["purchases of a new customer, to"].tolist() == [2.5] * 4


def test_several_columns_are_named_and_the_axis_says_what_is_multiplied() -> None:
    found = fitted(("channel", "country"), unit="rate")
    chart = drawing.effects(found, "dropout", COLUMNS, "light")
    assert list(chart.figure.layout.yaxis.ticktext)[2:] == ["Country: US", "Country: GB"]
    assert "rate of leaving" in chart.figure.layout.xaxis.title.text
    share = drawing.effects(fitted(), "dropout", COLUMNS, "light")
    assert "stop after a purchase" in share.figure.layout.xaxis.title.text


def test_a_level_that_nothing_is_known_of_does_not_squeeze_the_others() -> None:
    chart = drawing.effects(fitted(high=4000.0), "buying", COLUMNS, "light")
    assert 10 ** chart.figure.layout.xaxis.range[1] < 25
    ticks = [float(v) for v in chart.figure.layout.xaxis.tickvals]
    assert {0.5, 1, 2} <= set(ticks)

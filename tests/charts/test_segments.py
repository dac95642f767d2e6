"""Groups and migration drawn: every figure is said in words too, and what lies beyond chance carries a mark."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from charts import segments as drawing
from models.estimate import Estimate
from models.migration import Migration
from models.segment_value import SegmentValue
from models.segments import LARGER, LARGER_OF, NAMES, PROSPECTS


@pytest.fixture
def moved() -> Migration:
    """Of 100 best customers 60 stay and 40 fall asleep, where 20 were expected; 50 asleep stay so."""
    seen = np.zeros((5, 5), dtype=int)
    seen[0, 0], seen[0, 4], seen[4, 4] = 60, 40, 50
    rng = np.random.default_rng(0)
    worlds = np.zeros((50, 5, 5), dtype=int)
    worlds[:, 0, 4] = rng.binomial(100, 0.2, 50)
    worlds[:, 0, 0] = 100 - worlds[:, 0, 4]
    worlds[:, 4, 4] = 50
    return Migration(dt.date(2024, 1, 1), dt.date(2024, 7, 1), False, seen, worlds, 7, 0.9)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_beyond_chance_carries_a_mark(moved, theme) -> None:
    drawn = drawing.migration(moved, theme)
    cells = [said for trace in drawn.figure.data if trace.type == "scatter" for said in trace.text]
    assert len(cells) == 3
    marked = [said for said in cells if "▲" in said]
    assert len(marked) == 1
    assert marked[0].startswith("<b>▲ 40</b>")
    assert not any("▼" in said for said in cells)
    assert "26.7%" in drawn.alt
    beyond = drawn.data[drawn.data["beyond chance"] == 1]
    assert beyond[["from", "to", "customers"]].values.tolist() == [["Best", "Asleep", 40]]


def test_a_row_of_groups_nobody_was_in_is_left_out(moved) -> None:
    figure = drawing.migration(moved, "light").figure
    assert list(figure.layout.yaxis.ticktext) == ["Best (100)", "Asleep (50)"]
    assert list(figure.layout.xaxis.ticktext) == ["Best", "Asleep"]


def test_every_group_has_a_name() -> None:
    assert len(drawing.titles(eleven=True)) == len(set(drawing.titles(eleven=True))) == len(NAMES)
    assert len(drawing.titles(eleven=False)) == len(LARGER)
    assert sorted(drawing.BEST_FIRST) == list(range(len(NAMES)))
    assert [drawing.title_of(name).upper().replace(" ", "_") for name in NAMES] == list(NAMES)
    assert drawing.larger_of("CHAMPIONS") == drawing.larger_of("LOYAL") == "Best"
    assert len(LARGER_OF) == len(NAMES) == PROSPECTS + 1


def test_what_is_to_come_stands_beside_its_group() -> None:
    from types import SimpleNamespace

    import pandas as pd

    def e(value: float) -> Estimate:
        return Estimate(value, value, value, 9)

    larger = pd.DataFrame(
        {
            "group": [4, 0],
            "customers": [30, 10],
            "revenue": [100.0, 900.0],
            "share": [e(0.1), e(0.9)],
            "kept": [e(0.1), e(0.5)],
            "churn": [e(0.9), e(0.5)],
            "average_order": [e(5.0), e(9.0)],
        }
    )
    found = SimpleNamespace(larger=larger, table=larger)
    value = SegmentValue([], [e(1.0), e(2.0), e(3.0), e(4.0), e(5.0)], e(15.0), None)
    rows = drawing.ordered(found, value, eleven=False)
    assert rows.title.tolist() == ["Best", "Asleep"]
    assert [one.value for one in rows.to_come] == [1.0, 5.0]
    drawn = drawing.lanes(found, "light", "USD", eleven=False)
    assert drawn.alt.endswith("Best bring most: 90.0% (90.0%–90.0%) of revenue, 25.0% of customers.")
    assert list(drawn.figure.data[0].x) == [0.9, 0.1]

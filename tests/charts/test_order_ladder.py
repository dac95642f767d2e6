"""The order ladder drawn: what the figures hold, by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from charts import order_ladder as drawing
from charts import spend_by_age as age_drawing
from models.definitions import Definitions
from models.order_ladder import FOLLOWED, order_ladder
from models.order_ladder_splits import compared
from models.order_ladder_threshold import threshold
from models.spend_by_age import spend_by_age

START = dt.date(2022, 1, 1)


@pytest.fixture(scope="module")
def some(shops):
    """600 customers, of whom half order again after 1 to 120 days, of those four fifths a third time; web does better than shop."""
    rng = np.random.default_rng(2)
    rows = [shops.order("close", str(START + dt.timedelta(days=900)))]
    for i in range(600):
        day, web = int(rng.integers(0, 300)), i % 2
        for chance in (1.0, 0.65 if web else 0.35, 0.8, 0.8):
            if rng.random() > chance:
                break
            on = str(START + dt.timedelta(days=day))
            rows.append(shops.order(f"c{i}", on, 10 + i % 7, channel="web" if web else "<b>shop</b>"))
            day += int(rng.integers(1, 121))
    return shops.shop_of(rows)


@pytest.fixture(scope="module")
def ladder(some):
    return order_ladder(some, Definitions())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_climbing_curves_are_those_of_the_steps(ladder, theme: str) -> None:
    drawn = drawing.climbing(drawing.lines(ladder.steps[:2], ["one", "two"]), 365, theme)
    named = [t for t in drawn.figure.data if t.name]
    assert [t.name for t in named] == ["one", "two"]
    assert len({t.line.dash for t in named}) == 2
    for trace, step in zip(named, ladder.steps, strict=False):
        assert (trace.x[0], trace.y[0]) == (0, 0)
        assert list(trace.y) == sorted(trace.y)
        for day, share in list(zip(trace.x, trace.y, strict=True))[1::40]:
            assert share == pytest.approx(step.by(day).value)
    bands = [t for t in drawn.figure.data if not t.name]
    assert all(
        (np.array(low.y) <= np.array(high.y)).all() for low, high in zip(bands[::2], bands[1::2], strict=True)
    )
    assert drawn.data.iloc[:, -1].min() >= FOLLOWED
    assert "one:" in drawn.alt
    assert "still watched" in drawn.alt


def test_a_long_curve_keeps_its_ends(ladder) -> None:
    rows = drawing._table(drawing.Line("one", ladder.steps[0].curve), 900)
    assert rows.day.is_monotonic_increasing
    assert rows.share.iloc[-1] == pytest.approx(ladder.steps[0].by(rows.day.iloc[-1]).value)


def test_the_threshold_is_marked_by_more_than_its_colour(ladder) -> None:
    found = threshold(ladder)
    (trace,) = drawing.by_order(found, "light").figure.data
    assert found.order == 2
    assert [s == "diamond" for s in trace.marker.symbol] == [n == 2 for n in range(1, len(found.shares) + 1)]
    assert list(trace.y) == [e.value for e in found.shares]


def test_groups_stand_highest_first_with_their_sizes(some, ladder) -> None:
    split = next(s for s in compared(some, Definitions()).splits if s.name == "channel")
    drawn = drawing.groups(split, ladder.window, "light")
    names = drawn.figure.layout.yaxis.ticktext
    assert names[0].startswith("web (300)")
    # Plotly reads markup in labels: a shop's own text must not become any.
    assert "<b>" not in names[1]
    assert list(drawn.data.iloc[:, 0]) == ["web", "<b>shop</b>"]


def test_spend_by_age_tells_survivors_apart(some) -> None:
    found = spend_by_age(some, Definitions())
    drawn = age_drawing.orders(found, "dark")
    everybody, stayed = drawn.figure.data
    assert everybody.line.dash != stayed.line.dash
    assert everybody.marker.symbol != stayed.marker.symbol
    assert everybody.y[0] == stayed.y[0]
    assert everybody.y[1] < stayed.y[1]
    assert list(everybody.x)[:2] == ["0–6", "6–12"]
    value = age_drawing.order_value(found, "light", "USD")
    assert "$" in value.alt
    assert len(value.data) == len([a for a in found.ages if a.order_value.known])

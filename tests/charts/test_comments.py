"""What the charts of comments show, and say to those who cannot see them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from charts import comments as drawing
from models.comments import Language, comments
from models.definitions import Definitions
from tests.models.comment_texts import planted
from tests.models.test_comments import CSAT, shop_of


@pytest.fixture(scope="module")
def found() -> Language:
    said, about = planted("en", 300, 1)
    when = np.where(np.arange(300) < 270, "2024-02-01", "2024-08-01")
    frame = {"comment": said, "score": np.where(about == 0, 1.0, 5.0), "answered_at": when}
    return comments(shop_of(pd.DataFrame(frame)), Definitions()).languages[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_theme_has_a_bar_and_a_point_in_the_same_order(found: Language, theme: str) -> None:
    bars, points = drawing.shares(found, theme), drawing.scores(found, CSAT, theme)
    assert len(bars.figure.data[0].y) == len(found.themes)
    assert list(points.figure.layout.yaxis.categoryarray) == list(bars.figure.data[0].y)
    lowest = min(found.themes, key=lambda t: t.scores[CSAT].value)
    assert drawing.title(lowest) in points.alt
    assert len(bars.data) == len(found.themes)


def test_a_quarter_without_enough_comments_breaks_the_line(found: Language) -> None:
    drawn = drawing.quarters(found.named[0], "light")
    line = drawn.figure.data[0]
    assert list(line.x) == ["Q1 2024", "Q2 2024", "Q3 2024"]
    assert np.isnan(line.y[1])
    assert np.isfinite([line.y[0], line.y[2]]).all()
    assert list(drawn.data.comments) == [270, 0, 30]

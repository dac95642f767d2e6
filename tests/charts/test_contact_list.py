"""The profit curve, drawn: what the figure holds, and that odd lists can be drawn at all."""

from __future__ import annotations

import numpy as np
import pytest

from charts import contact_list as drawing
from models.contact_profit import Costs, profit


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_curve_marks_the_best_cut(theme: str) -> None:
    found = profit(np.zeros(3), np.array([50.0, 10.0, 1.0]), Costs(1, 0, 0.5))
    chart = drawing.curve(found, theme, "EUR")
    assert list(chart.figure.data[-1].y) == found.mean.tolist()
    assert "best: the first 2" in [a.text for a in chart.figure.layout.annotations]
    assert "highest at 2 customers, €28" in chart.alt
    assert chart.data["customers contacted"].tolist() == [0, 1, 2, 3]


def test_a_list_that_never_pays_is_drawn_without_a_mark() -> None:
    chart = drawing.curve(profit(np.full(5, 0.5), np.full(5, 3.0), Costs()), "light")
    assert not chart.figure.layout.annotations
    assert min(chart.figure.layout.yaxis.tickvals) < 0


def test_nobody_at_all_can_be_drawn() -> None:
    assert drawing.curve(profit(np.zeros(0), np.zeros(0), Costs()), "dark").alt

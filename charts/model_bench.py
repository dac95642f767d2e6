"""The model bench, drawn: how far models lie behind the best, and what widens a forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.figures import nice, writer
from charts.theme import Chart
from models.btyd.inputs import Floats
from models.estimate import Estimate
from models.model_bench import gaps
from models.model_choice import Choice
from words import text

ROW = 40
"""The height of one interval, in pixels."""
PADDING = 0.05
"""Room beside the longest interval, of its length."""


def comparison(found: Choice, level: float, theme: str) -> Chart:
    """How much less likely each model made the days held back than the best one, with the interval of that difference."""
    table = found.table
    low, high = gaps(table.behind.to_numpy(float), table.chance.to_numpy(float), level)
    said = [
        text(
            "{model}: {behind} behind ({low}–{high})",
            model=r.title,
            behind=words.number(r.behind, 1),
            low=words.number(a, 1),
            high=words.number(b, 1),
        )
        if r.behind or r.chance
        else text("{model}: the best in the days held back", model=r.title)
        for r, a, b in zip(table.itertuples(), low, high, strict=True)
    ]
    figure = intervals(table.title.tolist(), table.behind.tolist(), low, high, said, theme)
    figure.add_vline(x=0, line={"color": t.palette(theme).muted, "width": 1, "dash": "dot"}, layer="below")
    figure.update_xaxes(
        title_text=text("log-likelihood of the days held back, behind the best"), nticks=6, zeroline=False
    )
    data = pd.DataFrame(
        {
            text("model"): table.title,
            text("holdout log-likelihood"): table.holdout,
            text("behind the best"): table.behind,
            text("low"): low,
            text("high"): high,
        }
    )
    return Chart(figure, text("Models, the best first: {said}.", said="; ".join(said)), data)


def sources(found: dict[str, Estimate], theme: str, currency: str = "") -> Chart:
    """One forecast with the interval that each source of error alone would give it, and all together."""
    names = source_names()
    known = {name: e for name, e in found.items() if e.known}
    unit = found["all"].unit
    write = writer(unit, currency, 0)
    said = [
        text("{source}: {low}–{high}", source=names[name], low=write(e.low), high=write(e.high))
        for name, e in known.items()
    ]
    low, high = (np.array([getattr(e, end) for e in known.values()]) for end in ("low", "high"))
    values = [e.value for e in known.values()]
    figure = intervals([names[name] for name in known], values, low, high, said, theme)
    ends = _nice_between(float(low.min()), float(high.max()))
    figure.update_xaxes(tickvals=ends, ticktext=[write(v) for v in ends])
    data = pd.DataFrame(
        {
            text("source"): [names[name] for name in known],
            text("expected"): values,
            text("low"): low,
            text("high"): high,
        }
    )
    alt = text("Expected {value}. {said}.", value=write(found["all"].value), said="; ".join(said))
    return Chart(figure, alt, data)


def source_names() -> dict[str, str]:
    return {
        "parameters": text("Parameters"),
        "chance": text("Chance"),
        "model": text("Model’s own error"),
        "all": text("All three"),
    }


def intervals(
    names: Sequence[str],
    values: Sequence[float],
    low: Floats,
    high: Floats,
    said: Sequence[str],
    theme: str,
) -> go.Figure:
    """Rows of a point and its interval, the first on top."""
    p = t.palette(theme)
    rows = list(range(len(names)))
    figure = t.figure(theme, height=ROW * len(rows) + 62)
    for row, (a, b) in enumerate(zip(low, high, strict=True)):
        figure.add_scatter(
            x=[a, b],
            y=[row, row],
            mode="lines",
            line={"color": t.faded(p.series[0], 0.45), "width": 9},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=list(values),
        y=rows,
        mode="markers",
        marker={"color": p.series[0], "size": 11, "line": {"color": p.paper, "width": 1.5}},
        hovertext=list(said),
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_yaxes(
        tickvals=rows, ticktext=list(names), range=[len(rows) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    least, most = float(np.min(low)), float(np.max(high))
    room = PADDING * (most - least or abs(most) or 1.0)
    figure.update_xaxes(showgrid=True, range=[least - room, most + room])
    return figure


def _nice_between(low: float, high: float) -> list[float]:
    """A few round values between two."""
    step = nice(max(high - low, 1e-12))[1]
    return [step * k for k in range(int(np.ceil(low / step)), int(high / step) + 1)] or [low]

"""How customers differ in buying and leaving, and what a history means for the future, drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import words
from charts import theme as t
from charts.figures import nice, writer
from charts.theme import Chart
from models.model_shapes import Mixing, Surface
from words import text

SPIKE = 10
"""Cells at either end of a density that may rise out of the picture: there it can be infinite."""


def mixing(found: Mixing, theme: str, title: str) -> Chart:
    """A density over customers; the mean at the dashed line. A spike that would dwarf the rest leaves the picture."""
    p, cells = t.palette(theme), found.cells
    middle = (cells.low + cells.high) / 2
    unit = "share" if found.unit == "share" else "ratio"
    write, on_axis = (
        writer(unit, "", 1 if unit == "share" else 2),
        writer(unit, "", 0 if unit == "share" else 2),
    )
    figure = t.figure(theme, height=290)
    figure.add_scatter(
        x=middle,
        y=cells.density,
        mode="lines",
        line={"color": p.series[0], "width": 2.5},
        fill="tozeroy",
        fillcolor=t.faded(p.series[0], 0.18),
        hovertext=[
            text(
                "{share} of the customers lie below {value}",
                share=words.percent(r.below),
                value=write(r.high),
            )
            for r in cells.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(x=found.mean.value, line={"color": p.series[1], "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=found.mean.value,
        y=1,
        yref="paper",
        text=text("mean {value}", value=write(found.mean.value)),
        showarrow=False,
        xanchor="left" if found.mean.value < float(middle.mean()) else "right",
        xshift=6 if found.mean.value < float(middle.mean()) else -6,
        font={"color": p.muted, "size": 12},
    )
    inner = cells.density.iloc[SPIKE:-SPIKE] if found.unit == "share" else cells.density.iloc[SPIKE:]
    top = min(float(cells.density.max()), 1.6 * float(inner.max()))
    figure.update_yaxes(range=[0, 1.05 * top], title_text=text("density"), nticks=5)
    ends = nice(float(cells.high.iloc[-1]))
    figure.update_xaxes(title_text=title, tickvals=ends, ticktext=[on_axis(v) for v in ends])
    half = cells[cells.below >= 0.5].high.iloc[0]
    alt = text(
        "{title}: {mean} on average; half of the customers lie below {half}.",
        title=title,
        mean=write(found.mean.value),
        half=write(float(half)),
    )
    names = {
        "low": text("from"),
        "high": text("to"),
        "share": text("share of customers"),
        "below": text("share below"),
        "density": text("density"),
    }
    return Chart(figure, alt, cells.rename(columns=names))


def surface(found: Surface, of: str, theme: str, currency: str = "") -> Chart:
    """`of` ("alive", "purchases" or "value") by recency up the side and frequency along."""
    p, grid = t.palette(theme), getattr(found, of)
    write = writer({"alive": "share", "value": "money"}.get(of, "purchases"), currency)
    on_bar = writer("share", "", 0) if of == "alive" else write
    top = float(np.nanmax(grid)) if np.isfinite(grid).any() else 1.0
    figure = t.figure(theme, height=380)
    figure.add_heatmap(
        z=grid,
        x=found.frequency,
        y=found.recency,
        customdata=[
            [
                text(
                    "{n} repeat purchases, the last at age {day} days: <b>{value}</b>",
                    n=words.count(x),
                    day=words.count(day),
                    value=write(float(v)),
                )
                if np.isfinite(v)
                else ""
                for x, v in zip(found.frequency, row, strict=True)
            ]
            for day, row in zip(found.recency, grid, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorscale=t.scale(p.sequential),
        zmin=0,
        zmax=1 if of == "alive" else top or 1.0,
        colorbar=_colorbar(1.0 if of == "alive" else top, on_bar, p),
    )
    figure.update_yaxes(
        title_text=text("age at the last purchase, days"), showgrid=False, zeroline=False, nticks=7
    )
    figure.update_xaxes(title_text=text("repeat purchases"), nticks=12, zeroline=False)
    data = pd.DataFrame(
        {
            text("repeat purchases"): np.tile(found.frequency, len(found.recency)),
            text("age at the last purchase, days"): np.repeat(found.recency, len(found.frequency)),
            surface_name(of): grid.ravel(),
        }
    ).dropna()
    # The history that stands for most: few purchases, the last of them long ago or just now.
    column = grid[:, 0]
    alt = text(
        "Heat map of customers aged {age} days: {what}. With one repeat purchase {late} where it was on the last day, {early} where "
        "it was soon after the first.",
        age=words.count(found.age),
        what=surface_name(of),
        late=write(float(column[-1])),
        early=write(float(column[np.isfinite(column)][0])) if np.isfinite(column).any() else words.MISSING,
    )
    return Chart(figure, alt, data)


def _colorbar(top: float, write: Callable[[float], str], p: t.Palette) -> dict[str, Any]:
    ticks = nice(top)
    return {
        "tickvals": ticks,
        "ticktext": [write(v) for v in ticks],
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"color": p.muted, "size": 11},
    }


def title(found: Surface, of: str) -> str:
    if of == "alive":
        return text("Chance to be still a customer")
    days = words.count(found.days)
    if of == "value":
        return text("Value expected within {days} days, discounted", days=days)
    return text("Purchases expected within {days} days", days=days)


def surface_name(of: str) -> str:
    return {
        "alive": text("still a customer"),
        "purchases": text("purchases to come"),
        "value": text("value to come"),
    }[of]

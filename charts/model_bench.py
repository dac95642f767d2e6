"""The model bench, drawn: how far models lie behind the best, what widens a forecast, how customers differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.figures import nice, writer
from charts.theme import Chart
from models.customer_timeline import Timeline
from models.estimate import Estimate
from models.model_bench import gaps
from models.model_choice import Choice
from models.model_shapes import Mixing, Surface
from words import text

ROW = 40
"""The height of one interval, in pixels."""
SPIKE = 10
"""Cells at either end of a density that may rise out of the picture: there it can be infinite."""


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
    figure.update_xaxes(title_text=text("log-likelihood of the days held back, behind the best"), nticks=6)
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
    low: Sequence[float],
    high: Sequence[float],
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
    figure.update_xaxes(showgrid=True)
    return figure


def _nice_between(low: float, high: float) -> list[float]:
    """A few round values between two."""
    step = nice(max(high - low, 1e-12))[1]
    return [step * k for k in range(int(np.ceil(low / step)), int(high / step) + 1)] or [low]


def mixing(found: Mixing, theme: str, title: str) -> Chart:
    """A density over customers; the mean at the dashed line. A spike that would dwarf the rest leaves the picture."""
    p, cells = t.palette(theme), found.cells
    middle = (cells.low + cells.high) / 2
    unit = "share" if found.unit == "share" else "ratio"
    write = writer(unit, "", 1 if unit == "share" else 2)
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
    figure.update_xaxes(title_text=title, tickvals=ends, ticktext=[write(v) for v in ends])
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
        colorbar=_colorbar(1.0 if of == "alive" else top, write, p),
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


def _colorbar(top: float, write, p: t.Palette) -> dict[str, object]:
    ticks = nice(top)
    return {
        "tickvals": ticks,
        "ticktext": [write(v) for v in ticks],
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"color": p.muted, "size": 11},
    }


def surface_name(of: str) -> str:
    return {
        "alive": text("still a customer"),
        "purchases": text("purchases to come"),
        "value": text("value to come"),
    }[of]


def timeline(found: Timeline, theme: str, currency: str = "") -> Chart:
    """P(alive) by day, and a mark for each purchase."""
    p, days, bought = t.palette(theme), found.days, found.bought
    money = writer("money", currency)
    figure = t.figure(theme, height=300)
    figure.add_scatter(
        x=days.day,
        y=days.alive,
        mode="lines",
        name=text("Still a customer"),
        line={"color": p.series[0], "width": 2.5},
        fill="tozeroy",
        fillcolor=t.faded(p.series[0], 0.12),
        hovertext=[
            text(
                "{day}: {alive} after {n}", day=words.day(r.day.date()), alive=words.percent(r.alive), n=said
            )
            for r, said in zip(days.itertuples(), _so_far(days.purchases), strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_scatter(
        x=bought.day,
        y=[-0.06] * len(bought),
        mode="markers",
        name=text("Purchases"),
        marker={
            "color": p.series[1],
            "symbol": "line-ns",
            "size": 12,
            "line": {"color": p.series[1], "width": 2},
        },
        hovertext=[
            text("{day}: bought for {value}", day=words.day(r.day.date()), value=money(r.value))
            for r in bought.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    shares = [0.0, 0.25, 0.5, 0.75, 1.0]
    figure.update_yaxes(range=[-0.14, 1.05], tickvals=shares, ticktext=[words.percent(v, 0) for v in shares])
    _dates(figure, days.day)
    alt = text(
        "{n} purchases of one customer from {first} to {last}; still a customer on {end} with probability {alive}.",
        n=words.count(len(bought)),
        first=words.day(bought.day.iloc[0].date()),
        last=words.day(bought.day.iloc[-1].date()),
        end=words.day(days.day.iloc[-1].date()),
        alive=words.percent(days.alive.iloc[-1]),
    )
    on = set(bought.day)
    data = pd.DataFrame(
        {
            text("day"): days.day.dt.date,
            text("bought"): [int(day in on) for day in days.day],
            text("purchases so far"): days.purchases,
            text("still a customer"): days.alive,
        }
    )
    return Chart(figure, alt, data)


def _so_far(purchases: pd.Series) -> list[str]:
    said = {n: words.plural("{n} purchase", "{n} purchases", int(n)) for n in purchases.unique()}
    return [said[n] for n in purchases]


def _dates(figure: go.Figure, days: pd.Series) -> None:
    """Six labels or so: first days of months, or any days where there are few of those."""
    months = days[days.dt.day == 1]
    label, places = (words.month, months) if len(months) > 2 else (words.day, days)
    shown = places.iloc[:: max(1, -(-len(places) // 6))]
    figure.update_xaxes(tickvals=shown, ticktext=[label(day.date()) for day in shown])

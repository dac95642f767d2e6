"""The order ladder drawn: climbing curves with their bands, the share by order, and groups side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

import words
from charts import theme as t
from charts.cohorts import band
from charts.figures import writer
from charts.model_bench import intervals
from charts.theme import Chart
from models.estimate import Estimate
from models.order_ladder import FOLLOWED, Step
from models.order_ladder_splits import Split
from models.order_ladder_threshold import Threshold
from models.survival import Curve
from words import text

POINTS = 400
"""A curve is drawn at no more places than this: there are not more pixels."""


@dataclass(frozen=True)
class Line:
    name: str
    curve: Curve


def climbing(lines: Sequence[Line], days: int, theme: str, *, bands: bool = True) -> Chart:
    """The share that has climbed by each day, up to `days` or as long as FOLLOWED customers are watched."""
    p = t.palette(theme)
    figure = t.figure(theme, height=400)
    tables = [_table(line, days) for line in lines]
    for place, (line, rows) in enumerate(zip(lines, tables, strict=True)):
        colour = p.series[place % len(p.series)]
        if bands:
            for trace in band(rows.day, rows.low, rows.high, colour, 0.18):
                figure.add_trace(trace.update(line_shape="hv"))
        figure.add_scatter(
            x=rows.day,
            y=rows.share,
            name=escape(_short(line.name)),
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": t.DASHES[place % len(t.DASHES)], "shape": "hv"},
            hovertext=[_said(escape(line.name), row) for row in rows.itertuples()],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    share_axis(figure, max((float(r.high.max()) for r in tables), default=1.0), "")
    figure.update_xaxes(title_text=text("days since the earlier order"), range=[0, days * 1.02])
    # Plotly turns the legend round where areas are filled.
    figure.update_layout(legend={"traceorder": "normal"})
    return Chart(figure, _in_words(lines, tables), _data(lines, tables))


def _table(line: Line, days: int) -> pd.DataFrame:
    """`day`, `share`, `low`, `high` and `watched` (neither climbed nor out of sight before that day), from day 0."""
    curve = line.curve
    shown = (curve.time <= days) & (curve.time > 0) & (curve.at_risk >= FOLLOWED)
    rows = pd.DataFrame(
        {
            "day": curve.time[shown],
            "share": 1 - curve.survival[shown],
            "low": 1 - curve.high[shown],
            "high": 1 - curve.low[shown],
            "watched": curve.at_risk[shown],
        }
    )
    start = pd.DataFrame(
        {"day": [0.0], "share": [0.0], "low": [0.0], "high": [0.0], "watched": [float(curve.n)]}
    )
    rows = pd.concat([start, rows], ignore_index=True)
    if len(rows) > POINTS:
        rows = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, POINTS).astype(int))].reset_index(drop=True)
    return rows


def _said(name: str, row) -> str:  # type: ignore[no-untyped-def]
    return text(
        "{name}: {share} ({low}–{high}) by day {day}; {n} still watched",
        name=name,
        share=words.percent(row.share),
        low=words.percent(row.low),
        high=words.percent(row.high),
        day=words.count(row.day),
        n=words.count(row.watched),
    )


def _in_words(lines: Sequence[Line], tables: Sequence[pd.DataFrame]) -> str:
    ends = [_said(line.name, rows.iloc[-1]) for line, rows in zip(lines, tables, strict=True)]
    return text("Curves of the share that has ordered again, day by day. {ends}.", ends="; ".join(ends))


def _data(lines: Sequence[Line], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    named = [rows.assign(name=line.name) for line, rows in zip(lines, tables, strict=True)]
    columns = {"name": text("curve"), "day": text("day"), "share": text("share"), "low": text("from")}
    columns |= {"high": text("to"), "watched": text("still watched")}
    return pd.concat(named)[list(columns)].rename(columns=columns) if named else pd.DataFrame()


def share_axis(figure, top: float, title: str) -> None:  # type: ignore[no-untyped-def]
    """Shares from 0 to about `top` up the side."""
    step = 0.1 if top <= 0.6 else 0.2
    if top <= 0.12:
        step = 0.02
    ticks = [step * k for k in range(int(min(top, 1.0) / step + 1.5)) if step * k <= 1.0001]
    figure.update_yaxes(
        tickvals=ticks,
        ticktext=[words.percent(v, 0) for v in ticks],
        range=[0, max(min(top * 1.04, 1.02), ticks[-1])],
        title_text=title,
    )


def by_order(found: Threshold, theme: str) -> Chart:
    """The share that orders again after order 1, 2, 3 ..., with its interval; the threshold has its own marker."""
    p, write = t.palette(theme), writer("share", "")
    orders = list(range(1, len(found.shares) + 1))
    shares = pd.DataFrame([vars(e) for e in found.shares])
    begins = [n == found.order for n in orders]
    figure = t.figure(theme, height=300)
    figure.add_scatter(
        x=orders,
        y=shares.value,
        mode="lines+markers+text",
        line={"color": t.faded(p.series[0], 0.5), "width": 2},
        marker={
            "color": [p.series[1] if b else p.series[0] for b in begins],
            "symbol": ["diamond" if b else "circle" for b in begins],
            "size": [15 if b else 10 for b in begins],
        },
        error_y={
            "type": "data",
            "array": shares.high - shares.value,
            "arrayminus": shares.value - shares.low,
            "color": p.ink,
            "thickness": 1.5,
        },
        text=[f"{words.percent(v, 0)}   " for v in shares.value],
        textposition="top left",
        textfont={"color": p.ink, "size": 12},
        hovertext=[
            text(
                "after order {n}: {share} of {customers} customers",
                n=words.count(n),
                share=words.estimate(e),
                customers=words.count(e.n),
            )
            for n, e in zip(orders, found.shares, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    share_axis(figure, float(shares.high.max()) if len(shares) else 1.0, "")
    figure.update_xaxes(
        title_text=text("after order"),
        tickvals=orders,
        ticktext=[words.count(n) for n in orders],
        range=[0.5, len(orders) + 0.5],
    )
    alt = text(
        "Share that orders again within the window, by order: {shares}.",
        shares=words.listing(
            f"{words.count(n)}: {write(v)}" for n, v in zip(orders, shares.value, strict=True)
        ),
    )
    return Chart(figure, alt, _estimates(found.shares, text("after order"), [words.count(n) for n in orders]))


def groups(found: Split, days: int, theme: str) -> Chart:
    """The share of each group that has ordered again within so many days, the highest on top."""
    shown = [(g, g.by(days)) for g in found.groups]
    shown = sorted((pair for pair in shown if pair[1].known), key=lambda pair: -pair[1].value)
    figures = [e for _, e in shown]
    names = [
        text("{group} ({n})", group=escape(_short(g.label)), n=words.count(g.customers)) for g, _ in shown
    ]
    said = [f"{g.label}: {words.estimate(e)}" for g, e in shown]
    ends = [np.array([getattr(e, end) for e in figures]) for end in ("value", "low", "high")]
    figure = intervals(names, list(ends[0]), ends[1], ends[2], [escape(line) for line in said], theme)
    least, most = (float(end) for end in (min(ends[1]), max(ends[2])))
    step = next((step for step in (0.01, 0.02, 0.05, 0.1) if (most - least) / step <= 7), 0.2)
    ticks = [step * k for k in range(int(least / step), int(most / step) + 2)]
    figure.update_xaxes(
        tickvals=ticks,
        ticktext=[words.percent(v, 0) for v in ticks],
        range=[ticks[0] - step / 4, max(ticks[-1], most) + step / 4],
    )
    alt = text(
        "Share that has ordered again within {n} days. {groups}.", n=words.count(days), groups="; ".join(said)
    )
    return Chart(figure, alt, _estimates(figures, text("group"), [g.label for g, _ in shown]))


def _short(label: str) -> str:
    """A product's name may fill a telephone's whole width."""
    return label if len(label) <= 26 else label[:25] + "…"


def _estimates(figures: Sequence[Estimate], what: str, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            what: list(names),
            text("customers"): [e.n for e in figures],
            text("share"): [e.value for e in figures],
            text("from"): [e.low for e in figures],
            text("to"): [e.high for e in figures],
        }
    )


def lines(steps: Sequence[Step], names: Sequence[str]) -> list[Line]:
    return [Line(name, step.curve) for step, name in zip(steps, names, strict=True)]

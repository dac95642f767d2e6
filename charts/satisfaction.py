"""Satisfaction drawn: the answers by score, the score by period, groups side by side, orders after the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.model_bench import intervals
from charts.order_ladder import Line, climbing
from charts.theme import Chart
from models.cohort_clock import cohort_label
from models.estimate import Estimate
from models.satisfaction import Scale
from models.satisfaction_drivers import Drivers
from models.satisfaction_groups import SPENT, TENURE, Split
from models.satisfaction_orders import AfterAnswer
from models.satisfaction_trend import Period, Satisfaction
from words import text

PATTERNS = {1: "", 0: ".", -1: "/"}
"""Which side a bar is on shows without its colour too."""
MOST_LABELS = 12


def side_names(scale: Scale) -> dict[int, str]:
    """What the answers on each side of the scale are called."""
    if scale.kind == "NPS":
        return {-1: text("detractors"), 0: text("passives"), 1: text("promoters")}
    if scale.kind == "CES":
        return {0: text("not easy"), 1: text("easy")}
    return {0: text("not satisfied"), 1: text("satisfied")}


def side_colours(theme: str) -> dict[int, str]:
    p = t.palette(theme)
    return {-1: p.series[1], 0: p.muted, 1: p.series[0]}


def distribution(found: Satisfaction, theme: str) -> Chart:
    """A bar for each score of the scale; who counts for and against the shop has another colour and pattern."""
    scale = found.scale
    if scale is None:
        raise ValueError("There is nothing to draw: no answers.")
    p, names, colours = t.palette(theme), side_names(scale), side_colours(theme)
    figure = t.figure(theme, height=330)
    shares = np.array(found.counts) / max(found.answers, 1)
    for side, name in names.items():
        at = [k for k, s in enumerate(scale.scores) if scale.side(s) == side]
        part = sum(found.counts[k] for k in at)
        figure.add_bar(
            x=[scale.scores[k] for k in at],
            y=[found.counts[k] for k in at],
            name=text("{side} {share}", side=name, share=words.percent(part / max(found.answers, 1), 0)),
            marker={
                "color": colours[side],
                "pattern": {
                    "shape": PATTERNS[side],
                    "bgcolor": colours[side],
                    "fgcolor": p.paper,
                    "size": 6,
                    "solidity": 0.25,
                },
            },
            text=[words.count(found.counts[k]) for k in at],
            textposition="outside",
            textfont={"color": p.ink, "size": 11},
            cliponaxis=False,
            hovertext=[
                text(
                    "score {score}: {answers}, {share} ({side})",
                    score=words.count(scale.scores[k]),
                    answers=words.plural("{n} answer", "{n} answers", found.counts[k]),
                    share=words.percent(shares[k]),
                    side=name,
                )
                for k in at
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(scale.scores),
        ticktext=[words.count(s) for s in scale.scores],
        title_text=text("score given"),
    )
    top = max(found.counts, default=1)
    figure.update_yaxes(visible=False, range=[0, max(top, 1) * 1.12])
    said = "; ".join(
        f"{words.count(s)}: {words.count(n)}" for s, n in zip(scale.scores, found.counts, strict=True)
    )
    data = pd.DataFrame(
        {
            text("score"): scale.scores,
            text("answers"): found.counts,
            text("share"): shares,
            text("counts as"): [names[scale.side(s)] for s in scale.scores],
        }
    )
    return Chart(figure, text("Answers by score. {said}.", said=said), data)


def period_name(period: Period, width: int) -> str:
    """Mar 2025, 2025 Q1 or 2025"""
    return when_name(period.first, width)


def when_name(first: dt.date, width: int) -> str:
    if width == 12:
        return str(first.year)
    return cohort_label(first, "month" if width == 1 else "quarter")


def trend(found: Satisfaction, theme: str) -> Chart:
    """The score of each period with its interval; periods of few answers are hollow and grey."""
    p = t.palette(theme)
    figure = t.figure(theme, height=330)
    periods, names = found.periods, [period_name(x, found.width) for x in found.periods]
    said = [
        text(
            "{period}: {score}, {answers}",
            period=name,
            score=words.estimate(x.score),
            answers=words.plural("{n} answer", "{n} answers", x.score.n),
        )
        for name, x in zip(names, periods, strict=True)
    ]
    enough = [k for k, x in enumerate(periods) if not x.few]
    figure.add_scatter(
        x=enough,
        y=[periods[k].score.value for k in enough],
        mode="lines",
        line={"color": t.faded(p.series[0], 0.5), "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    for few in (False, True):
        at = [k for k, x in enumerate(periods) if x.few == few]
        if at:
            _points(figure, [periods[k].score for k in at], at, [said[k] for k in at], p, few=few)
    # One answer spans the whole scale: where there are better periods, they decide what is shown.
    lows = [x.score.value if x.few and enough else x.score.low for x in periods]
    highs = [x.score.value if x.few and enough else x.score.high for x in periods]
    score_axis(figure, min(lows, default=0.0), max(highs, default=1.0), found.score.unit)
    step = t.every(len(periods), room=MOST_LABELS)
    shown = list(range(0, len(periods), step))
    figure.update_xaxes(tickvals=shown, ticktext=[names[k] for k in shown], range=[-0.6, len(periods) - 0.4])
    data = estimates([x.score for x in periods], text("period"), names)
    return Chart(figure, text("The score by period. {said}.", said="; ".join(said)), data)


def _points(
    figure: go.Figure, scores: Sequence[Estimate], at: list[int], said: list[str], p: t.Palette, *, few: bool
) -> None:
    colour = p.muted if few else p.series[0]
    figure.add_scatter(
        x=at,
        y=[e.value for e in scores],
        mode="markers",
        name=text("too few answers") if few else text("score, with its interval"),
        marker={
            "color": p.paper if few else colour,
            "symbol": "circle",
            "size": 9 if few else 10,
            "line": {"color": colour, "width": 1.5},
        },
        error_y={
            "type": "data",
            "array": [e.high - e.value for e in scores],
            "arrayminus": [e.value - e.low for e in scores],
            "color": t.faded(colour, 0.35) if few else colour,
            "thickness": 1 if few else 2,
            "width": 0,
        },
        hovertext=said,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def score_axis(figure: go.Figure, low: float, high: float, unit: str) -> None:
    """Ticks that fit what is shown; NPS as -100..100, shares in percent."""
    ticks, texts = _ticks(low, high, unit)
    figure.update_yaxes(tickvals=ticks, ticktext=texts, range=[ticks[0], ticks[-1]], zeroline=low < 0)


def _ticks(low: float, high: float, unit: str) -> tuple[list[float], list[str]]:
    step = next((s for s in (0.05, 0.1, 0.2) if (high - low) / s <= 7), 0.5)
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    ticks = [round(step * k, 6) for k in range(first, max(last, first + 1) + 1)]
    if unit == "points":
        return ticks, [words.number(100 * v, 0) for v in ticks]
    return ticks, [words.percent(v, 0) for v in ticks]


def estimates(figures: Sequence[Estimate], what: str, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            what: list(names),
            text("answers"): [e.n for e in figures],
            text("score"): [e.value for e in figures],
            text("from"): [e.low for e in figures],
            text("to"): [e.high for e in figures],
        }
    )


def after_answer(found: AfterAnswer, scale: Scale, stratum: int | None, theme: str) -> Chart:
    """The share that has ordered again by each day after the answer, for each side; `stratum` None for all customers."""
    names = side_names(scale)
    lines = []
    # The best, the worst, then those between: each side keeps the colour it has among the scores.
    for side in sorted(found.sides, key=lambda s: (-abs(s.side), -s.side)):
        curve = side.curve if stratum is None else side.strata[stratum]
        if curve is not None:
            label = text("{side} ({n})", side=names[side.side], n=words.count(curve.n))
            lines.append(Line(label, curve))
    drawn = climbing(lines, found.days, theme)
    drawn.figure.update_xaxes(title_text=text("days since the answer"))
    drawn.figure.update_layout(height=340)
    return drawn


def groups(split: Split, names: Sequence[str], whole: Estimate, theme: str) -> Chart:
    """The score of each group with its interval, the highest on top, and that of all answers as a dotted line."""
    order = sorted(range(len(split.groups)), key=lambda k: -split.groups[k].score.value)
    if split.name in (TENURE, SPENT):
        order = list(range(len(split.groups)))
    figures = [split.groups[k].score for k in order]
    labels = [
        text("{group} ({n})", group=escape(_short(names[k])), n=words.count(split.groups[k].score.n))
        for k in order
    ]
    said = [f"{names[k]}: {words.estimate(split.groups[k].score)}" for k in order]
    ends = [np.array([getattr(e, end) for e in figures]) for end in ("value", "low", "high")]
    figure = intervals(labels, list(ends[0]), ends[1], ends[2], [escape(line) for line in said], theme)
    figure.add_vline(
        x=whole.value, line={"color": t.palette(theme).muted, "width": 1, "dash": "dot"}, layer="below"
    )
    ticks, texts = _ticks(float(ends[1].min()), float(ends[2].max()), whole.unit)
    figure.update_xaxes(tickvals=ticks, ticktext=texts, range=[ticks[0], ticks[-1]])
    alt = text(
        "The score by group; all answers {whole}. {groups}.",
        whole=words.estimate(whole),
        groups="; ".join(said),
    )
    return Chart(figure, alt, estimates(figures, text("group"), [names[k] for k in order]))


def _short(label: str) -> str:
    """A product's name may fill a telephone's whole width."""
    return label if len(label) <= 26 else label[:25] + "…"


def drivers(found: Drivers, names: Sequence[str], theme: str) -> Chart:
    """How many more or fewer unhappy answers among 100 each thing goes with, the largest on top."""
    figures = [term.effect for term in found.terms]
    said = [f"{name}: {words.estimate(e, digits=1)}" for name, e in zip(names, figures, strict=True)]
    ends = [np.array([getattr(e, end) for e in figures]) for end in ("value", "low", "high")]
    labels = [
        text("▲ {what}", what=escape(_short(name))) if term.beyond_chance else escape(_short(name))
        for name, term in zip(names, found.terms, strict=True)
    ]
    figure = intervals(labels, list(ends[0]), ends[1], ends[2], [escape(line) for line in said], theme)
    figure.add_vline(x=0, line={"color": t.palette(theme).muted, "width": 1, "dash": "dot"}, layer="below")
    ticks, texts = _ticks(min(float(ends[1].min()), 0.0), max(float(ends[2].max()), 0.0), "points")
    figure.update_xaxes(
        tickvals=ticks,
        ticktext=texts,
        range=[ticks[0], ticks[-1]],
        zeroline=False,
        title_text=text("more unhappy among 100"),
    )
    alt = text("What goes with unhappy answers, more among 100. {said}.", said="; ".join(said))
    return Chart(figure, alt, estimates(figures, text("what"), names))

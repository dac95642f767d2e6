"""What comments speak of: the share of each theme, how those who write of it score, and a theme's quarters."""

from __future__ import annotations

import pandas as pd

import words
from charts import theme as t
from charts.figures import nice
from charts.theme import Chart
from models.cohort_clock import cohort_label
from models.comments import CommentTheme, Language, Measure
from words import text

LABELLED = 3
"""Typical words on a chart; the list below has all."""


def title(theme: CommentTheme, most: int = LABELLED) -> str:
    """A theme by its words: there is no other name for it."""
    return text("other words") if theme.rest else ", ".join(theme.words[:most])


def measure_title(measure: Measure) -> str:
    return text(
        "{kind}, {low} to {high}", kind=measure.kind, low=f"{measure.low:g}", high=f"{measure.high:g}"
    )


def shares(found: Language, theme: str) -> Chart:
    """A bar a theme: its share of the comments, with the interval."""
    p, figure = t.palette(theme), t.figure(theme, height=_height(found))
    names = [_wrapped(title(each)) for each in found.themes]
    values = [each.share for each in found.themes]
    figure.add_bar(
        y=names,
        x=[e.value for e in values],
        orientation="h",
        marker={
            "color": [t.faded(p.series[7], 0.45) if each.rest else p.series[0] for each in found.themes],
            "pattern": {
                "shape": ["/" if each.rest else "" for each in found.themes],
                "size": 5,
                "solidity": 0.25,
            },
        },
        error_x={
            "type": "data",
            "array": [e.high - e.value for e in values],
            "arrayminus": [e.value - e.low for e in values],
            "color": p.ink,
            "thickness": 1.5,
        },
        hovertext=[
            text("{theme}: {share} of the comments", theme=title(each), share=words.estimate(each.share))
            for each in found.themes
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    ticks = [v for v in nice(max(e.high for e in values) * 100) if v <= 100]
    figure.update_xaxes(
        title_text=text("share of the comments"),
        tickvals=[v / 100 for v in ticks],
        ticktext=[words.percent(v / 100, 0) for v in ticks],
        showgrid=True,
        rangemode="tozero",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=6)
    largest = max(found.themes, key=lambda each: each.share.value)
    alt = text(
        "Share of the comments by theme. Largest: {theme}, {share}.",
        theme=title(largest),
        share=words.estimate(largest.share),
    )
    return Chart(figure, alt, data(found))


def scores(found: Language, measure: Measure, theme: str) -> Chart:
    """A point a theme: the mean answer of those who write of it, with its interval; none where there are too few."""
    p, figure = t.palette(theme), t.figure(theme, height=_height(found))
    known = [each for each in found.themes if each.scores[measure].known]
    values = [each.scores[measure] for each in known]
    figure.add_scatter(
        y=[_wrapped(title(each)) for each in known],
        x=[e.value for e in values],
        mode="markers",
        marker={
            "color": p.series[1],
            "size": 10,
            "symbol": ["circle-open" if each.rest else "circle" for each in known],
        },
        error_x={
            "type": "data",
            "array": [e.high - e.value for e in values],
            "arrayminus": [e.value - e.low for e in values],
            "color": p.ink,
            "thickness": 1.5,
        },
        hovertext=[
            text("{theme}: mean answer {score}", theme=title(each), score=words.estimate(e, digits=1))
            for each, e in zip(known, values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    order = [_wrapped(title(each)) for each in found.themes]
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=order,
        range=[len(order) - 0.5, -0.5],
        tickvals=order,
        showgrid=False,
        ticklabelstandoff=6,
    )
    step = 1 if measure.high - measure.low <= 6 else 2
    ticks = [measure.low + k * step for k in range(int((measure.high - measure.low) / step) + 1)]
    margin = (measure.high - measure.low) / 40
    figure.update_xaxes(
        title_text=text("mean answer ({measure})", measure=measure_title(measure)),
        tickvals=ticks,
        ticktext=[words.number(v, 0) for v in ticks],
        range=[measure.low - margin, measure.high + margin],
        showgrid=True,
    )
    lowest = min(known, key=lambda each: each.scores[measure].value, default=None)
    alt = (
        text("No theme has enough answers for a mean.")
        if lowest is None
        else text(
            "Mean answer by theme. Lowest: {theme}, {score}.",
            theme=title(lowest),
            score=words.estimate(lowest.scores[measure], digits=1),
        )
    )
    return Chart(figure, alt, data(found))


def quarters(each: CommentTheme, theme: str) -> Chart:
    """The theme's share of the comments by quarter, with intervals; quarters with too few comments are left out."""
    p, figure = t.palette(theme), t.figure(theme, height=280)
    rows = each.quarters
    known = rows[[e.known for e in rows.share]]
    names = [cohort_label(q.date(), "quarter") for q in rows.quarter]
    figure.add_scatter(
        x=names,
        y=[e.value for e in rows.share],  # a line breaks where a quarter is unknown
        mode="lines+markers",
        line={"color": p.series[0]},
        marker={"size": 8},
        error_y={
            "type": "data",
            "array": [e.high - e.value for e in rows.share],
            "arrayminus": [e.value - e.low for e in rows.share],
            "color": p.muted,
            "thickness": 1.5,
        },
        hovertext=[
            text(
                "{quarter}: {share} of {n}",
                quarter=name,
                share=words.estimate(e),
                n=words.plural("{n} comment", "{n} comments", n),
            )
            for name, n, e in zip(names, rows.comments, rows.share, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.5, len(names) - 0.5],
        tickvals=names[:: t.every(len(names), 8)],
    )
    ticks = [v for v in nice(max((e.high for e in known.share), default=0.1) * 100) if v <= 100]
    figure.update_yaxes(
        title_text=text("share of the comments"),
        tickvals=[v / 100 for v in ticks],
        ticktext=[words.percent(v / 100, 0) for v in ticks],
        rangemode="tozero",
    )
    last = known.iloc[-1] if len(known) else None
    alt = (
        text("No quarter has enough comments.")
        if last is None
        else text(
            "Share of the comments that speak of {theme} by quarter. Last, {quarter}: {share}.",
            theme=title(each),
            quarter=cohort_label(last.quarter.date(), "quarter"),
            share=words.estimate(last.share),
        )
    )
    frame = pd.DataFrame(
        {
            text("quarter"): names,
            text("comments"): rows.comments,
            text("share"): [e.value for e in rows.share],
            text("from"): [e.low for e in rows.share],
            text("to"): [e.high for e in rows.share],
        }
    )
    return Chart(figure, alt, frame)


def data(found: Language) -> pd.DataFrame:
    """The figures behind the charts, plain: for a table and a download."""
    rows = []
    for each in found.themes:
        row: dict[str, object] = {
            text("theme"): title(each, 5),
            text("comments"): each.comments,
            text("share"): each.share.value,
            text("from"): each.share.low,
            text("to"): each.share.high,
            text("agreement when repeated"): None if each.rest else each.stability,
        }
        for measure, e in each.scores.items():
            name = measure_title(measure)
            row |= {
                text("{measure}: answers", measure=name): e.n,
                text("{measure}: mean", measure=name): e.value,
                text("{measure}: from", measure=name): e.low,
                text("{measure}: to", measure=name): e.high,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _wrapped(label: str) -> str:
    """A word a line, so that a telephone has room beside the bars."""
    return label.replace(", ", ",<br>")


def _height(found: Language) -> int:
    return 76 + sum(15 * max(min(len(each.words), LABELLED), 1) + 14 for each in found.themes)

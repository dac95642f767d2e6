"""One customer on a time axis: orders, answers, how likely still a customer, and when the next order is due."""

from __future__ import annotations

import datetime as dt
from math import isfinite

import pandas as pd
import plotly.graph_objects as go

import words
from charts import customer_timeline
from charts import theme as t
from charts.theme import Chart
from models.customer_card import Card
from words import text

AHEAD = 366
"""So many days ahead of the last observed one are drawn at most: beyond, an arrow's end is no news."""


def timeline(found: Card, theme: str, currency: str = "") -> Chart:
    """P(alive) by day with a mark for each purchase (customer_timeline), a diamond for each answer, and after the last
    observed day the interval of the next order."""
    p = t.palette(theme)
    drawn = customer_timeline.timeline(found.timeline, theme, currency)
    figure, alt = drawn.figure, drawn.alt
    if len(found.answers):
        _answers(figure, found, p)
        alt = (
            f"{alt} {words.plural('{n} answer to a survey.', '{n} answers to surveys.', len(found.answers))}"
        )
    if found.next is not None and isfinite(found.next.low):
        _next(figure, found, p)
    return Chart(figure, alt, drawn.data)


def _answers(figure: go.Figure, found: Card, p: t.Palette) -> None:
    figure.add_scatter(
        x=found.answers.day,
        y=[-0.1] * len(found.answers),
        mode="markers",
        name=text("Answers"),
        marker={"color": p.series[3], "symbol": "diamond", "size": 10, "line": {"color": p.ink, "width": 1}},
        hovertext=[
            text(
                "{day}: {kind} {score} on {scale}",
                day=words.day(r.day.date()),
                kind=r.kind,
                score=words.number(r.score),
                scale=r.scale,
            )
            for r in found.answers.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _next(figure: go.Figure, found: Card, p: t.Palette) -> None:
    ahead = found.next
    if ahead is None:
        return

    def day(days: float) -> dt.date:
        return found.end + dt.timedelta(days=round(min(days, AHEAD)))

    figure.add_scatter(
        x=[day(ahead.low), day(ahead.high)],
        y=[0.5, 0.5],
        mode="lines",
        name=text("Next order"),
        line={"color": p.series[1], "width": 6},
        opacity=0.45,
        hoverinfo="skip",
    )
    if ahead.median <= AHEAD:
        figure.add_scatter(
            x=[day(ahead.median)],
            y=[0.5],
            mode="markers",
            showlegend=False,
            marker={"color": p.series[1], "symbol": "circle", "size": 11},
            hovertext=[text("As likely before as after {day}", day=words.day(day(ahead.median)))],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    shown = [*pd.to_datetime(found.timeline.days.day), pd.Timestamp(day(ahead.high))]
    figure.add_vline(x=pd.Timestamp(found.end), line={"color": p.muted, "dash": "dot", "width": 1})
    figure.update_xaxes(range=[shown[0], shown[-1] + pd.Timedelta(days=3)])

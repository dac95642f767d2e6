"""One customer on a time axis: orders, answers, how likely still a customer, and when the next order is due."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

import words
from charts import customer_timeline
from charts import theme as t
from charts.theme import Chart
from models.customer_card import Card, NextOrder
from words import text


def timeline(found: Card, theme: str, currency: str = "") -> Chart:
    """P(alive) by day with a mark for each purchase (customer_timeline), a diamond for each answer, and after the last
    observed day the chance that the next order has come."""
    p = t.palette(theme)
    drawn = customer_timeline.timeline(found.timeline, theme, currency)
    figure, alt = drawn.figure, drawn.alt
    if len(found.answers):
        _answers(figure, found, p)
        alt = (
            f"{alt} {words.plural('{n} answer to a survey.', '{n} answers to surveys.', len(found.answers))}"
        )
    if found.next is not None:
        _next(figure, found.next, found.timeline.days.day.iloc[0], p)
        alt = text(
            "{said} Ordered again by {day} with probability {chance}.",
            said=alt,
            day=words.day(found.next.curve.day.iloc[-1].date()),
            chance=words.percent(found.next.curve.ordered.iloc[-1]),
        )
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


def _next(figure: go.Figure, ahead: NextOrder, first: pd.Timestamp, p: t.Palette) -> None:
    days, chance = ahead.curve.day, ahead.curve.ordered
    figure.add_scatter(
        x=days,
        y=chance,
        mode="lines",
        name=text("Ordered again by then"),
        line={"color": p.series[1], "width": 2.5, "dash": "dash"},
        hovertext=[
            text("By {day}: {chance}", day=words.day(d.date()), chance=words.percent(c, 0))
            for d, c in zip(days, chance, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_vline(x=days.iloc[0], line={"color": p.muted, "dash": "dot", "width": 1})
    figure.update_xaxes(range=[first, days.iloc[-1] + pd.Timedelta(days=3)])

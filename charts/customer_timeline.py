"""One customer on a time axis, drawn."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.figures import writer
from charts.theme import Chart
from models.customer_timeline import Timeline
from words import text


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
        "{n} from {first} to {last}; still a customer on {end} with probability {alive}.",
        n=words.plural("{n} purchase", "{n} purchases", len(bought)),
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

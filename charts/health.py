"""The orders themselves: how many a day, and the days without one."""

from __future__ import annotations

import words
from charts import theme as t
from charts.theme import Chart
from models.health import Health
from words import text

MARKED_FROM = 3
"""So many days in a row without an order are shaded: a Sunday is no news, a gap in an export is."""


def orders_per_day(result: Health, theme: str) -> Chart:
    """Orders by day, and their mean over the week around it; longer stretches without any are shaded."""
    p = t.palette(theme)
    days = result.days
    figure = t.figure(theme, height=280)
    figure.add_scatter(
        x=days.day,
        y=days.orders,
        mode="lines",
        name=text("Orders"),
        line={"color": t.faded(p.series[0], 0.45), "width": 1, "shape": "hvh"},
        hovertext=[
            text("{day}: {orders}", day=words.day(d), orders=words.plural("{n} order", "{n} orders", int(n)))
            for d, n in zip(days.day, days.orders, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_scatter(
        x=days.day,
        y=days.orders.rolling(7, center=True).mean(),
        mode="lines",
        name=text("Mean of seven days"),
        line={"color": p.series[0], "width": 2.5},
        hoverinfo="skip",
    )
    for gap in result.quiet[result.quiet.days >= MARKED_FROM].head(50).itertuples():
        figure.add_vrect(x0=gap.first, x1=gap.last, fillcolor=p.series[1], opacity=0.25, line_width=0)
    months = days.day[days.day.dt.day == 1]
    shown = months if len(months) else days.day.iloc[:: max(1, len(days) // 6)]
    shown = shown.iloc[:: t.every(len(shown))]
    label = words.month if len(months) else words.day
    figure.update_xaxes(tickvals=list(shown), ticktext=[label(d) for d in shown])
    figure.update_yaxes(rangemode="tozero", title_text=text("orders a day"), nticks=5)
    names = {"day": text("day"), "orders": text("orders"), "value": text("value")}
    data = days.assign(day=days.day.dt.date).rename(columns=names)
    return Chart(figure, _in_words(result), data)


def _in_words(result: Health) -> str:
    busiest = result.days.loc[result.days.orders.idxmax()]
    return text(
        "Orders a day from {span}. The most were {most} on {day}; {quiet} had none.",
        span=words.span(result.first, result.last),
        most=words.count(busiest.orders),
        day=words.day(busiest.day),
        quiet=words.plural("{n} day", "{n} days", result.quiet_days),
    )

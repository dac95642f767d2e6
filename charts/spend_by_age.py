"""What customers order at each age: those still buying beside everybody who began."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.figures import money_axis, nice
from charts.theme import Chart
from models.estimate import Estimate
from models.spend_by_age import Age, SpendByAge
from words import text


def ages(found: SpendByAge) -> list[str]:
    """Half-years as months of age: 0–6, 6–12."""
    return [f"{words.count(6 * a.number)}–{words.count(6 * a.number + 6)}" for a in found.ages]


def orders(found: SpendByAge, theme: str) -> Chart:
    """Orders a year a customer by half-year of age."""
    both = [
        (text("everybody who began"), [a.orders_everyone for a in found.ages]),
        (text("those still buying"), [a.orders_survivors for a in found.ages]),
    ]
    figure, alt, data = _lines(found, both, theme, "")
    top = max((e.high for _, series in both for e in series if e.known), default=1.0)
    ticks = nice(top)
    figure.update_yaxes(
        title_text=text("orders a year"),
        tickvals=ticks,
        ticktext=[words.number(v, 1) for v in ticks],
        rangemode="tozero",
    )
    return Chart(figure, alt, data)


def order_value(found: SpendByAge, theme: str, currency: str) -> Chart:
    """Money an order by half-year of age: only who buys has an order, so this is of those still buying."""
    one = [(text("money an order"), [a.order_value for a in found.ages])]
    figure, alt, data = _lines(found, one, theme, currency)
    top = max((e.high for e in one[0][1] if e.known), default=1.0)
    money_axis(figure, top, currency, text("money an order"))
    figure.update_layout(showlegend=False)
    return Chart(figure, alt, data)


def _lines(
    found: SpendByAge, series: Sequence[tuple[str, Sequence[Estimate]]], theme: str, currency: str
) -> tuple[go.Figure, str, pd.DataFrame]:
    p, names, figure = t.palette(theme), ages(found), t.figure(theme, height=300)
    rows, said = [], []
    for place, (name, figures) in enumerate(series):
        known = [(label, e, a) for label, e, a in zip(names, figures, found.ages, strict=True) if e.known]
        hover = [_said(name, label, e, currency) for label, e, _ in known]
        figure.add_scatter(
            x=[label for label, _, _ in known],
            y=[e.value for _, e, _ in known],
            name=name,
            mode="lines+markers",
            line={"color": p.series[place], "width": 2.5, "dash": t.DASHES[place]},
            marker={"symbol": t.MARKERS[place], "size": 9},
            error_y={
                "type": "data",
                "array": [e.high - e.value for _, e, _ in known],
                "arrayminus": [e.value - e.low for _, e, _ in known],
                "color": p.series[place],
                "thickness": 1.5,
            },
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
        said += hover
        rows += [_row(name, label, e, a) for label, e, a in known]
    figure.update_xaxes(type="category", title_text=text("months since the first order"))
    return figure, "; ".join(said), pd.DataFrame(rows)


def _said(name: str, label: str, e: Estimate, currency: str) -> str:
    value = words.estimate(e, currency)
    return text("{name}, months {age}: {value}", name=name, age=label, value=value)


def _row(name: str, label: str, e: Estimate, age: Age) -> dict[str, object]:
    return {
        text("figure"): name,
        text("months since the first order"): label,
        text("customers observed so long"): age.customers,
        text("still buying"): age.survivors,
        text("value"): e.value,
        text("from"): e.low,
        text("to"): e.high,
    }

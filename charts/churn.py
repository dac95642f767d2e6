"""Churn, drawn: how many customers stand at which chance, and what was said before against what came."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

import words
from charts import theme as t
from charts.figures import nice
from charts.theme import Chart
from models.churn_trial import TriedDay
from models.customers_at_risk import Band
from words import text


def bands(found: Sequence[Band], days: int, theme: str) -> Chart:
    """One bar a band of chances: those expected to leave, and on top those expected to order again. The solid parts
    together are the number that leaves."""
    p = t.palette(theme)
    names = [band_name(b) for b in found]
    said = [
        text(
            "{n} customers with a chance of {band} to leave: {leaving} of them are expected to",
            n=words.count(b.customers),
            band=name,
            leaving=words.count(b.leaving),
        )
        for b, name in zip(found, names, strict=True)
    ]
    figure = t.figure(theme, height=320)
    figure.add_bar(
        x=names,
        y=[b.leaving for b in found],
        name=text("expected to leave"),
        marker={"color": p.series[1]},
        hovertext=said,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_bar(
        x=names,
        y=[b.customers - b.leaving for b in found],
        name=text("expected to order again"),
        marker={
            "color": p.series[0],
            "pattern": {"shape": "/", "size": 6, "solidity": 0.35},
        },
        hovertext=said,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    figure.update_xaxes(
        type="category",
        tickvals=names[::2],
        tickangle=0,
        title_text=text("chance of no order within {days} days", days=words.count(days)),
    )
    ticks = nice(float(max(b.customers for b in found)))
    figure.update_yaxes(
        title_text=text("customers"), tickvals=ticks, ticktext=[words.count(v) for v in ticks]
    )
    most = max(range(len(found)), key=lambda k: found[k].customers)
    alt = text(
        "Customers by their chance of leaving. Most stand at {band}: {said}.",
        band=names[most],
        said=said[most],
    )
    data = pd.DataFrame(
        {
            text("chance of leaving, from"): [b.low for b in found],
            text("to"): [b.high for b in found],
            text("customers"): [b.customers for b in found],
            text("expected to leave"): [b.leaving for b in found],
        }
    )
    return Chart(figure, alt, data)


def band_name(band: Band) -> str:
    """0–10%"""
    return text("{low}–{high}", low=words.number(100 * band.low, 0), high=words.percent(band.high, 0))


def rolling(found: Sequence[TriedDay], theme: str) -> Chart:
    """ROC-AUC of each contender on each day tried, with its interval."""
    p = t.palette(theme)
    days = sorted(found, key=lambda d: d.day)
    names = list(dict.fromkeys(name for day in days for name in day.names))
    figure = t.figure(theme, height=300)
    rows = []
    for k, name in enumerate(names):
        tried = [(day, day[name]) for day in days if name in day.names]
        auc = [one.measures.auc for _, one in tried]
        title = tried[0][1].title
        said = [
            text("{model} on {day}: {auc}", model=title, day=words.day(day.day), auc=words.estimate(e))
            for (day, _), e in zip(tried, auc, strict=True)
        ]
        figure.add_scatter(
            x=[words.day(day.day) for day, _ in tried],
            y=[e.value for e in auc],
            error_y={
                "type": "data",
                "array": [e.high - e.value for e in auc],
                "arrayminus": [e.value - e.low for e in auc],
                "thickness": 1.2,
            },
            name=title,
            mode="lines+markers",
            line={"color": p.series[k], "dash": t.DASHES[k], "width": 2},
            marker={"symbol": t.MARKERS[k], "size": 8},
            hovertext=said,
            hovertemplate="%{hovertext}<extra></extra>",
        )
        rows += [
            {
                text("model"): title,
                text("day"): day.day,
                text("ROC-AUC"): e.value,
                text("from"): e.low,
                text("to"): e.high,
            }
            for (day, _), e in zip(tried, auc, strict=True)
        ]
    figure.update_xaxes(type="category", categoryarray=[words.day(day.day) for day in days])
    figure.update_yaxes(title_text=text("ROC-AUC"), tickformat=".2f")
    alt = text("ROC-AUC of each model on {n} past days.", n=words.count(len(days)))
    return Chart(figure, alt, pd.DataFrame(rows))

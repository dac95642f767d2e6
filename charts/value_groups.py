"""What each cohort or channel has brought a customer, and what is still to come, with its interval."""

from __future__ import annotations

import pandas as pd

import words
from charts import theme as t
from charts.figures import money_axis, writer
from charts.theme import Chart
from models.cohort_clock import cohort_label
from models.definitions import Period
from models.value_groups import COHORT, ValueGroups
from words import text


def bars(found: ValueGroups, theme: str, currency: str, period: Period) -> Chart:
    """One bar a group, a customer: brought so far, and on top of it what is to come with the interval of the sum."""
    p, rows, write = t.palette(theme), found.table, writer("money", currency)
    names = labels(found, period)
    to_come = pd.DataFrame([vars(e) for e in rows.to_come])
    figure = t.figure(theme, height=360)
    figure.add_bar(
        x=names,
        y=rows.brought,
        name=text("brought so far"),
        marker={"color": t.faded(p.series[0], 0.45)},
        hovertext=[
            text("{group}: {value} a customer so far", group=g, value=write(v))
            for g, v in zip(names, rows.brought, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_bar(
        x=names,
        y=to_come.value,
        name=text("still to come"),
        marker={"color": p.series[0], "pattern": {"shape": "/", "size": 5, "solidity": 0.25}},
        error_y={
            "type": "data",
            "array": to_come.high - to_come.value,
            "arrayminus": to_come.value - to_come.low,
            "color": p.ink,
            "thickness": 1.5,
        },
        hovertext=[
            text("{group}: {estimate} a customer to come", group=g, estimate=words.estimate(e, currency))
            for g, e in zip(names, rows.to_come, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_layout(barmode="stack")
    shown = names[:: t.every(len(names))] if found.by == COHORT else names
    figure.update_xaxes(type="category", tickvals=shown)
    money_axis(figure, float((rows.brought + to_come.high).max()), currency, text("a customer"))
    best = int((rows.brought + to_come.value).idxmax())
    alt = text(
        "Value a customer by group. Highest: {group}, {brought} so far and {to_come} to come.",
        group=names[best],
        brought=write(rows.brought[best]),
        to_come=words.estimate(rows.to_come[best], currency),
    )
    return Chart(figure, alt, data(found, period))


def labels(found: ValueGroups, period: Period) -> list[str]:
    """The groups as people call them."""
    if found.by == COHORT:
        return [cohort_label(pd.Timestamp(g).date(), period) for g in found.table.group]
    return [str(g) for g in found.table.group]


def data(found: ValueGroups, period: Period) -> pd.DataFrame:
    """The figures behind the chart, plain: for a table and a download."""
    rows = found.table
    return pd.DataFrame(
        {
            text("group"): labels(found, period),
            text("customers"): rows.customers,
            text("brought, a customer"): rows.brought,
            text("to come, a customer"): [e.value for e in rows.to_come],
            text("from"): [e.low for e in rows.to_come],
            text("to"): [e.high for e in rows.to_come],
            text("to come, all"): [e.value for e in rows.total],
            text("all from"): [e.low for e in rows.total],
            text("all to"): [e.high for e in rows.total],
        }
    )

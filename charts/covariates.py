"""By how much what is known of customers multiplies their buying and their dropout, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

import words
from charts import theme as t
from charts.model_bench import intervals
from charts.theme import Chart
from models.covariate_fit import CovariateFit
from words import text

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
FINE = (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2)
"""Where all lies within a factor of two."""
LONGEST = 28
"""Letters of a level beside its row; the hover text has all of them."""
FARTHEST = 20.0
"""A level that hardly anything is known of must not squeeze the others: no axis goes on beyond this factor."""


def effects(found: CovariateFit, of: str, columns: Mapping[str, str], theme: str) -> Chart:
    """A row a level: its multiplier of the mean `of` ("buying" or "dropout") and the interval, against 1, on a log scale.

    `columns` are the names of the columns for people."""
    rows, estimates = found.table, found.table[of].tolist()
    names = labels(found, columns)
    said = [
        text("{level}: what the others are compared with", level=name)
        if base
        else text("{level}: {times} times", level=name, times=words.estimate(e))
        for name, base, e in zip(names, rows.base, estimates, strict=True)
    ]
    low, high = (np.array([getattr(e, end) for e in estimates]) for end in ("low", "high"))
    figure = intervals(
        [escape(_short(name)) for name in names],
        [e.value for e in estimates],
        low,
        high,
        [escape(line) for line in said],
        theme,
    )
    figure.add_vline(x=1, line={"color": t.palette(theme).muted, "width": 1, "dash": "dot"}, layer="below")
    least, most = max(float(low.min()), 1 / FARTHEST), min(float(high.max()), FARTHEST)
    ticks = FINE if least > FINE[0] and most < FINE[-1] else TICKS
    ends = np.log10([least, most]) + np.array([-0.03, 0.03])
    figure.update_xaxes(
        type="log",
        range=ends.tolist(),
        tickvals=list(ticks),
        ticktext=[words.number(v) for v in ticks],
        title_text=title(found, of),
        zeroline=False,
    )
    alt = text("{title}. {said}.", title=title(found, of), said="; ".join(said))
    return Chart(figure, alt, data(found, columns))


def title(found: CovariateFit, of: str) -> str:
    if of == "buying":
        return text("times as many purchases a year, while active")
    if found.dropout_unit == "rate":
        return text("times the rate of leaving")
    return text("times the chance to stop after a purchase")


def labels(found: CovariateFit, columns: Mapping[str, str]) -> list[str]:
    """The levels, with their column where there are several."""
    if len(set(found.table.covariate)) == 1:
        return found.table.level.tolist()
    return [
        text("{column}: {level}", column=columns[column], level=level)
        for column, level in zip(found.table.covariate, found.table.level, strict=True)
    ]


def data(found: CovariateFit, columns: Mapping[str, str]) -> pd.DataFrame:
    """The figures behind the chart, plain: for a download."""
    rows = found.table
    figures = {
        text("buying"): rows.buying,
        text("dropout"): rows.dropout,
        text("purchases of a new customer"): rows.purchases,
    }
    frame = pd.DataFrame(
        {
            text("column"): rows.covariate.map(columns),
            text("level"): rows.level,
            text("customers"): rows.customers,
        }
    )
    for name, estimates in figures.items():
        frame[name] = [e.value for e in estimates]
        frame[text("{figure}, from", figure=name)] = [e.low for e in estimates]
        frame[text("{figure}, to", figure=name)] = [e.high for e in estimates]
    return frame


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"

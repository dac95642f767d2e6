"""Tables of cohorts as heat map and as curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.figures import money_axis, writer
from charts.theme import Chart
from models.cohort_clock import age_label, cohort_label
from models.cohorts import CohortTable, rolled_up
from words import text

MOST_LABELS = 18
"""More ages than this are not all labelled: a telephone has no room for them."""

DESK, TELEPHONE = 860, 320
"""How many pixels the cells of a row share, at least, on a desk and on a telephone."""
CHARACTER, AROUND = 5.6, 6
"""The width of a character in a cell, and the room around its figure, in pixels. Narrower cells show no figure;
pointing at them still does."""
LOWEST = 14
"""The height of a row that still has room for a figure, in pixels."""


def heat_map(table: CohortTable, theme: str, currency: str = "", *, split: str = "") -> Chart:
    """One row a cohort (with its size), one column an age; a cell without a value stays empty and says why
    when pointed at."""
    p = t.palette(theme)
    cells = table.cells[table.cells.split == split]
    sizes = table.sizes[table.sizes.split == split].set_index("cohort").n
    wide = cells.pivot(index="cohort", columns="age", values="value").sort_index()
    ages, rows = wide.columns.to_list(), len(wide)
    top = float(np.nanmax(wide.to_numpy())) if wide.notna().any(axis=None) else 1.0
    hover = cells.assign(said=_hover(table, cells, currency)).pivot(
        index="cohort", columns="age", values="said"
    )

    row_height = 30 if rows <= 18 else max(LOWEST, 560 // rows)
    figure = t.figure(theme, height=max(rows, 1) * row_height + 92)
    figure.add_heatmap(
        z=wide.to_numpy(),
        x=ages,
        y=list(range(rows)),
        customdata=hover.reindex(index=wide.index, columns=wide.columns).to_numpy(),
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=True,
        colorscale=t.scale(p.sequential),
        zmin=0,
        zmax=top or 1.0,
        showscale=False,
        xgap=2 if len(ages) <= 2 * MOST_LABELS else 1,
        ygap=2,
    )
    write = _short(table)
    texts = wide.map(lambda value: "" if np.isnan(value) else write(value))
    width = len(ages) * (CHARACTER * _longest(texts) + AROUND)
    if width <= DESK:
        _cell_texts(figure, wide, texts, top, theme, size=11 if row_height >= 18 else 10)
    names = [cohort_label(c, table.period) for c in wide.index]
    step = t.every(rows, room=30)
    figure.update_yaxes(
        range=[rows - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        tickvals=list(range(0, rows, step)),
        ticktext=[_row_label(names[i], int(sizes[wide.index[i]])) for i in range(0, rows, step)],
    )
    # Two lines: one would be cut on a telephone.
    axis = "<br>".join([_cell_unit(table, currency), age_axis(table)])
    figure.update_xaxes(side="top", title_text=axis, showgrid=False, zeroline=False, **age_ticks(ages))
    if ages:
        figure.update_xaxes(range=[ages[0] - 0.5, ages[-1] + 0.5])
    alt = _heat_map_in_words(table, cells, currency)
    return Chart(figure, alt, data(table, cells), crowded=width > TELEPHONE)


def _longest(texts: pd.DataFrame) -> int:
    """Characters of the longest text; 0 where there is none."""
    return max((len(said) for row in texts.to_numpy() for said in row), default=0)


def _cell_unit(table: CohortTable, currency: str) -> str:
    name = measure_name(table)
    if table.measure == "retention":
        return text("% that {bought}", bought=name)
    if table.measure == "revenue" and currency:
        return text("{name}, in {sign}", name=name, sign=words.currency_sign(currency))
    return name


def _row_label(name: str, n: int) -> str:
    return text("{cohort} ({n})", cohort=name, n=words.count(n))


def _cell_texts(
    figure: go.Figure, wide: pd.DataFrame, texts: pd.DataFrame, top: float, theme: str, *, size: int
) -> None:
    """Figures in the cells, in ink or paper, whichever reads better on the colour beneath."""
    p = t.palette(theme)
    groups: dict[str, tuple[list[int], list[int], list[str]]] = {}
    for row, (cohort, values) in enumerate(wide.iterrows()):
        for age, value in values.dropna().items():
            colour = t.readable_on(t.at(p.sequential, value / top if top else 0.0))
            xs, ys, said = groups.setdefault(colour, ([], [], []))
            xs.append(int(age))
            ys.append(row)
            said.append(texts.at[cohort, age])
    for colour, (xs, ys, said) in groups.items():
        style = {"color": colour, "size": size}
        figure.add_scatter(
            x=xs, y=ys, text=said, mode="text", textfont=style, hoverinfo="skip", showlegend=False
        )


def _short(table: CohortTable) -> Callable[[float], str]:
    """As few characters as tell cells apart: the axis and the hover text carry the unit."""
    if table.measure == "retention":
        return lambda value: words.number(100 * value, 0)
    if table.measure == "revenue":
        return lambda value: words.number(value, 0)
    return lambda value: words.number(value, 2)


def _hover(table: CohortTable, cells: pd.DataFrame, currency: str) -> list[str]:
    write = writer(table.unit, currency)
    names = {c: cohort_label(c, table.period) for c in cells.cohort.unique()}
    ages = {age: age_label(int(age), table.period) for age in cells.age.unique()}
    sizes = {n: words.plural("{n} customer", "{n} customers", int(n)) for n in cells.n.unique()}
    return [
        text("{cohort}, {age}", cohort=names[c.cohort], age=ages[c.age])
        + "<br>"
        + (c.why or f"<b>{write(c.value)}</b> ({write(c.low)}–{write(c.high)})<br>{sizes[c.n]}")
        for c in cells.itertuples()
    ]


def curves(table: CohortTable, theme: str, currency: str = "", *, through: int | None = None) -> Chart:
    """All cohorts pooled, a line and band for each split value; without a split also each cohort, thin. `through`
    pools at every age the same cohorts: those observed through that age."""
    p = t.palette(theme)
    pooled = rolled_up(table, through=through)
    pooled = pooled[pooled.value.notna()]
    figure = t.figure(theme, height=360)
    if table.split is None:
        _each_cohort(figure, table, p, through)
    write = writer(table.unit, currency)
    biggest = table.sizes.groupby("split").n.sum().sort_values(ascending=False, kind="stable").index
    for i, name in enumerate(biggest):
        line = pooled[pooled.split == name]
        colour = p.series[i % len(p.series)]
        hover = [
            text(
                "{age}: {value} ({low}–{high}), {n} customers of {cohorts} cohorts",
                age=age_label(int(r.age), table.period),
                value=write(r.value),
                low=write(r.low),
                high=write(r.high),
                n=words.count(r.n),
                cohorts=words.count(r.cohorts),
            )
            for r in line.itertuples()
        ]
        figure.add_traces(band(line.age, line.low, line.high, colour, 0.22 if table.split is None else 0.10))
        figure.add_scatter(
            x=line.age,
            y=line.value,
            mode="lines+markers",
            name=name or text("All cohorts"),
            line={"color": colour, "width": 2.5, "dash": t.DASHES[i % len(t.DASHES)]},
            marker={"symbol": t.MARKERS[i % len(t.MARKERS)], "size": 6},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.update_xaxes(title_text=age_axis(table), **age_ticks(sorted(pooled.age.unique())))
    title = measure_name(table)
    if table.measure == "revenue":
        money_axis(figure, _top(figure), currency, title)
    else:
        figure.update_yaxes(rangemode="tozero", tickformat=".0%" if table.measure == "retention" else None)
        figure.update_yaxes(title_text=title, nticks=6)
    return Chart(figure, _curves_in_words(table, pooled, currency), data(table, pooled))


def _top(figure: go.Figure) -> float:
    """The highest value drawn; 0 where nothing is."""
    return max((float(np.nanmax(trace.y)) for trace in figure.data if len(trace.y)), default=0.0)


def _each_cohort(figure: go.Figure, table: CohortTable, p: t.Palette, through: int | None) -> None:
    """The cohorts that are averaged, one thin line each."""
    known = table.cells[table.cells.value.notna()]
    if through is not None:
        known = known[known.age <= through]
        known = known[known.groupby("cohort").age.transform("max") == through]
    # Many lines are a haze behind the mean, few are lines of their own.
    haze = min(0.45, max(0.12, 4 / max(known.cohort.nunique(), 1)))
    for i, (_, line) in enumerate(known.groupby("cohort")):
        figure.add_scatter(
            x=line.age,
            y=line.value,
            mode="lines",
            name=text("Each cohort"),
            legendgroup="each",
            showlegend=i == 0,
            line={"color": t.faded(p.muted, haze), "width": 1},
            hoverinfo="skip",
        )


def band(x: pd.Series, low: pd.Series, high: pd.Series, colour: str, opacity: float) -> list[go.Scatter]:
    """The area between two lines: an interval, drawn under its line and left out of legend and hover."""
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    filled = {"fill": "tonexty", "fillcolor": t.faded(colour, opacity)}
    return [go.Scatter(y=low, **edge), go.Scatter(y=high, **edge, **filled)]


def age_axis(table: CohortTable) -> str:
    if table.definitions.clock == "rolling":
        return {
            "week": text("weeks since each customer's first day"),
            "month": text("months since each customer's first day"),
            "quarter": text("quarters since each customer's first day"),
        }[table.period]
    return {
        "week": text("calendar weeks after the first purchase"),
        "month": text("calendar months after the first purchase"),
        "quarter": text("calendar quarters after the first purchase"),
    }[table.period]


def age_ticks(ages: list[int]) -> dict[str, Any]:
    step = t.every(len(ages), room=MOST_LABELS)
    shown = [int(a) for a in ages if step == 1 or a % step == 0]
    return {"tickvals": shown, "ticktext": [words.count(a) for a in shown], "tickangle": 0}


def measure_name(table: CohortTable) -> str:
    if table.measure == "revenue":
        return text("revenue per customer so far")
    if table.measure == "purchases":
        return text("purchases per customer so far")
    return {
        "in": text("bought in that period"),
        "in_or_after": text("bought then or later"),
        "cumulative": text("bought again by then"),
    }[table.definitions.reading]


def data(table: CohortTable, rows: pd.DataFrame) -> pd.DataFrame:
    """What the chart shows, with column names for people."""
    names = {
        "cohort": text("cohort"),
        "split": text("split"),
        "age": text("age"),
        "n": text("customers"),
        "cohorts": text("cohorts"),
        "value": measure_name(table),
        "low": text("low"),
        "high": text("high"),
        "why": text("why empty"),
    }
    kept = [c for c in names if c in rows and not (c == "split" and table.split is None)]
    out = rows[kept].copy()
    if "cohort" in out:
        out["cohort"] = out.cohort.dt.date
    return out.rename(columns=names).reset_index(drop=True)


def _heat_map_in_words(table: CohortTable, cells: pd.DataFrame, currency: str) -> str:
    known = cells[cells.value.notna()]
    if known.empty:
        return text("Heat map of cohorts. No cell is known yet.")
    write = writer(table.unit, currency)
    low, high = known.loc[known.value.idxmin()], known.loc[known.value.idxmax()]

    def where(row: pd.Series) -> str:
        return text(
            "{value} ({cohort}, {age})",
            value=write(row.value),
            cohort=cohort_label(row.cohort, table.period),
            age=age_label(int(row.age), table.period),
        )

    return text(
        "Heat map of {rows} cohorts at {ages} ages: {measure}. The highest is {high}, the lowest {low}.",
        rows=words.count(known.cohort.nunique()),
        ages=words.count(known.age.nunique()),
        measure=measure_name(table),
        high=where(high),
        low=where(low),
    )


def _curves_in_words(table: CohortTable, pooled: pd.DataFrame, currency: str) -> str:
    if pooled.empty:
        return text("Curves of cohorts. Nothing is known yet.")
    write = writer(table.unit, currency)
    ends = []
    for name, line in pooled.groupby("split", sort=False):
        first, last = line.iloc[0], line.iloc[-1]
        ends.append(
            text(
                "{name} {first} at {early} and {last} at {late}",
                name=name or text("all cohorts"),
                first=write(first.value),
                early=age_label(int(first.age), table.period),
                last=write(last.value),
                late=age_label(int(last.age), table.period),
            )
        )
    return text("Curves, {measure}: {ends}.", measure=measure_name(table), ends=words.listing(ends))

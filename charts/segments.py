"""Groups of customers drawn: what they are of customers and of revenue, and who moved between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

import words
from charts import theme as t
from charts.theme import Chart
from models.estimate import Estimate
from models.migration import Migration
from models.segment_value import SegmentValue
from models.segments import LARGER_OF, NAMES, Segments
from words import text

BEST_FIRST = (3, 5, 0, 7, 9, 6, 2, 1, 8, 4, 10)
"""The eleven from the best to the least, as indices of NAMES."""


TELEPHONE = 46
"""Characters that a row of cells has room for on a telephone."""


def titles(*, eleven: bool) -> list[str]:
    """What people call the groups, by index."""
    if not eleven:
        return [
            text("Best"),
            text("Active"),
            text("Beginners"),
            text("Slipping"),
            text("Asleep"),
        ]
    return [
        text("Active"),
        text("Almost lost"),
        text("At risk"),
        text("Champions"),
        text("Dormant"),
        text("Loyal"),
        text("Needs attention"),
        text("New"),
        text("Previously loyal"),
        text("Promising"),
        text("Prospects"),
    ]


def title_of(name: str) -> str:
    """The same for one of segments.NAMES."""
    return titles(eleven=True)[NAMES.index(name)]


def larger_of(name: str) -> str:
    """What the larger group is called that holds it."""
    return titles(eleven=False)[LARGER_OF[NAMES.index(name)]]


def ordered(found: Segments, value: SegmentValue | None = None, *, eleven: bool) -> pd.DataFrame:
    """The rows of the groups, best first, with their `title`, and with `to_come` where `value` knows it."""
    rows = found.table if eleven else found.larger
    order = BEST_FIRST if eleven else range(len(titles(eleven=False)))
    place = {group: k for k, group in enumerate(order)}
    rows = rows.sort_values("group", key=lambda groups: groups.map(place)).reset_index(drop=True)
    rows = rows.assign(title=[titles(eleven=eleven)[group] for group in rows["group"]])
    if value is None:
        return rows
    come = value.eleven if eleven else value.larger
    return rows.assign(to_come=[come[group] for group in rows["group"]])


def lanes(found: Segments, theme: str, currency: str, *, eleven: bool) -> Chart:
    """Two bars a group: its share of the customers, and of the revenue with its interval."""
    p, rows = t.palette(theme), ordered(found, eleven=eleven)
    n = int(rows.customers.sum())
    shares = rows.customers / n
    figure = t.figure(theme, height=96 + 52 * len(rows))
    figure.add_bar(
        y=rows.title,
        x=rows["share"].map(lambda e: e.value),
        name=text("share of revenue"),
        orientation="h",
        marker={"color": p.series[0]},
        error_x=_bars(rows["share"], p.ink),
        hovertext=[
            text(
                "{group}: {money}, {share} of revenue",
                group=r.title,
                money=words.money(r.revenue, currency),
                share=words.estimate(r.share),
            )
            for r in rows.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_bar(
        y=rows.title,
        x=shares,
        name=text("share of customers"),
        orientation="h",
        marker={"color": t.faded(p.series[2], 0.55), "pattern": {"shape": "/", "size": 5, "solidity": 0.3}},
        hovertext=[
            text(
                "{group}: {n}, {share} of all",
                group=r.title,
                n=words.plural("{n} customer", "{n} customers", r.customers),
                share=words.percent(s),
            )
            for r, s in zip(rows.itertuples(), shares, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    top = max(float(rows["share"].map(lambda e: np.nan_to_num(e.high)).max()), float(shares.max()), 0.05)
    ticks = [v for v in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1) if v <= top * 1.05]
    ticks = ticks[:: 2 if len(ticks) > 6 else 1]
    figure.update_layout(barmode="group", legend={"traceorder": "normal"})
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=6)
    figure.update_xaxes(
        showgrid=True, range=[0, top * 1.06], tickvals=ticks, ticktext=[words.percent(v, 0) for v in ticks]
    )
    first = rows.iloc[int(rows.revenue.to_numpy().argmax())]
    alt = text(
        "Groups by their share of revenue and of customers. {group} bring most: {share} of revenue, {customers} of customers.",
        group=first.title,
        share=words.estimate(first["share"]),
        customers=words.percent(first.customers / n),
    )
    return Chart(figure, alt, data(rows))


def _bars(estimates: pd.Series, ink: str) -> dict[str, object]:
    return {
        "type": "data",
        "array": [e.high - e.value for e in estimates],
        "arrayminus": [e.value - e.low for e in estimates],
        "color": ink,
        "thickness": 1.5,
    }


def data(rows: pd.DataFrame) -> pd.DataFrame:
    """The groups' figures, plain: for a table and a download."""
    columns = {text("group"): rows.title, text("customers"): rows.customers, text("revenue"): rows.revenue}
    names = {
        "share": text("share of revenue"),
        "to_come": text("expected to come"),
        "kept": text("ordered since"),
        "churn": text("will not order"),
        "average_order": text("average order"),
    }
    for column, name in names.items():
        if column not in rows:
            continue
        estimates: list[Estimate] = list(rows[column])
        columns[name] = [e.value for e in estimates]
        columns[text("{figure}, from", figure=name)] = [e.low for e in estimates]
        columns[text("{figure}, to", figure=name)] = [e.high for e in estimates]
    return pd.DataFrame(columns)


def migration(found: Migration, theme: str) -> Chart:
    """From a group (row) to a group (column): customers seen, and under them how many chance alone would move. The
    colour is the share of the row; a triangle marks what lies beyond chance."""
    p, names = t.palette(theme), titles(eleven=found.eleven)
    order = [k for k in (BEST_FIRST if found.eleven else range(len(names))) if found.seen[k].sum()]
    columns = [k for k in (BEST_FIRST if found.eleven else range(len(names))) if found.seen[:, k].sum()]
    flows = found.flows.set_index(["then", "now"])
    share = np.array([[found.seen[i, j] / found.seen[i].sum() for j in columns] for i in order])
    hover = [[_said(flows, names, i, j) for j in columns] for i in order]
    figure = t.figure(theme, height=110 + (52 if not found.eleven else 44) * len(order))
    figure.add_heatmap(
        z=share,
        x=list(range(len(columns))),
        y=list(range(len(order))),
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=t.scale(p.sequential),
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    longest = _cell_texts(figure, flows, share, (order, columns), p)
    figure.update_yaxes(
        range=[len(order) - 0.5, -0.5],
        tickvals=list(range(len(order))),
        ticktext=[text("{group} ({n})", group=names[i], n=words.count(found.seen[i].sum())) for i in order],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(
        side="top",
        tickvals=list(range(len(columns))),
        ticktext=[names[j].replace(" ", "<br>") for j in columns],
        showgrid=False,
        zeroline=False,
    )
    alt = text(
        "Customers by group on {start} (rows) and on {end} (columns). {moved} are in another group; {anyway} would be if nobody "
        "had changed.",
        start=words.day(found.start),
        end=words.day(found.end),
        moved=words.estimate(found.moved),
        anyway=words.estimate(found.moved_anyway),
    )
    return Chart(figure, alt, flow_data(found), crowded=longest * len(columns) > TELEPHONE)


def _cell_texts(
    figure: go.Figure,
    flows: pd.DataFrame,
    share: np.ndarray,
    places: tuple[list[int], list[int]],
    p: t.Palette,
) -> int:
    """What was seen and what chance spans, in ink or paper; the characters of the longest line."""
    groups: dict[str, tuple[list[int], list[int], list[str]]] = {}
    longest = 0
    for y, i in enumerate(places[0]):
        for x, j in enumerate(places[1]):
            if (i, j) not in flows.index:
                continue
            colour = t.readable_on(t.at(p.sequential, float(share[y, x])))
            xs, ys, said = groups.setdefault(colour, ([], [], []))
            xs.append(x)
            ys.append(y)
            said.append(_cell(flows.loc[(i, j)]))
            longest = max(longest, len(_range(flows.loc[(i, j)])))
    for colour, (xs, ys, said) in groups.items():
        style = {"color": colour, "size": 11}
        figure.add_scatter(
            x=xs, y=ys, text=said, mode="text", textfont=style, hoverinfo="skip", showlegend=False
        )
    return longest


def _range(flow: pd.Series) -> str:
    return f"{words.count(flow.low)}–{words.count(flow.high)}"


def _cell(flow: pd.Series) -> str:
    mark = ("▲ " if flow.seen > flow.expected else "▼ ") if flow.beyond else ""
    said = f"{mark}{words.count(flow.seen)}"
    return (
        f"<b>{said}</b>" if flow.beyond else said
    ) + f'<br><span style="font-size:10px">{_range(flow)}</span>'


def _said(flows: pd.DataFrame, names: list[str], i: int, j: int) -> str:
    if (i, j) not in flows.index:
        return text("{then} to {now}: nobody", then=names[i], now=names[j])
    flow = flows.loc[(i, j)]
    return text(
        "{then} to {now}: {seen}; by chance alone {low}–{high}",
        then=names[i],
        now=names[j],
        seen=words.plural("{n} customer", "{n} customers", int(flow.seen)),
        low=words.count(flow.low),
        high=words.count(flow.high),
    )


def flow_data(found: Migration) -> pd.DataFrame:
    """The flows, plain."""
    names, rows = titles(eleven=found.eleven), found.flows
    return pd.DataFrame(
        {
            text("from"): [names[k] for k in rows.then],
            text("to"): [names[k] for k in rows.now],
            text("customers"): rows.seen,
            text("by chance alone"): rows.expected,
            text("low"): rows.low,
            text("high"): rows.high,
            text("beyond chance"): rows.beyond.astype(int),
        }
    )

"""The overview's figures: tiny trends, and revenue of new against returning customers."""

from __future__ import annotations

import pandas as pd

import words
from charts import theme as t
from charts.cohorts import band
from charts.figures import writer
from charts.theme import Chart
from models.cohort_clock import cohort_label
from models.overview import Overview, Trend
from words import text


def sparkline(trend: Trend, theme: str, currency: str = "", *, height: int = 64) -> Chart:
    """A tiny line with its band; the axis is left out, hovering names each point."""
    p = t.palette(theme)
    points, write = trend.points, writer(trend.unit, currency)
    figure = t.figure(theme, height=height)
    figure.add_traces(band(points.cohort, points.low, points.high, p.series[0], 0.22))
    figure.add_scatter(
        x=points.cohort,
        y=points.value,
        mode="lines" if len(points) > 1 else "markers",
        line={"color": p.series[0], "width": 2},
        hovertext=[
            text(
                "{cohort}: {value} ({low}–{high})",
                cohort=cohort_label(r.cohort, trend.period),
                value=write(r.value),
                low=write(r.low),
                high=write(r.high),
            )
            for r in points.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 2, "b": 2})
    names = {"cohort": text("cohort"), "n": text("observations"), "value": text("value")}
    names |= {"low": text("low"), "high": text("high")}
    data = points.assign(cohort=points.cohort.dt.date).rename(columns=names)
    return Chart(figure, _trend_in_words(trend, currency), data)


def _trend_in_words(trend: Trend, currency: str) -> str:
    points, write = trend.points, writer(trend.unit, currency)
    if points.empty:
        return text("No trend yet: no cohort has been observed long enough.")
    first, last = points.iloc[0], points.iloc[-1]
    return text(
        "Trend of equally old customers: {first} for {early}, {last} for {late}.",
        first=write(first.value),
        early=cohort_label(first.cohort, trend.period),
        last=write(last.value),
        late=cohort_label(last.cohort, trend.period),
    )


def new_against_returning(result: Overview, theme: str, currency: str = "") -> Chart:
    """Revenue by month, stacked: customers won in that month on those won before; guests on top."""
    p = t.palette(theme)
    months = result.by_month
    figure = t.figure(theme, height=340)
    kinds = [
        ("returning", text("Returning customers"), p.series[0], ""),
        ("new", text("New customers"), p.series[1], "/"),
        ("guests", text("Without a customer"), p.series[7], "."),
    ]
    kinds = [kind for kind in kinds if months[kind[0]].abs().sum() > 0]
    write = writer("money", currency)
    labels = [words.month(m) for m in months.month]
    for column, name, colour, pattern in kinds:
        figure.add_bar(
            x=months.month,
            y=months[column],
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fillmode": "overlay",
                    "fgcolor": p.paper,
                    "size": 7,
                    "solidity": 0.15,
                },
            },
            hovertext=[
                text("{month}, {who}: {money}", month=m, who=name, money=write(v))
                for m, v in zip(labels, months[column], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    step = t.every(len(months))
    figure.update_xaxes(tickvals=list(months.month[::step]), ticktext=labels[::step])
    ticks = _money_ticks(months[[kind[0] for kind in kinds]].sum(axis=1))
    figure.update_yaxes(tickvals=ticks, ticktext=[words.compact_money(v, currency) for v in ticks])
    # The top of the stack is named first.
    figure.update_layout(barmode="relative", legend={"traceorder": "reversed"})
    names = {
        "month": text("month"),
        "customers": text("customers won"),
        "new": text("revenue of new customers"),
    }
    names |= {
        "returning": text("revenue of returning customers"),
        "guests": text("revenue without a customer"),
    }
    data = months.assign(month=months.month.dt.date).rename(columns=names)
    return Chart(figure, _revenue_in_words(months, currency), data)


def _money_ticks(totals: pd.Series) -> list[float]:
    """Four or five round amounts from 0 to the highest total."""
    top = float(totals.max()) if len(totals) else 0.0
    if top <= 0:
        return [0.0]
    size = 10 ** (len(str(int(top))) - 1) if top >= 1 else 1.0
    step = next(s * size for s in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5) if top / (s * size) <= 5)
    return [i * step for i in range(int(top / step) + 1)]


def _revenue_in_words(months: pd.DataFrame, currency: str) -> str:
    if months.empty:
        return text("Revenue by month. There is none yet.")
    first, last = months.iloc[0], months.iloc[-1]
    return text(
        "Stacked bars of revenue by month. {early}: {new_early} from new and {old_early} from returning"
        " customers; {late}: {new_late} from new and {old_late} from returning customers.",
        early=words.month(first.month),
        new_early=words.money(first.new, currency),
        old_early=words.money(first.returning, currency),
        late=words.month(last.month),
        new_late=words.money(last.new, currency),
        old_late=words.money(last.returning, currency),
    )

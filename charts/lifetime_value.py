"""Lifetime value: the curve of a new customer, and forecasts held against what happened."""

from __future__ import annotations

import words
from charts import theme as t
from charts.cohorts import band
from charts.figures import money_axis, nice, writer
from charts.theme import Chart
from models.lifetime_value import NewCustomer
from models.tracking import MOST, Tracking
from words import text


def curve(found: NewCustomer, theme: str, currency: str = "") -> Chart:
    """Cumulative value of a new customer by month, with its band; month 0 is the first purchase."""
    p, points, write = t.palette(theme), found.curve, writer("money", currency)
    figure = t.figure(theme, height=360)
    figure.add_traces(band(points.month, points.low, points.high, p.series[0], 0.2))
    figure.add_scatter(
        x=points.month,
        y=points.value,
        mode="lines+markers",
        line={"color": p.series[0], "width": 2.5},
        marker={"size": 6},
        hovertext=[
            text(
                "month {n}: {value} ({low}–{high})",
                n=r.month,
                value=write(r.value),
                low=write(r.low),
                high=write(r.high),
            )
            for r in points.itertuples()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(
        title_text=text("months after the first purchase"), tickvals=_every(points.month.tolist())
    )
    money_axis(figure, float(points.high.max()), currency, text("a customer has brought"))
    last = points.iloc[-1]
    alt = text(
        "Expected cumulative value of a new customer: {first} with the first purchase, {value} ({low} to {high}) by month {n}.",
        first=write(points.value[0]),
        value=write(last.value),
        low=write(last.low),
        high=write(last.high),
        n=int(last.month),
    )
    names = {"month": text("month"), "value": text("value"), "low": text("low"), "high": text("high")}
    return Chart(figure, alt, points.rename(columns=names))


def tracking(found: Tracking, theme: str, *, cumulative: bool) -> Chart:
    """Repeat purchases, actual against fitted, by week or added up; the fit ends at the dashed line."""
    p, weeks = t.palette(theme), found.weeks
    suffix = "_total" if cumulative else ""
    figure = t.figure(theme, height=330)
    series = (
        ("actual", text("Actual"), p.ink, "solid"),
        ("expected", text("Expected"), p.series[0], "dash"),
    )
    for column, name, colour, dash in series:
        values = weeks[column + suffix]
        figure.add_scatter(
            x=weeks.week,
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2, "dash": dash},
            hovertext=[
                text("week of {day}: {n}", day=words.day(d.date()), n=words.count(v))
                for d, v in zip(weeks.week, values, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    top = float(weeks[["actual" + suffix, "expected" + suffix]].max().max())
    figure.add_vline(x=str(found.origin), line={"color": p.muted, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=str(found.origin),
        y=1,
        yref="paper",
        text=text("fitted up to here"),
        showarrow=False,
        xanchor="left",
        xshift=6,
        font={"color": p.muted, "size": 12},
    )
    ticks = [v for v in nice(top) if v.is_integer()]
    figure.update_yaxes(
        title_text=text("repeat purchases so far") if cumulative else text("repeat purchases a week"),
        tickvals=ticks,
        ticktext=[words.count(v) for v in ticks],
        rangemode="tozero",
    )
    held = weeks[weeks.held_out]
    # The first week of each month, or where there are few months any weeks.
    months = weeks.week[weeks.week.dt.day <= 7]
    label = words.month if len(months) > 2 else words.day
    places = months if len(months) > 2 else weeks.week
    shown = places.iloc[:: max(1, len(places) // 6)]
    figure.update_xaxes(tickvals=shown, ticktext=[label(d.date()) for d in shown])
    alt = text(
        "Repeat purchases of customers won by {origin}: {actual} in the weeks held back, {expected} expected.",
        origin=words.day(found.origin),
        actual=words.count(held.actual.sum()),
        expected=words.count(held.expected.sum()),
    )
    names = {
        "week": text("week from"),
        "actual": text("actual"),
        "expected": text("expected"),
        "actual_total": text("actual so far"),
        "expected_total": text("expected so far"),
        "held_out": text("held back"),
    }
    return Chart(figure, alt, weeks.assign(week=weeks.week.dt.date).rename(columns=names))


def calibration(found: Tracking, theme: str) -> Chart:
    """Purchases in the holdout by the number of repeat purchases before it: actual with its interval, and expected."""
    p, groups = t.palette(theme), found.groups
    labels = [text("{n}+", n=MOST) if n == MOST else str(n) for n in groups.frequency]
    figure = t.figure(theme, height=330)
    figure.add_bar(
        x=labels,
        y=groups.actual,
        name=text("Actual"),
        marker={"color": t.faded(p.series[0], 0.45)},
        error_y={
            "type": "data",
            "array": groups.high - groups.actual,
            "arrayminus": groups.actual - groups.low,
            "color": p.muted,
            "thickness": 1.5,
        },
        hovertext=[
            text("{n} repeat purchases before: {actual} bought", n=label, actual=words.number(v))
            for label, v in zip(labels, groups.actual, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_scatter(
        x=labels,
        y=groups.expected,
        name=text("Expected"),
        mode="markers",
        marker={"color": p.series[1], "symbol": "diamond", "size": 10},
        hovertext=[text("expected {n}", n=words.number(v)) for v in groups.expected],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_xaxes(title_text=text("repeat purchases before the holdout"), type="category")
    ticks = nice(float(max(groups.high.max(), groups.expected.max())))
    figure.update_yaxes(
        title_text=text("purchases a customer in the holdout"),
        tickvals=ticks,
        ticktext=[words.number(v) for v in ticks],
    )
    alt = text(
        "Purchases in the holdout by earlier repeat purchases: {pairs}.",
        pairs="; ".join(
            text(
                "{n}: {actual} actual, {expected} expected",
                n=label,
                actual=words.number(r.actual),
                expected=words.number(r.expected),
            )
            for label, r in zip(labels, groups.itertuples(), strict=True)
        ),
    )
    names = {
        "frequency": text("repeat purchases before"),
        "customers": text("customers"),
        "expected": text("expected"),
        "actual": text("actual"),
        "low": text("low"),
        "high": text("high"),
    }
    return Chart(figure, alt, groups.rename(columns=names))


def _every(months: list[int]) -> list[int]:
    step = t.every(len(months), 13)
    return months[::step]

"""How predicted chances of leaving came true, what drives them, and the reasons of one customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

import words
from charts import theme as t
from charts.theme import Chart
from models.estimate import Estimate
from models.learning.importance import Importance
from models.learning.measures import Measures
from models.learning.reasons import Reasons
from words import text

MOST_DRIVERS = 12


def calibration(found: Measures, theme: str) -> Chart:
    """Predicted against observed, a point a part of the customers with its interval; the diagonal is perfect."""
    p = t.palette(theme)
    parts = found.parts[::-1]
    figure = t.figure(theme, height=340)
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=text("perfect"),
        line={"color": p.muted, "dash": "dash", "width": 1.5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[part.predicted for part in parts],
        y=[part.observed.value for part in parts],
        mode="lines+markers",
        name=text("observed"),
        line={"color": p.series[0]},
        marker={"size": 8},
        error_y=_bars([part.observed for part in parts], p.ink),
        hovertext=[
            text(
                "{predicted} predicted, {observed} left of {n} customers",
                predicted=words.percent(part.predicted),
                observed=words.estimate(part.observed),
                n=words.count(part.observed.n),
            )
            for part in parts
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    top = min(max(max(part.predicted, part.observed.high) for part in parts) * 1.05, 1.0)
    for axis, title in ((figure.update_xaxes, text("predicted")), (figure.update_yaxes, text("left"))):
        axis(title=title, range=[0, top], tickformat=".0%")
    worst = max(parts, key=lambda part: abs(part.predicted - part.observed.value))
    alt = text(
        "Predicted chance of leaving against the share that left, in {n} parts. Farthest apart: {predicted} predicted, "
        "{observed} left. Calibration error {error}.",
        n=words.count(len(parts)),
        predicted=words.percent(worst.predicted),
        observed=words.estimate(worst.observed),
        error=words.estimate(found.calibration_error, digits=3),
    )
    return Chart(figure, alt, _parts(found))


def lift(found: Measures, theme: str) -> Chart:
    """The share that left in each tenth of the customers over that of all, highest predictions first."""
    p = t.palette(theme)
    names = [words.count(k + 1) for k in range(len(found.parts))]
    lifts = [part.lift for part in found.parts]
    figure = t.figure(theme, height=300)
    figure.add_bar(
        x=names,
        y=[one.value for one in lifts],
        marker={"color": p.series[0]},
        error_y=_bars(lifts, p.ink),
        hovertext=[
            text("Part {part}: {lift} times the average", part=name, lift=words.estimate(one))
            for name, one in zip(names, lifts, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.add_hline(y=1, line={"color": p.muted, "dash": "dash", "width": 1.5})
    figure.update_xaxes(
        type="category", title=text("tenth of the customers, highest chance of leaving first")
    )
    figure.update_yaxes(title=text("times the average"), rangemode="tozero")
    alt = text(
        "Lift by tenth of the customers: the first leaves {first} times as often as the average, the last {last} times.",
        first=words.estimate(lifts[0]),
        last=words.estimate(lifts[-1]),
    )
    return Chart(figure, alt, _parts(found))


def drivers(found: Importance, theme: str) -> Chart:
    """Log loss added by shuffling each group of features, strongest on top."""
    p = t.palette(theme)
    shown = found.drivers[:MOST_DRIVERS][::-1]
    figure = t.figure(theme, height=80 + 26 * len(shown))
    figure.add_bar(
        x=[one.added_loss.value for one in shown],
        y=[text(one.title) for one in shown],
        orientation="h",
        marker={"color": p.series[0]},
        error_x=_bars([one.added_loss for one in shown], p.ink),
        hovertext=[
            text(
                "{what}: {loss} more log loss",
                what=text(one.title),
                loss=words.estimate(one.added_loss, digits=4),
            )
            for one in shown
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title=text("log loss added without it"))
    figure.update_yaxes(type="category")
    first = found.drivers[0]
    alt = text(
        "What drives the chances. Strongest: {what}, without which the log loss grows by {loss}.",
        what=text(first.title),
        loss=words.estimate(first.added_loss, digits=4),
    )
    rows = pd.DataFrame(
        {
            text("what"): [text(one.title) for one in found.drivers],
            text("log loss added"): [one.added_loss.value for one in found.drivers],
            text("from"): [one.added_loss.low for one in found.drivers],
            text("to"): [one.added_loss.high for one in found.drivers],
        }
    )
    return Chart(figure, alt, rows)


def waterfall(found: Reasons, row: int, theme: str) -> Chart:
    """From the base to one customer's log odds of leaving: the `row`-th of those explained, strongest group first."""
    p = t.palette(theme)
    parts = found.contributions[row]
    order = sorted(range(len(parts)), key=lambda k: -abs(parts[k]))
    names = [text("average"), *(text(found.titles[k]) for k in order), text("this customer")]
    values = [float(found.base[row]), *(float(parts[k]) for k in order), float(found.log_odds[row])]
    figure = t.figure(theme, height=120 + 26 * len(names))
    figure.add_waterfall(
        y=names,
        x=values,
        measure=["absolute", *(["relative"] * len(order)), "total"],
        orientation="h",
        # Up and down differ by their signs as well as by colour.
        text=[
            _plain(value) if k in (0, len(order) + 1) else _signed(value) for k, value in enumerate(values)
        ],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": p.series[1]}},
        decreasing={"marker": {"color": p.series[0]}},
        totals={"marker": {"color": p.muted}},
        connector={"line": {"color": p.line}},
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    ends = np.cumsum(values[:-1])
    low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
    # Numbers stand outside their bars: they need room on both sides.
    room = 0.15 * max(high - low, 0.1)
    figure.update_xaxes(
        title=text("log odds of leaving"), zeroline=True, range=[low - room, high + room], tickformat="~g"
    )
    figure.update_yaxes(type="category", autorange="reversed")
    strongest = order[0]
    alt = text(
        "From the average log odds of {base} to this customer's {end}. Strongest: {what}, {part}.",
        base=_plain(values[0]),
        end=_plain(values[-1]),
        what=text(found.titles[strongest]),
        part=_signed(float(parts[strongest])),
    )
    return Chart(figure, alt, pd.DataFrame({text("what"): names, text("log odds"): values}))


def _signed(value: float) -> str:
    """With its sign, and none where it rounds to nothing."""
    size = words.number(abs(value))
    if size == words.number(0):
        return size
    return f"+{size}" if value > 0 else f"−{size}"


def _plain(value: float) -> str:
    """A figure that is no difference: only a minus is written, the same as there."""
    return _signed(value).removeprefix("+")


def _bars(estimates: list[Estimate], colour: str) -> dict[str, object]:
    return {
        "type": "data",
        "array": [e.high - e.value for e in estimates],
        "arrayminus": [e.value - e.low for e in estimates],
        "color": colour,
        "thickness": 1.5,
    }


def _parts(found: Measures) -> pd.DataFrame:
    return pd.DataFrame(
        {
            text("part"): range(1, len(found.parts) + 1),
            text("customers"): [part.observed.n for part in found.parts],
            text("predicted"): [part.predicted for part in found.parts],
            text("left"): [part.observed.value for part in found.parts],
            text("from"): [part.observed.low for part in found.parts],
            text("to"): [part.observed.high for part in found.parts],
            text("lift"): [part.lift.value for part in found.parts],
            text("lift from"): [part.lift.low for part in found.parts],
            text("lift to"): [part.lift.high for part in found.parts],
        }
    )

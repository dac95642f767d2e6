"""Figures of an estimate's unit, written by `words`, each distinct one only once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import floor, isnan, log10

import plotly.graph_objects as go

import words


def writer(unit: str, currency: str, digits: int | None = None) -> Callable[[float], str]:
    """A function from a value to what a person reads; a missing value is an empty text."""

    @lru_cache(maxsize=20_000)
    def write(rounded: float) -> str:
        if unit == "share":
            return words.percent(rounded, 1 if digits is None else digits)
        if unit == "money":
            return words.money(rounded, currency, digits)
        return words.number(rounded, 2 if digits is None else digits)

    places = 4 if unit == "share" else 2
    return lambda value: "" if isnan(value) else write(round(float(value), places))


def money_axis(figure: go.Figure, top: float, currency: str, title: str) -> None:
    """Amounts from 0 to about `top`, with their currency, up the side."""
    ticks = nice(top)
    figure.update_yaxes(
        title_text=title,
        tickvals=ticks,
        ticktext=[words.money(v, currency, 0 if top >= 5 else None) for v in ticks],
        rangemode="tozero",
    )


def nice(top: float) -> list[float]:
    """Round values from 0 to about `top`, five or so."""
    if not top > 0:
        return [0.0, 1.0]
    rough = top / 5
    power = 10.0 ** floor(log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    return [step * k for k in range(int(top / step) + 1)]

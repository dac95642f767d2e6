"""Figures of an estimate's unit, written by `words`, each distinct one only once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import isnan

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

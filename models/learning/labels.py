"""Which column says who left, and which of its two values means it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from models.learning.frames import Truths
from words import count, listing, text

LEFT = {
    *(
        "yes",
        "y",
        "true",
        "t",
        "1",
        "churn",
        "churned",
        "left",
        "gone",
        "lost",
        "cancelled",
        "canceled",
        "inactive",
    ),
    *("closed", "lapsed", "terminated", "attrited customer", "attrited", "exited", "unsubscribed"),
}
STAYED = {
    *(
        "no",
        "n",
        "false",
        "f",
        "0",
        "stayed",
        "retained",
        "active",
        "current",
        "kept",
        "open",
        "existing customer",
    ),
    *("existing", "not churned", "subscribed", "renewed", "loyal"),
}
SAYS_STAYED = re.compile(r"retain|retention|stay|active|renew|kept|loyal|remain|subscribed", re.IGNORECASE)
"""In the name of a column whose "yes" may mean that the customer stayed."""

BARE = {"yes", "y", "true", "t", "1", "no", "n", "false", "f", "0"}
"""Values that say nothing without the name of their column."""


class Undecided(ValueError):
    """Which value means that a customer left has to be asked; `values` are the two found."""

    def __init__(self, sentence: str, values: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.values = values


@dataclass(frozen=True)
class Label:
    """`left` for each row of the frame where `known`; `churned` and `stayed` are the two values as found."""

    column: str
    churned: str
    stayed: str
    left: Truths
    known: Truths

    def sentence(self) -> str:
        told = text(
            "{column} = {churned} means that a customer left, {column} = {stayed} that they stayed.",
            column=self.column,
            churned=self.churned,
            stayed=self.stayed,
        )
        unknown = int((~self.known).sum())
        if not unknown:
            return told
        return f"{told} " + text("{n} rows without an answer there are left out.", n=count(unknown))


def read_label(frame: pd.DataFrame, column: str, churned: str | None = None) -> Label:
    """Two values, one of which means that the customer left: as `churned` says, or by what they are called.

    Raises ValueError with a sentence for a missing column or other than two values; Undecided where only a person can
    tell which of the two it is.
    """
    if column not in frame.columns:
        raise ValueError(_no_column(frame, column))
    written = as_text(frame[column])
    known = (written != "").to_numpy(bool)
    values = sorted(set(written[known]))
    if len(values) != 2:
        raise ValueError(_not_two(column, values))
    if churned is not None:
        given = _plain(churned)
        if given not in values:
            raise ValueError(
                text(
                    "{column} has no value {value}; it has {values}.",
                    column=column,
                    value=given,
                    values=listing(values),
                )
            )
    else:
        given = _decide(column, values)
    stayed = values[0] if given == values[1] else values[1]
    return Label(column, given, stayed, (written == given).to_numpy(bool), known)


def as_text(values: pd.Series) -> pd.Series:
    """Each value as a person wrote it, without spaces around it; empty where there is none. 1.0 is written 1."""
    return values.map(_plain).astype(object)


def _plain(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float | np.floating):
        figure = float(value)
        if np.isnan(figure):
            return ""
        return str(int(figure)) if figure.is_integer() and abs(figure) < 2**53 else str(figure)
    return str(value).strip()


def _decide(column: str, values: list[str]) -> str:
    low = {value.lower(): value for value in values}
    left = [value for plain, value in low.items() if plain in LEFT]
    stayed = [value for plain, value in low.items() if plain in STAYED]
    bare = all(plain in BARE for plain in low)
    if (
        len(left) == 1
        and len(stayed) <= 1
        and set(left) != set(stayed)
        and not (bare and SAYS_STAYED.search(column))
    ):
        return left[0]
    if not left and len(stayed) == 1:
        return next(value for value in values if value != stayed[0])
    raise Undecided(
        text(
            "{column} is either {one} or {other}. Which of the two means that the customer left?",
            column=column,
            one=values[0],
            other=values[-1],
        ),
        tuple(values),
    )


def _no_column(frame: pd.DataFrame, column: str) -> str:
    names = [str(name) for name in frame.columns]
    near = get_close_matches(column, names, 1)
    told = text("There is no column {column}.", column=column)
    if near:
        return f"{told} " + text("Did you mean {near}?", near=near[0])
    return f"{told} " + text("The table has {columns}.", columns=listing(names[:20]))


def _not_two(column: str, values: list[str]) -> str:
    if not values:
        return text("{column} is empty in every row, so it cannot say who left.", column=column)
    if len(values) == 1:
        return text(
            "{column} is {value} in every row. A model can only learn from some who left and some who stayed.",
            column=column,
            value=values[0],
        )
    return text(
        "{column} has {n} different values ({values}); a label has two: left and stayed. Choose another column, or "
        "put these values into two.",
        column=column,
        n=count(len(values)),
        values=listing([*values[:5], "…"] if len(values) > 5 else values),
    )

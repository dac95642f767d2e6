"""What is known of customers beside their orders, as numbers: columns are coded, equal rows counted once.

A categorical column (text, category, bool) becomes one indicator for each of its levels but the most
frequent, which is the base; a numeric one is standardised. A customer's row of numbers z is his pattern.
Most shops have few of them, and a likelihood then costs one evaluation a pattern, however many customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from models.btyd.inputs import Floats, Ints, column
from words import count, listing, number, text

FEWEST = 30
"""Levels of fewer customers are merged: a coefficient of theirs would be the prior's, not theirs."""
MOST_PATTERNS = 400
"""Above this, numeric columns are cut into quantiles. Each pattern costs an evaluation of its own, about .2 ms
for BG/NBD and 2 ms for Pareto/NBD."""
BINS = (50, 20, 10, 5)
"""Quantiles tried in turn until there are few enough patterns."""

Covariates: TypeAlias = pd.DataFrame | Mapping[str, Any] | None
"""A row a customer; or column -> value of one customer; or nothing."""


@dataclass(frozen=True)
class Levels:
    """A categorical column: `levels` (the base first), and those counted under `other`, if any."""

    name: str
    levels: tuple[str, ...]
    merged: tuple[str, ...] = ()
    other: str = ""

    @property
    def terms(self) -> tuple[tuple[str, str, float], ...]:
        """(covariate, level, size of its unit in z) of each number the column becomes."""
        return tuple((self.name, level, 1.0) for level in self.levels[1:])

    def code(self, values: pd.Series) -> tuple[Floats, Ints]:
        """Numbers z of each distinct value, and which of them each customer has. Raises ValueError for a level
        that no customer fitted had, unless rare levels were merged: then it is one of those."""
        which, kinds = pd.factorize(_names(values))
        known = {level: i for i, level in enumerate(self.levels)}
        rest = known.get(self.other) if self.other else None
        position = [known.get(kind, rest) for kind in kinds]
        if None in position:
            raise ValueError(
                text(
                    "The column {name} holds {found}, which no customer fitted had; known are {known}. Replace it"
                    " by one of these, or fit again with customers who have it.",
                    name=self.name,
                    found=repr(str(kinds[position.index(None)])),
                    known=listing(self.levels),
                )
            )
        return np.eye(len(self.levels))[:, 1:], np.array(position, dtype=np.int64)[which]


@dataclass(frozen=True)
class Numeric:
    """A numeric column: z = (value - mean) / sd; with `cuts`, after each value is replaced by its bin's mean."""

    name: str
    mean: float
    sd: float
    cuts: Floats | None = None
    centres: Floats | None = None

    @property
    def terms(self) -> tuple[tuple[str, str, float], ...]:
        return ((self.name, "", self.sd),)

    def code(self, values: pd.Series) -> tuple[Floats, Ints]:
        """As `Levels.code`. Raises ValueError for a value that is missing or no number."""
        given = column(values, self.name)
        if self.cuts is None or self.centres is None:
            kinds, which = np.unique(given, return_inverse=True)
        else:
            kinds, which = self.centres, np.searchsorted(self.cuts, given, side="right")
        return ((kinds - self.mean) / self.sd)[:, None], which.astype(np.int64)

    def binned(self, given: Floats, weight: Floats, bins: int) -> Numeric:
        """Cut at quantiles. The mean of a bin stands for its values, so that a linear effect is not biased, and
        where there are few values each keeps a bin of its own."""
        order = np.argsort(given, kind="stable")
        reached = np.cumsum(weight[order]) / weight.sum()
        at = np.searchsorted(reached, np.arange(1, bins) / bins)
        cuts = np.unique(given[order][np.minimum(at, len(given) - 1)])
        cuts = cuts[cuts > given.min()]
        which = np.searchsorted(cuts, given, side="right")
        total = np.bincount(which, weights=weight, minlength=len(cuts) + 1)
        centres = np.bincount(which, weights=weight * given, minlength=len(cuts) + 1) / np.maximum(
            total, 1e-300
        )
        return Numeric(self.name, self.mean, self.sd, cuts, centres)


@dataclass(frozen=True)
class Coding:
    """How columns become numbers: learnt from the customers fitted, applied to any."""

    columns: tuple[Levels | Numeric, ...] = ()

    @property
    def terms(self) -> tuple[tuple[str, str, float], ...]:
        return tuple(term for each in self.columns for term in each.terms)

    def patterns(self, covariates: Covariates) -> tuple[Floats, Ints]:
        """The distinct z, shape (patterns, terms), and the pattern of each row. A mapping is one row.

        Raises ValueError for a missing column, an unknown level or a value that is no number.
        """
        frame = as_frame(covariates)
        z, row = np.zeros((1, 0)), np.zeros(len(frame), dtype=np.int64)
        for each in self.columns:
            if each.name not in frame:
                raise ValueError(
                    text(
                        "The covariates lack the column {name}; {needed} are needed.",
                        name=each.name,
                        needed=listing(c.name for c in self.columns),
                    )
                )
            values, code = each.code(frame[each.name])
            pair, row = np.unique(row * len(values) + code, return_inverse=True)
            before, here = np.divmod(pair, len(values))
            z = np.hstack([z[before], values[here]])
        return z, row


def learn(
    covariates: pd.DataFrame | None, weight: Floats, fewest: float = FEWEST, most: int = MOST_PATTERNS
) -> tuple[Coding, list[str]]:
    """The coding for these customers (`weight`: how many share a row), and sentences on what was merged or cut.

    Raises ValueError if the rows are not one a customer, or a numeric column has gaps.
    """
    frame = pd.DataFrame(index=range(len(weight))) if covariates is None else as_frame(covariates)
    if len(frame) != len(weight):
        raise ValueError(
            text("There are {n} histories but {m} rows of covariates.", n=len(weight), m=len(frame))
        )
    notes: list[str] = []
    columns: list[Levels | Numeric] = []
    for name in frame.columns:
        found = (
            _levels(frame[name], weight, fewest) if _in_words(frame[name]) else _numeric(frame[name], weight)
        )
        if found is None:
            notes.append(
                text(
                    "{name} was left out: all customers are alike in it, or no level of it has {least} of them.",
                    name=name,
                    least=number(fewest, 0),
                )
            )
            continue
        columns.append(found)
        if isinstance(found, Levels) and found.merged:
            notes.append(
                text(
                    "Of {name}, {merged} have fewer than {least} customers each and were counted together"
                    " as {other}.",
                    name=name,
                    merged=listing(found.merged[:8])
                    if len(found.merged) <= 8
                    else text("{n} levels", n=count(len(found.merged))),
                    least=number(fewest, 0),
                    other=found.other,
                )
            )
    return _few_enough(Coding(tuple(columns)), frame, weight, most, notes), notes


def as_frame(covariates: Covariates) -> pd.DataFrame:
    """A row a customer; a mapping of column to value is one customer, nothing one without covariates."""
    if isinstance(covariates, pd.DataFrame):
        frame = covariates.rename(columns=str)
        if frame.columns.has_duplicates:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise ValueError(text("The covariates have two columns named {name}; give one.", name=twice))
        return frame
    return pd.DataFrame([dict(covariates)]) if covariates else pd.DataFrame(index=range(1))


def _few_enough(coding: Coding, frame: pd.DataFrame, weight: Floats, most: int, notes: list[str]) -> Coding:
    """The coding with numeric columns cut into as many quantiles as keep the patterns below `most`."""
    found = len(coding.patterns(frame)[0])
    if found <= most:
        return coding
    names = [each.name for each in coding.columns if isinstance(each, Numeric)]
    for bins in BINS if names else ():
        coding = Coding(
            tuple(
                each.binned(column(frame[each.name], each.name), weight, bins)
                if isinstance(each, Numeric)
                else each
                for each in coding.columns
            )
        )
        left = len(coding.patterns(frame)[0])
        if left <= most or bins == BINS[-1]:
            notes.append(
                text(
                    "There were {found} combinations of covariates. The numbers in {names} were cut into {bins}"
                    " quantiles, each with its mean; {left} combinations are left.",
                    names=listing(names),
                    found=count(found),
                    bins=count(bins),
                    left=count(left),
                )
            )
            break
    else:
        left = found
    if left > most:
        notes.append(
            text(
                "There are {n} combinations of covariates, and each is fitted for itself: this takes long. Fewer"
                " columns or levels would be quicker.",
                n=count(left),
            )
        )
    return coding


def _in_words(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.CategoricalDtype) or is_bool_dtype(values):
        return True
    return not is_numeric_dtype(values)


def _names(values: pd.Series) -> pd.Series:
    """Levels as text; a missing one is a level like others: that nobody asked may tell something."""
    return values.astype(object).where(values.notna(), text("(not known)")).astype(str)


def _levels(values: pd.Series, weight: Floats, fewest: float) -> Levels | None:
    names = _names(values)
    customers = pd.Series(weight).groupby(names.to_numpy()).sum()
    customers = customers.sort_values(ascending=False, kind="stable")
    other = text("other")
    rare: Sequence[str] = [level for level in customers.index if customers[level] < fewest and level != other]
    # One rare level alone would only lose its name.
    if len(rare) + (other in customers.index) < 2:
        rare = []
    kept = [level for level in customers.index if level not in set(rare)]
    if rare and other not in kept:
        kept.append(other)
    if len(kept) < 2:
        return None
    return Levels(str(values.name), tuple(kept), tuple(rare), other if other in kept and rare else "")


def _numeric(values: pd.Series, weight: Floats) -> Numeric | None:
    given = column(values, str(values.name))
    mean = float(np.average(given, weights=weight))
    sd = float(np.sqrt(np.average((given - mean) ** 2, weights=weight)))
    return Numeric(str(values.name), mean, sd) if sd > 1e-12 * max(abs(mean), 1e-300) else None

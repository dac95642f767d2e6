"""What is learned from: columns of equal length, and samples of them with a label, a customer and a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from words import number, text

Kind = Literal["number", "category"]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Truths = NDArray[np.bool_]
Rows = NDArray[np.intp] | NDArray[np.bool_]


@dataclass(frozen=True)
class Features:
    """Columns of n values: numbers are float64 with NaN for missing; categories are codes into `levels[name]`, -1
    for missing.

    `groups` maps each column to its group of related features, `titles` each group to its message. `phrases` maps a
    column to a message with {value}, for reasons in words; without one a reason names the column and its value.
    Raises ValueError with a sentence where these do not agree.
    """

    columns: Mapping[str, np.ndarray]
    kinds: Mapping[str, Kind]
    groups: Mapping[str, str]
    titles: Mapping[str, str]
    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, values in self.columns.items():
            if name not in self.kinds:
                raise ValueError(
                    text("Whether the feature {name} is a number or a category is not said.", name=name)
                )
            if name not in self.groups:
                raise ValueError(text("The feature {name} belongs to no group.", name=name))
            if self.groups[name] not in self.titles:
                raise ValueError(text("The group {name} has no title.", name=self.groups[name]))
            if values.ndim != 1 or len(values) != len(self):
                raise ValueError(
                    text(
                        "The feature {name} has {found} values where {expected} were expected.",
                        name=name,
                        found=number(len(values)),
                        expected=number(len(self)),
                    )
                )
            self._check_values(name, values)

    def _check_values(self, name: str, values: np.ndarray) -> None:
        kind = self.kinds[name]
        if kind == "number":
            if values.dtype != np.float64:
                raise ValueError(text("The numbers of the feature {name} are not float64.", name=name))
            if np.isinf(values).any():
                raise ValueError(text("The feature {name} holds an infinite number.", name=name))
        elif kind == "category":
            if name not in self.levels or not np.issubdtype(values.dtype, np.integer):
                raise ValueError(text("The category {name} needs integer codes and its levels.", name=name))
            if len(values) and not -1 <= int(values.min()) <= int(values.max()) < len(self.levels[name]):
                raise ValueError(
                    text("The category {name} holds a code that none of its levels has.", name=name)
                )
        else:
            raise ValueError(text("The feature {name} is neither a number nor a category.", name=name))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @property
    def nbytes(self) -> int:
        return sum(values.nbytes for values in self.columns.values())

    def members(self) -> dict[str, tuple[str, ...]]:
        """The columns of each group, groups in the order of their first column."""
        found: dict[str, list[str]] = {}
        for name in self.columns:
            found.setdefault(self.groups[name], []).append(name)
        return {group: tuple(names) for group, names in found.items()}

    def with_columns(self, columns: Mapping[str, np.ndarray]) -> Features:
        """The same features with these arrays for columns; what is said of columns no longer there is kept."""
        return Features(columns, self.kinds, self.groups, self.titles, self.levels, self.phrases)

    def take(self, rows: Rows) -> Features:
        """The rows of these positions, or where the mask is true."""
        return self.with_columns({name: values[rows] for name, values in self.columns.items()})

    def only(self, names: Sequence[str]) -> Features:
        """These columns alone."""
        return self.with_columns({name: self.columns[name] for name in names})

    def without(self, names: Sequence[str]) -> Features:
        """All columns but these."""
        return self.only([name for name in self.columns if name not in set(names)])


@dataclass(frozen=True)
class Sample:
    """Rows to learn from or to score.

    `label` is True where the customer left (no order within the horizon); `customer` (integers) is the cluster for
    every bootstrap; `day` is the day each row looks from. Raises ValueError where the lengths differ.
    """

    features: Features
    label: Truths | None
    customer: NDArray[np.integer]
    day: np.ndarray | None = None

    def __post_init__(self) -> None:
        for values in (self.label, self.customer, self.day):
            if values is not None and len(values) != len(self.features) and self.features.columns:
                raise ValueError(
                    text(
                        "A sample of {rows} rows was given {found} labels, customers or days.",
                        rows=number(len(self.features)),
                        found=number(len(values)),
                    )
                )
        if self.label is not None and self.label.dtype != np.bool_:
            raise ValueError(text("Labels must be true or false."))

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def nbytes(self) -> int:
        others = (self.label, self.customer, self.day)
        return self.features.nbytes + sum(values.nbytes for values in others if values is not None)

    def take(self, rows: Rows) -> Sample:
        """The rows of these positions, or where the mask is true."""
        return Sample(
            self.features.take(rows),
            None if self.label is None else self.label[rows],
            self.customer[rows],
            None if self.day is None else self.day[rows],
        )


def concat(samples: Sequence[Sample]) -> Sample:
    """The rows of all samples, one after another; each must have the same columns and levels.

    Raises ValueError with a sentence where they differ.
    """
    if not samples:
        raise ValueError(text("There is no sample to learn from."))
    first = samples[0]
    for other in samples[1:]:
        if other.features.names != first.features.names:
            raise ValueError(text("Samples with different features cannot be put together."))
        for name in first.features.levels:
            if list(other.features.levels.get(name, ())) != list(first.features.levels[name]):
                raise ValueError(text("The levels of the category {name} differ between samples.", name=name))
        if (other.label is None, other.day is None) != (first.label is None, first.day is None):
            raise ValueError(text("Samples with and without a label or a day cannot be put together."))
    columns = {
        name: np.concatenate([one.features.columns[name] for one in samples])
        for name in first.features.columns
    }
    labels = [one.label for one in samples if one.label is not None]
    days = [one.day for one in samples if one.day is not None]
    return Sample(
        first.features.with_columns(columns),
        np.concatenate(labels) if labels else None,
        np.concatenate([one.customer for one in samples]),
        np.concatenate(days) if days else None,
    )

"""A table of one's own as features: numbers in text are read, dates become days, ids are found and left out."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from models.learning.frames import Features, Floats, Kind
from models.learning.labels import as_text
from words import count, listing, message, text

NUMERIC = 0.95
"""A text column of which at least so much reads as a number is one; the rest of it is missing."""

ALL_DIFFERENT = 0.9
"""A text column with more different values than this share of its rows names its rows, and teaches nothing."""

FEWEST_FOR_NAMES = 50
"""In a shorter table different values prove nothing."""

RELATED = 0.8
"""Two columns whose ranks correlate at least so much (Spearman), in either direction, are told together."""

SURROUNDINGS = re.compile(r"^[\s$€£¥₴%]+|[\s$€£¥₴%]+$")
THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}([ T].*)?$")
NAMED_ID = re.compile(r"(^|[^a-z])(id|uuid|guid|key|index|row|rownumber|number|no|email|phone)([^a-z]|$)")

PHRASE = message("{feature}: {value}")


def read_features(frame: pd.DataFrame, skip: Collection[str] = ()) -> tuple[Features, tuple[str, ...]]:
    """All columns but `skip`, related numbers in one group, and sentences on what was done to them.

    Raises ValueError with a sentence for columns of the same name and where nothing is left to learn from.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(text("Two columns have the same name: {names}. Rename one.", names=listing(twice)))
    columns: dict[str, np.ndarray] = {}
    kinds: dict[str, Kind] = {}
    levels: dict[str, list[str]] = {}
    ids: list[str] = []
    notes: list[str] = []
    for name, (_, values) in zip(names, frame.items(), strict=True):
        if name in skip:
            continue
        numbers, note = _numbers(name, values)
        if note:
            notes.append(note)
        if numbers is not None:
            if _numbers_rows(name, numbers):
                ids.append(name)
                continue
            columns[name], kinds[name] = numbers, "number"
            continue
        written = as_text(values)
        filled = written[written != ""]
        distinct = filled.nunique()
        if len(filled) >= FEWEST_FOR_NAMES and distinct > ALL_DIFFERENT * len(filled):
            ids.append(name)
            continue
        levels[name] = sorted(set(filled))
        place = {level: code for code, level in enumerate(levels[name])}
        columns[name] = np.array([place.get(value, -1) for value in written], np.int64)
        kinds[name] = "category"
    if ids:
        notes.insert(0, text("Left out, because they only name the rows: {columns}.", columns=listing(ids)))
    if not columns:
        raise ValueError(text("Besides the label the table has no column to learn from."))
    groups = related({name: columns[name] for name in columns if kinds[name] == "number"})
    titles = {
        group: listing(name for name in columns if groups.get(name, name) == group) for group in columns
    }
    of = {name: groups.get(name, name) for name in columns}
    return Features(columns, kinds, of, titles, levels, dict.fromkeys(columns, PHRASE)), tuple(notes)


def related(numbers: dict[str, Floats]) -> dict[str, str]:
    """For each column of numbers the first one that it rises or falls with, over any chain of such pairs: shuffled
    alone, one of them would look idle because the other still tells its part."""
    names = list(numbers)
    group = {name: name for name in names}
    if len(names) < 2:
        return group
    ranks = pd.DataFrame(numbers).rank()
    alike = ranks.corr(min_periods=FEWEST_FOR_NAMES).abs().to_numpy() >= RELATED
    for j, name in enumerate(names):
        for i in range(j):
            if alike[i, j]:
                first, other = sorted((group[names[i]], group[name]), key=names.index)
                group = {each: first if of == other else of for each, of in group.items()}
    return group


def _numbers(name: str, values: pd.Series) -> tuple[Floats | None, str]:
    """The column as numbers, if it is one, and a sentence where that needed reading."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return None, ""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _finite(values.to_numpy(np.float64, na_value=np.nan)), ""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _days(values), text("{column} is a date and counted in days before its last one.", column=name)
    written = as_text(values)
    filled = written[written != ""]
    if not len(filled):
        return np.full(len(values), np.nan), ""
    if filled.map(lambda value: bool(ISO_DATE.match(value))).mean() >= NUMERIC:
        days = pd.to_datetime(written, errors="coerce", format="ISO8601", utc=True)
        return _days(days), text("{column} is a date and counted in days before its last one.", column=name)
    read = pd.to_numeric(written.map(_bare), errors="coerce").to_numpy(np.float64)
    if np.isfinite(read).sum() < NUMERIC * len(filled):
        return None, ""
    lost = len(written) - int(np.isfinite(read).sum())
    if not lost:
        return read, ""
    return _finite(read), text(
        "{column} holds numbers; {n} cells without one are missing.", column=name, n=count(lost)
    )


def _bare(value: str) -> str:
    bare = SURROUNDINGS.sub("", value)
    return bare.replace(",", "") if THOUSANDS.match(bare) else bare


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _days(values: pd.Series) -> Floats:
    return ((values.max() - values) / pd.Timedelta(days=1)).to_numpy(np.float64, na_value=np.nan)


def _numbers_rows(name: str, values: Floats) -> bool:
    """Whole numbers, no two alike, that count the rows or are called an id."""
    if len(values) < FEWEST_FOR_NAMES or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    if len(np.unique(values)) < len(values):
        return False
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return bool(NAMED_ID.search(spaced)) or values.max() - values.min() == len(values) - 1

"""Columns of Arrow from numbers, without a Python object a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.demo_process import Bools, Floats, Ints
from data.tables import TABLES, Column

ARROW = {
    "text": pa.string(),
    "time": pa.timestamp("us"),
    "date": pa.date32(),
    "money": pa.decimal128(18, 4),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flags": pa.int32(),
}


def schema(table: str) -> pa.Schema:
    """The columns of a table of `data/tables.py` as Arrow knows them."""
    columns: tuple[Column, ...] = TABLES[table]
    return pa.schema([(c.name, ARROW[c.kind]) for c in columns])


def rows(table: str, length: int, values: dict[str, Any]) -> pa.Table:
    """A table whose columns are `values` (Arrow arrays, numpy arrays or one value for all), else empty."""
    wanted = schema(table)
    return pa.table([_column(values.get(f.name), length, f.type) for f in wanted], schema=wanted)


def _column(value: Any, length: int, kind: pa.DataType) -> pa.Array:
    if isinstance(value, pa.Array):
        return value
    if isinstance(value, np.ndarray):
        return pa.array(value, kind)
    return pa.repeat(pa.scalar(value, kind), length)


def pick(texts: Sequence[str | None], which: Ints) -> pa.Array:
    """`texts[which]`."""
    return pa.array(texts, pa.string()).take(pa.array(which))


def numbered(prefix: str, numbers: Ints, digits: int) -> pa.Array:
    """prefix0000001: `prefix` (ASCII) and each number with leading zeros."""
    width = len(prefix) + digits
    letters = np.empty((len(numbers), width), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode("ascii"), np.uint8)
    rest = numbers.astype(np.int64)
    for place in range(width - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = 48 + digit
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(letters))


def dollars(cents: Ints, missing: Bools | None = None) -> pa.Array:
    """Whole cents as DECIMAL(18,4); null where `missing`."""
    low = cents.astype(np.int64) * 100
    words = np.stack([low, np.where(low < 0, -1, 0)], axis=1)  # 128 bits, little end first
    made = pa.Array.from_buffers(
        ARROW["money"], len(cents), [None, pa.py_buffer(np.ascontiguousarray(words))]
    )
    return made if missing is None else without(made, missing)


def times(moments: Ints, missing: Bools | None = None) -> pa.Array:
    """Microseconds since 1970 as times; null where `missing`."""
    return pa.array(moments.astype(np.int64), mask=missing).cast(ARROW["time"])


def days(numbers: Ints, missing: Bools | None = None) -> pa.Array:
    """Days since 1970 as dates; null where `missing`."""
    return pa.array(numbers.astype(np.int32), mask=missing).cast(ARROW["date"])


def without(values: pa.Array, missing: Bools) -> pa.Array:
    return pc.if_else(pa.array(~missing), values, pa.scalar(None, values.type))


def cents(amounts: Floats) -> Ints:
    return np.maximum(np.rint(amounts * 100), 1).astype(np.int64)

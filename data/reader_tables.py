"""Workbooks and Parquet files into staged records.

Part of the reading child: standard library, DuckDB, and python_calamine for workbooks only.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from data.reader_csv import SAMPLE_ROWS, TITLE_ROWS, Record, looks_like_values, two_rows, unique
from data.reader_staged import Staging, name, text
from data.reader_text import BOMB_FLOOR, Fault

WORKBOOK_RATIO = 100
"""Spreadsheet XML packs 8 to 40 times smaller."""
MOST_CELLS = 20_000_000
CELLS_PER_BYTE = 500
"""Honest Parquet holds about ten cells a byte; a constant column holds more, but then the file is small."""


def stage_workbook(staging: Staging, path: Path, sheet: str | None, limits: dict[str, int]) -> None:
    """One sheet of a workbook. Raises Fault: bomb, damaged_workbook, encrypted, empty, no_such_member."""
    import python_calamine as calamine

    if zipfile.is_zipfile(path):
        _refuse_bomb(path)
    try:
        book = calamine.load_workbook(str(path))
        shown = [
            s.name
            for s in book.sheets_metadata
            if s.typ == calamine.SheetTypeEnum.WorkSheet and s.visible == calamine.SheetVisibleEnum.Visible
        ]
        choices = shown or book.sheet_names
        if sheet is not None and sheet not in book.sheet_names:
            raise Fault("no_such_member", member=sheet, choices=choices)
        for candidate in [sheet] if sheet is not None else choices:
            opened = book.get_sheet_by_name(candidate)
            if opened.height:
                break
        else:
            raise Fault("empty")
    except calamine.PasswordError as error:
        raise Fault("encrypted") from error
    except calamine.CalamineError as error:
        raise Fault("damaged_workbook", message=str(error)[:200]) from error
    staging.result |= {"choices": choices if len(choices) > 1 else [], "member": opened.name}
    rows = ([_cell(value) for value in row] for row in opened.iter_rows())
    _stage_rows(staging, rows, limits)


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Fault("damaged_workbook", message=str(error)[:200]) from error
    packed = path.stat().st_size
    if unpacked > BOMB_FLOOR and unpacked > WORKBOOK_RATIO * packed:
        raise Fault("bomb", packed=packed, unpacked=unpacked)


def _cell(value: Any) -> str:
    """A cell as text: dates in ISO form, whole numbers without a point, others with Excel's own 15 digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else format(value, ".15g")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _stage_rows(staging: Staging, rows: Iterator[list[str]], limits: dict[str, int]) -> None:
    """Rows of a sheet, its header the first one that is at least half as full as the fullest near the top."""
    sample: list[list[str]] = []
    for row in rows:
        sample.append(row)
        if len(sample) >= SAMPLE_ROWS:
            break
    filled = [sum(bool(cell.strip()) for cell in row) for row in sample]
    if not any(filled):
        raise Fault("empty")
    if len(sample[0]) > limits["columns"]:
        raise Fault("too_many_columns", columns=len(sample[0]), limit=limits["columns"])
    enough = max(filled) / 2
    top = next(i for i, full in enumerate(filled) if full >= enough or i >= TITLE_ROWS)
    has_header = not looks_like_values(sample[top])
    if joined := two_rows(sample[top], sample[top + 1] if top + 1 < len(sample) else []):
        sample[top + 1], top = joined, top + 1
    header = unique(sample[top] if has_header else ("" for _ in sample[top]))
    staging.result["header"] = header

    def records() -> Iterator[Record]:
        number, line = 0, top + has_header
        for group in (iter(sample[top + has_header :]), rows):
            for row in group:
                line += 1
                if any(cell.strip() for cell in row):
                    number += 1
                    yield Record(number, line, row)

    staging.write(records(), header)


def stage_parquet(staging: Staging, path: Path, limits: dict[str, int]) -> None:
    """A Parquet file, every value cast to text exactly. Raises Fault: bomb, damaged_parquet, too_many_*."""
    file, size = text(path.absolute()), path.stat().st_size
    run = staging.connection.execute
    try:
        found = run(f"SELECT num_rows FROM parquet_file_metadata({file})").fetchone()
        columns = run(f"DESCRIBE SELECT * FROM read_parquet({file}, binary_as_string = true)").fetchall()
        rows = found[0] if found else 0
        if len(columns) > limits["columns"]:
            raise Fault("too_many_columns", columns=len(columns), limit=limits["columns"])
        if rows * len(columns) > max(MOST_CELLS, CELLS_PER_BYTE * size):
            raise Fault("parquet_bomb", records=rows, columns=len(columns), bytes=size)
        if rows > limits["records"]:
            raise Fault("too_many_records", records=rows, limit=limits["records"])
        header = unique(column[0] for column in columns)
        staging.result["header"] = header
        select = ", ".join(
            f"{_as_text(c[0], c[1])} AS {name(new)}" for c, new in zip(columns, header, strict=True)
        )
        staging.copy(f"SELECT {select} FROM read_parquet({file}, binary_as_string = true)", "raw.parquet")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        message = str(error).splitlines()[0].replace(f" in file {file}", "")
        raise Fault("damaged_parquet", message=message[:200]) from error
    staging.nothing_rejected()


def _as_text(column: str, kind: str) -> str:
    as_text = f"CAST({name(column)} AS VARCHAR)"
    if kind in ("DOUBLE", "FLOAT"):
        as_text = (
            f"regexp_replace({as_text}, '\\.0$', '')"  # 17850.0 in a column with gaps was a whole number
        )
    return f"NULLIF({as_text}, '')"

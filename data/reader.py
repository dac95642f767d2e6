"""What the child process does with a stranger's file: `stage` splits it into records, `run` asks DuckDB about them.

It imports DuckDB and the Excel reader, nothing else. `data.reader_process` is the process; both can also be called
without it, by tests whose subject is not the process.
"""

from __future__ import annotations

import datetime as dt
import decimal
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.reader_csv import dialect_of
from data.reader_staged import Staging, connect, raw_sql, text, watched
from data.reader_tables import stage_parquet, stage_workbook
from data.reader_text import (
    Fault,
    Scan,
    Tick,
    encoding_of,
    gunzip,
    magic,
    scan,
    sha256,
    to_utf8,
    unzip,
    zip_kind,
)

DEFAULTS = {"columns": 2_000, "records": 200_000_000, "memory_mb": 1_300, "output_mb": 20_000}
__all__ = ["Fault", "raw_sql", "run", "stage"]


def _quiet(_fraction: float, _label: str) -> None:
    """No one is watching."""


def stage(
    request: dict[str, Any], tick: Tick = _quiet, checksum: Callable[[], str] | None = None
) -> dict[str, Any]:
    """Turn the file at request["path"] into raw.parquet and rejects.parquet in request["folder"].

    Keys: path, folder, encoding (None: told from the content), sheet (of a workbook, or member of a zip), and
    limits (see DEFAULTS). `checksum` gives the file's, if somebody works it out already. Returns what `data.opening.Staged` holds. Raises Fault.
    """
    folder, path = Path(request["folder"]), Path(request["path"])
    limits = DEFAULTS | request.get("limits", {})
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"warnings": [], "choices": [], "encoding": "", "delimiter": ""}
    try:
        source, kind, found = _unpacked(path, work, request.get("sheet"), limits, result, tick)
        if kind not in ("text", "xlsx", "xls", "parquet"):
            raise Fault("empty" if kind == "empty" else "wrong_type", kind=kind)
        result["kind"] = "csv" if kind == "text" else kind
        if kind == "text":
            source, encoding = _as_utf8(source, found, request.get("encoding"), work, result, tick)
        plain = work / "plain"  # a name without *, [ or ?, which DuckDB would take for a pattern
        plain.symlink_to(source.resolve())
        connection = connect(folder, (), limits["memory_mb"] * 6 // 10, file=source)
        try:
            staging = Staging(connection, folder, result, tick)
            if kind == "text":
                dialect = dialect_of(plain, limits["columns"])
                result |= {"encoding": encoding, "delimiter": dialect.delimiter, "header": dialect.header}
                staging.split(plain, dialect, found.line_ends)
            elif kind == "parquet":
                stage_parquet(staging, plain, limits)
            else:
                # in a zip the name chose the member; the workbook inside then opens at its first sheet
                stage_workbook(staging, source, request.get("sheet") if source is path else None, limits)
            staging.finish(limits["records"])
            if kind == "text" and found.line_ends > result["records"] + dialect.skip:
                staging.look_for_swallowed(dialect.delimiter)
        finally:
            connection.close()
        renamed = [column for column in result["header"] if column.endswith(" (2)")]
        if renamed:
            result["warnings"].append({"code": "same_names", "columns": renamed[:5]})
        result["sha256"] = checksum() if checksum else sha256(path)
        return result
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpacked(
    path: Path, work: Path, member: str | None, limits: dict[str, int], result: dict[str, Any], tick: Tick
) -> tuple[Path, str, Scan]:
    """The file behind gzip and zip (two deep at most), its kind, and what one pass over its bytes says."""
    found = scan(path, tick)
    result["bytes"] = found.size
    source, most = path, limits["output_mb"] << 20
    for depth in range(3):
        kind = magic(source)
        if kind == "zip":
            kind = zip_kind(source)
        if kind not in ("gzip", "zip"):
            return source, kind, found if source is path else scan(source, tick)
        if depth == 2:
            break
        target = work / f"unpacked{depth}"
        if kind == "gzip":
            gunzip(source, target, most, tick)
        else:
            result["member"], names = unzip(source, target, member, most, tick)
            result["choices"] = names if len(names) > 1 else []
        source = target
    raise Fault("nested_archive")


def _as_utf8(
    source: Path, found: Scan, asked: str | None, work: Path, result: dict[str, Any], tick: Tick
) -> tuple[Path, str]:
    """The text file in UTF-8 (itself where it already is) and the encoding it was in."""
    if found.long_line is not None:
        raise Fault("endless_line", line=found.long_line, bytes=found.size)
    encoding = asked or encoding_of(source, found)
    if found.zero_line is not None and not encoding.lower().startswith("utf-16"):
        raise Fault("zero_bytes", line=found.zero_line)
    if encoding == "utf-8" and found.utf8:
        return source, encoding
    target = work / "utf8"
    lost = to_utf8(source, target, encoding, tick)
    if lost:
        result["warnings"].append({"code": "unreadable_letters", "count": lost, "encoding": encoding})
    return target, encoding


def run(request: dict[str, Any], tick: Tick = _quiet) -> dict[str, Any]:
    """Run request["statements"], each (sql, fetch, label), on a DuckDB locked to `folder` and `also`.

    Views `raw` and `rejects` stand for the staged file when one of these folders holds it. Returns
    {"results": [...]}: rows of JSON values for the fetched statements, None for the others.
    """
    folder = Path(request["folder"])
    also = [str(place) for place in request.get("also", ())]
    limits = DEFAULTS | request.get("limits", {})
    connection = connect(folder, also, limits["memory_mb"] * 6 // 10)
    results: list[list[list[Any]] | None] = []
    try:
        for place in (Path(p).resolve() for p in (str(folder), *also)):
            if (place / "raw.parquet").exists():
                connection.execute(f"CREATE TEMP VIEW raw AS {raw_sql(place)}")
                rejects = text(place / "rejects.parquet")
                connection.execute(f"CREATE TEMP VIEW rejects AS SELECT * FROM read_parquet({rejects})")
                break
        statements = request["statements"]
        for done, (sql, fetch, label) in enumerate(statements):

            def share(fraction: float, doing: str, done: int = done) -> None:
                tick((done + fraction) / len(statements), doing)

            share(0.0, label)
            with watched(connection, share, label):
                cursor = connection.execute(sql)
            results.append([[_plain(v) for v in row] for row in cursor.fetchall()] if fetch else None)
    finally:
        connection.close()
        shutil.rmtree(folder / "tmp", ignore_errors=True)
    return {"results": results}


def _plain(value: Any) -> Any:
    """A value that JSON can carry: decimals as text, dates and times in ISO form."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)

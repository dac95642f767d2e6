"""The child process that opens a stranger's file: imports DuckDB and the Excel reader, nothing else.

`data.opening` starts it with a request as JSON on standard input and reads JSON lines back. `stage` and `run`
can also be called in process, by tests whose subject is not the process.
"""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import json
import os
import resource
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from data.reader_csv import SPACES, Dialect, Record, careful, dialect_of
from data.reader_text import Fault, Scan, Tick, encoding_of, gunzip, magic, scan, to_utf8, unzip, zip_kind

THREADS = 2
HEAD = 50
PARQUET = "(FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 100000)"
__all__ = ["Fault", "raw_sql", "run", "stage"]


def _quiet(_fraction: float, _label: str) -> None:
    """No one is watching."""


def raw_sql(folder: str | Path) -> str:
    """SQL for the staged records: `record` BIGINT, then the file's columns as VARCHAR.

    The file's columns are written in parallel and in order, so that a clean file's record number is the row's
    place; a file with records set aside carries its numbers in a column.
    """
    raw = _text(str(Path(folder) / "raw.parquet"))
    if (Path(folder) / "numbered").exists():
        return f"SELECT * FROM read_parquet({raw})"
    return (
        "SELECT file_row_number + 1 AS record, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({raw}, file_row_number = true)"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def connect(folder: Path, also: list[str], memory_mb: int, file: Path | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB that may touch `folder`, `also` and `file`, nothing else; its settings can no longer be changed."""
    folder = folder.resolve()
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": THREADS})
    allowed = ", ".join(_text(str(Path(p).resolve())) for p in (folder, *also))
    for setting in (
        f"memory_limit = '{memory_mb}MB'",
        f"temp_directory = {_text(str(temporary))}",
        "enable_progress_bar = true",
        "enable_progress_bar_print = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "TimeZone = 'UTC'",
        f"allowed_directories = [{allowed}]",
        f"allowed_paths = [{_text(str(file.resolve())) if file else ''}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


@contextmanager
def _watched(connection: duckdb.DuckDBPyConnection, tick: Tick, label: str) -> Iterator[None]:
    """Report the running query's progress five times a second."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            tick(max(connection.query_progress(), 0.0) / 100, label)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def stage(request: dict[str, Any], tick: Tick = _quiet) -> dict[str, Any]:
    """Turn the file at request["path"] into raw.parquet and rejects.parquet in request["folder"].

    Keys: path, folder, encoding (None: told from the content), sheet (of a workbook, or member of a zip), and the
    limits memory_mb, output_mb, columns, records. Returns what `data.opening.Staged` holds. Raises Fault.
    """
    folder, path = Path(request["folder"]), Path(request["path"])
    folder.mkdir(parents=True, exist_ok=True)
    limits = {"columns": 2000, "records": 200_000_000, "memory_mb": 1300, "output_mb": 20_000} | request.get("limits", {})
    result: dict[str, Any] = {"warnings": [], "choices": [], "encoding": "", "delimiter": ""}
    work = folder / "work"
    work.mkdir(exist_ok=True)
    try:
        source, kind, found = _unpacked(path, work, request.get("sheet"), limits, result, tick)
        if kind == "text":
            _stage_text(source, found, request.get("encoding"), folder, limits, result, tick)
        else:
            raise Fault("wrong_type", kind=kind)
        return result
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpacked(
    path: Path, work: Path, member: str | None, limits: dict, result: dict, tick: Tick
) -> tuple[Path, str, Scan]:
    """The file behind gzip and zip (two deep at most), its kind, and one pass over its bytes."""
    found = scan(path, tick)
    result["sha256"], result["bytes"] = found.sha256, found.size
    source, most = path, limits["output_mb"] << 20
    for depth in range(3):
        kind = magic(source)
        if kind == "zip":
            kind = zip_kind(source)
        if kind not in ("gzip", "zip"):
            return source, kind, found if source is path else scan(source, tick)
        target = work / f"unpacked{depth}"
        if kind == "gzip":
            gunzip(source, target, most, tick)
        else:
            result["member"], result["choices"] = unzip(source, target, member, most, tick)
        source = target
    raise Fault("nested_archive")


def _stage_text(
    source: Path, found: Scan, encoding: str | None, folder: Path, limits: dict, result: dict, tick: Tick
) -> None:
    if found.size == 0:
        raise Fault("empty")
    encoding = encoding or encoding_of(source, found)
    if not encoding.lower().startswith("utf-16") and found.zero_line is not None:
        raise Fault("zero_bytes", line=found.zero_line)
    if found.long_line is not None:
        raise Fault("endless_line", line=found.long_line, bytes=found.size)
    if encoding != "utf-8" or not found.utf8:
        target = folder / "work" / "utf8.csv"
        lost = to_utf8(source, target, encoding, tick)
        source = target
        if lost:
            result["warnings"].append({"code": "unreadable_letters", "count": lost, "encoding": encoding})
    dialect = dialect_of(source, limits["columns"])
    result |= {"kind": "csv", "encoding": encoding, "delimiter": dialect.delimiter, "header": dialect.header}
    plain = folder / "work" / "plain.csv"  # a name without *, [ or ?, which DuckDB would take for a pattern
    plain.symlink_to(source.resolve())
    connection = connect(folder, [], limits["memory_mb"] // 2, file=source)
    source = plain
    try:
        if dialect.delimiter == SPACES or not _quick(connection, source, dialect, folder, tick):
            _slow(connection, source, dialect, folder, found.size, result, tick)
        else:
            _no_rejects(connection, folder)
        _finish(connection, folder, limits, result)
    finally:
        connection.close()


def _columns(names: list[str]) -> str:
    return "{" + ", ".join(f"{_text(name)}: 'VARCHAR'" for name in names) + "}"


def _load(connection: duckdb.DuckDBPyConnection, source: Path, names: list[str], delimiter: str, skip: int, head: bool,
          select: str, target: Path, tick: Tick) -> None:  # fmt: skip
    with _watched(connection, tick, "splitting"):
        connection.execute(
            f"COPY (SELECT {select} FROM read_csv({_text(str(source.absolute()))}, auto_detect = false, delim = {_text(delimiter)}, "
            f"quote = '\"', escape = '\"', header = {str(head).lower()}, skip = {skip}, columns = {_columns(names)})) "
            f"TO {_text(str(target.absolute()))} {PARQUET}"
        )


def _quick(connection: duckdb.DuckDBPyConnection, source: Path, dialect: Dialect, folder: Path, tick: Tick) -> bool:
    """DuckDB splits the whole file in parallel. False when any record does not fit: then it is read with care."""
    try:
        _load(connection, source, dialect.header, dialect.delimiter, dialect.skip_lines, dialect.has_header, "*",
              folder / "raw.parquet", tick)  # fmt: skip
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    return True


def _slow(connection: duckdb.DuckDBPyConnection, source: Path, dialect: Dialect, folder: Path, size: int, result: dict,
          tick: Tick) -> None:  # fmt: skip
    """Split the file record by record, so that what cannot be split is numbered and kept."""
    with source.open(encoding="utf-8-sig", errors="replace", newline="") as file:

        def watched() -> Iterator[Record]:
            for record in careful(file, dialect):
                if record.number % 20_000 == 0:
                    tick(file.buffer.tell() / max(size, 1), "splitting")
                yield record

        write_records(connection, watched(), dialect.header, folder, result, tick)


def write_records(connection: duckdb.DuckDBPyConnection, records: Iterator[Record], header: list[str], folder: Path,
                  result: dict, tick: Tick) -> None:  # fmt: skip
    """Write records to raw.parquet with their numbers, and those that could not be split to rejects.parquet."""
    clean, broken = folder / "work" / "clean.csv", folder / "work" / "broken.csv"
    readable = rejected = 0
    with clean.open("w", encoding="utf-8", newline="") as good, broken.open("w", encoding="utf-8", newline="") as bad:
        accept, reject = csv.writer(good, lineterminator="\n"), csv.writer(bad, lineterminator="\n")
        for record in records:
            if record.cells is None:
                rejected += 1
                reject.writerow((record.number, record.line, record.code, record.message, record.text[:10_000]))
                if rejected == 1:
                    result["first_reject"] = {"record": record.number, "line": record.line, "code": record.code,
                                              "found": record.message, "text": record.text[:80]}  # fmt: skip
            else:
                readable += 1
                accept.writerow((record.number, *record.cells))
    if not readable:
        raise Fault("nothing_fits" if rejected else "header_only", **result.get("first_reject", {}))
    (folder / "numbered").touch()
    _load(connection, clean, ["record", *header], ",", 0, False, "CAST(record AS BIGINT) AS record, * EXCLUDE (record)",
          folder / "raw.parquet", tick)  # fmt: skip
    _load(connection, broken, ["record", "line", "code", "message", "text"], ",", 0, False,
          "CAST(record AS BIGINT) AS record, CAST(line AS BIGINT) AS line, code, message, text", folder / "rejects.parquet",
          tick)  # fmt: skip


def _no_rejects(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    target = _text(str((folder / "rejects.parquet").resolve()))
    connection.execute(
        "COPY (SELECT NULL::BIGINT AS record, NULL::BIGINT AS line, NULL::VARCHAR AS code, NULL::VARCHAR AS message, "
        f"NULL::VARCHAR AS text WHERE false) TO {target} {PARQUET}"
    )


def _finish(connection: duckdb.DuckDBPyConnection, folder: Path, limits: dict, result: dict) -> None:
    folder = folder.resolve()

    def value(sql: str) -> int:
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    readable = value(f"SELECT count(*) FROM read_parquet({_text(str(folder / 'raw.parquet'))})")
    rejected = value(f"SELECT count(*) FROM read_parquet({_text(str(folder / 'rejects.parquet'))})")
    if readable + rejected > limits["records"]:
        raise Fault("too_many_records", records=readable + rejected, limit=limits["records"])
    if readable == 0:
        raise Fault("header_only")
    rows = connection.execute(f"SELECT * EXCLUDE (record) FROM ({raw_sql(folder)}) ORDER BY record LIMIT {HEAD}").fetchall()
    result["head"] = [
        {name: cell if cell is None else cell[:1000] for name, cell in zip(result["header"], row, strict=True)}
        for row in rows
    ]
    result["records"], result["rejected"] = readable + rejected, rejected


def run(request: dict[str, Any], tick: Tick = _quiet) -> dict[str, Any]:
    """Run request["statements"], each (sql, fetch, label), on a DuckDB locked to `folder` and `also`.

    Views `raw` and `rejects` stand for the staged file when one of these folders holds it. Returns {"results":
    [...]}: rows of JSON values for the fetched statements, None for the others.
    """
    folder = Path(request["folder"])
    also = [str(p) for p in request.get("also", ())]
    memory = request.get("limits", {}).get("memory_mb", 1300)
    connection = connect(folder, also, memory // 2)
    results: list[list[list[Any]] | None] = []
    try:
        for place in (folder, *map(Path, also)):
            if (place / "raw.parquet").exists():
                connection.execute(f"CREATE TEMP VIEW raw AS {raw_sql(place.resolve())}")
                rejects = _text(str(place.resolve() / "rejects.parquet"))
                connection.execute(f"CREATE TEMP VIEW rejects AS SELECT * FROM read_parquet({rejects})")
                break
        statements = request["statements"]
        for done, (sql, fetch, label) in enumerate(statements):

            def share(fraction: float, text: str, done: int = done) -> None:
                tick((done + fraction) / len(statements), text)

            share(0.0, label)
            with _watched(connection, share, label):
                cursor = connection.execute(sql)
            results.append([[_plain(v) for v in row] for row in cursor.fetchall()] if fetch else None)
    finally:
        connection.close()
        shutil.rmtree(folder / "tmp", ignore_errors=True)
    return {"results": results}


def _plain(value: Any) -> Any:
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


def _limit(limits: dict[str, int]) -> None:
    """Limits the kernel enforces. DuckDB reserves far more address space than it uses, so data, not address space."""
    for kind, most in (
        (resource.RLIMIT_DATA, limits["memory_mb"] << 20),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["output_mb"] << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard), hard))


def main() -> None:
    """Read one request, answer it in JSON lines. Dies with its parent: standard input stays open while it lives."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that a library prints may look like an answer
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _limit(request["limits"])
    lock, latest = threading.Lock(), [-1.0, ""]

    def say(answer: dict[str, Any]) -> None:
        with lock:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

    def tick(fraction: float, label: str) -> None:
        if label != latest[1] or abs(fraction - float(latest[0])) >= 0.01:
            latest[:] = [fraction, label]
            say({"progress": [round(min(max(fraction, 0.0), 1.0), 3), label]})

    task: Callable[..., dict[str, Any]] = {"stage": stage, "run": run}[request["task"]]
    try:
        say({"done": task(request, tick)})
    except Fault as fault:
        say({"fault": fault.code, "facts": fault.facts})
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        say({"fault": "memory", "facts": {"message": str(error)[:500]}})
    except duckdb.Error as error:
        say({"fault": "duckdb", "facts": {"message": str(error)[:2000]}})
    except OSError as error:
        say({"fault": "disk", "facts": {"message": str(error)[:500]}})


def _die_with_parent() -> None:
    os.read(0, 1)
    os._exit(3)

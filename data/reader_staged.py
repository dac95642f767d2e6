"""The staging folder: records into raw.parquet and rejects.parquet, and how to select from them.

Part of the reading child: standard library and DuckDB only.
"""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from data.reader_csv import SPACES, Dialect, Record, careful
from data.reader_text import Fault, Tick

THREADS = 2
HEAD = 50
LONGEST_TEXT = 10_000
"""Characters kept of a record that could not be split."""
PARQUET = "(FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 100000)"
REJECTS = ("record", "line", "code", "message", "text")


def text(value: str | Path) -> str:
    """An SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def name(value: str) -> str:
    """An SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def raw_sql(folder: str | Path) -> str:
    """SQL for the staged records: `record` BIGINT, then the file's columns as VARCHAR.

    The file's columns are written in parallel and in order, so that a clean file's record number is the row's
    place; a file with records set aside carries its numbers in a column.
    """
    raw = text(Path(folder) / "raw.parquet")
    if (Path(folder) / "numbered").exists():
        return f"SELECT * FROM read_parquet({raw})"
    return (
        "SELECT file_row_number + 1 AS record, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({raw}, file_row_number = true)"
    )


def connect(
    folder: Path, also: Iterable[str], memory_mb: int, file: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """DuckDB that may touch `folder`, `also` and `file` only; its settings can no longer be changed."""
    folder = folder.resolve()
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": THREADS})
    allowed = ", ".join(text(Path(place).resolve()) for place in (str(folder), *also))
    for setting in (
        f"memory_limit = '{memory_mb}MB'",
        f"temp_directory = {text(folder / 'tmp')}",
        "enable_progress_bar = true",
        "enable_progress_bar_print = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "TimeZone = 'UTC'",
        f"allowed_directories = [{allowed}]",
        f"allowed_paths = [{text(file.resolve()) if file else ''}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection, tick: Tick, label: str) -> Iterator[None]:
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


class Staging:
    """Writes one file's records into `folder`; `work` inside it holds what is deleted afterwards."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, result: dict[str, Any], tick: Tick
    ):
        self.connection = connection
        self.folder = folder.resolve()
        self.work = self.folder / "work"
        self.result = result
        self.tick = tick

    def copy(self, select: str, file: str) -> None:
        with watched(self.connection, self.tick, "splitting"):
            self.connection.execute(f"COPY ({select}) TO {text(self.folder / file)} {PARQUET}")

    def split(self, source: Path, dialect: Dialect) -> None:
        """Split a UTF-8 text file: DuckDB in parallel where every record fits, else record by record."""
        if dialect.delimiter != SPACES and self._quick(source, dialect):
            self.nothing_rejected()
            return
        size = max(source.stat().st_size, 1)
        with source.open("rb") as file:
            lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")

            def counted() -> Iterator[Record]:
                for record in careful(lines, dialect):
                    if record.number % 20_000 == 0:
                        self.tick(file.tell() / size, "splitting")
                    yield record

            self.write(counted(), dialect.header)

    def _quick(self, source: Path, dialect: Dialect) -> bool:
        head = f"header = {str(dialect.has_header).lower()}, skip = {dialect.skip_lines}"
        try:
            self.copy(_read_csv(source, dialect.header, dialect.delimiter, head), "raw.parquet")
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return False  # some record does not fit: the careful reader says which
        return True

    def write(self, records: Iterable[Record], header: list[str]) -> None:
        """Write records with their numbers, and set aside those that could not be split."""
        clean, broken = self.work / "clean.csv", self.work / "broken.csv"
        readable = rejected = 0
        first: Record | None = None
        with (
            clean.open("w", encoding="utf-8", newline="") as good,
            broken.open("w", encoding="utf-8", newline="") as bad,
        ):
            accept = csv.writer(good, lineterminator="\n")
            reject = csv.writer(bad, lineterminator="\n")
            for record in records:
                if record.cells is None:
                    first = first or record
                    rejected += 1
                    reject.writerow(
                        (record.number, record.line, record.code, record.message, record.text[:LONGEST_TEXT])
                    )
                else:
                    readable += 1
                    accept.writerow((record.number, *record.cells))
        if first:
            facts = {"record": first.number, "line": first.line, "reason": first.code, "found": first.message,
                     "expected": len(header), "value": first.text[:80]}  # fmt: skip
            if not readable:
                raise Fault("nothing_fits", **facts)
            self.result["warnings"].append({"code": "rejects", "count": rejected, **facts})
        if not readable:
            raise Fault("header_only", columns=len(header))
        numbered = _read_csv(clean, ["record", *header], ",", "header = false")
        self.copy(
            f"SELECT CAST(record AS BIGINT) AS record, * EXCLUDE (record) FROM ({numbered})", "raw.parquet"
        )
        (self.folder / "numbered").touch()
        if rejected:
            aside = _read_csv(broken, list(REJECTS), ",", "header = false")
            numbers = "record::BIGINT AS record, line::BIGINT AS line"
            self.copy(f"SELECT {numbers}, code, message, text FROM ({aside})", "rejects.parquet")
        else:
            self.nothing_rejected()

    def nothing_rejected(self) -> None:
        numbers = "0::BIGINT AS record, 0::BIGINT AS line"
        self.copy(f"SELECT {numbers}, '' AS code, '' AS message, '' AS text WHERE false", "rejects.parquet")

    def finish(self, most: int) -> None:
        """Count what was staged and take its first records. Raises Fault: header_only, too_many_records."""
        readable = self._number(f"SELECT count(*) FROM read_parquet({text(self.folder / 'raw.parquet')})")
        rejected = self._number(f"SELECT count(*) FROM read_parquet({text(self.folder / 'rejects.parquet')})")
        if readable + rejected > most:
            raise Fault("too_many_records", records=readable + rejected, limit=most)
        if readable == 0:
            raise Fault("header_only", columns=len(self.result["header"]))
        rows = self.connection.execute(
            f"SELECT * EXCLUDE (record) FROM ({raw_sql(self.folder)}) ORDER BY record LIMIT {HEAD}"
        ).fetchall()
        self.result["head"] = [
            {
                key: cell if cell is None else cell[:1000]
                for key, cell in zip(self.result["header"], row, strict=True)
            }
            for row in rows
        ]
        self.result["records"], self.result["rejected"] = readable + rejected, rejected

    def look_for_swallowed(self, delimiter: str) -> None:
        """Warn of a cell that holds whole lines of the table: a quote was closed too late."""
        header, width = self.result["header"], len(self.result["header"])
        if not 4 <= width <= 200:
            return  # with fewer columns such lines are too common in honest texts
        cell = f"[^\\n{re.escape(delimiter)}]*"
        pattern = text(f"\\n{cell}({re.escape(delimiter)}{cell}){{{width - 1}}}\\n")
        found = " OR ".join(
            f"(contains({name(c)}, chr(10)) AND regexp_matches({name(c)}, {pattern}))" for c in header
        )
        row = self.connection.execute(
            f"SELECT min(record), count(*) FROM ({raw_sql(self.folder)}) WHERE {found}"
        )
        record, count = row.fetchone() or (None, 0)
        if count:
            self.result["warnings"].append({"code": "swallowed", "record": record, "count": count})

    def _number(self, sql: str) -> int:
        row = self.connection.execute(sql).fetchone()
        return int(row[0]) if row else 0


def _read_csv(source: Path, names: list[str], delimiter: str, options: str) -> str:
    columns = "{" + ", ".join(f"{text(n)}: 'VARCHAR'" for n in names) + "}"
    return (
        f"SELECT * FROM read_csv({text(source.absolute())}, auto_detect = false, delim = {text(delimiter)}, "
        f"quote = '\"', escape = '\"', max_line_size = 8000000, {options}, columns = {columns})"
    )

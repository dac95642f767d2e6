"""The staging folder: records into raw.parquet and rejects.parquet, and how to select from them.

Part of the reading child: standard library and DuckDB only.
"""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from data.reader_csv import SPACES, Dialect, Record, careful
from data.reader_text import CHUNK, Fault, Tick

THREADS = 2
HEAD = 50
LONGEST_TEXT = 10_000
"""Characters kept of a record that could not be split."""
PARQUET = "PARQUET_VERSION V2, COMPRESSION lz4, DICTIONARY_SIZE_LIMIT 3000"
"""Read once or twice and deleted: quick to write matters more than small."""
NARROW = 20
"""Up to so many columns a group of rows is larger, which is quicker; wider ones would take too much memory."""
REJECTS = ("record", "line", "code", "message", "text")
NUMBERS = "numbers.json"
"""Absent: every record was readable. A list: those that were not. null: raw.parquet has a column `record`."""
PARALLEL_BYTES = 8_000_000
"""What DuckDB gives a thread of a CSV file. A piece that begins within a quoted cell, on a line that could be a
record, is misread (DuckDB 2.0): larger files with line ends in their cells are therefore read by one thread."""
FEW_REJECTS = 200
"""Up to so many broken records the quick reader's own account of them is used."""


def text(value: str | Path) -> str:
    """An SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def name(value: str) -> str:
    """An SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def raw_sql(folder: str | Path) -> str:
    """SQL for the staged records: `record` BIGINT, then the file's columns as VARCHAR.

    The file's columns are written in parallel and in order, so that a record's number is the row's place and
    the broken records before it; where those are many, the numbers are a column of their own.
    """
    raw = text(Path(folder) / "raw.parquet")
    numbers = Path(folder) / NUMBERS
    if not numbers.exists():
        record = "file_row_number + 1"
    elif (broken := json.loads(numbers.read_text())) is None:
        return f"SELECT * FROM read_parquet({raw})"
    else:
        # of `broken`, the j-th (from 0) has broken[j] - 1 - j readable records before it
        steps = " ".join(f"WHEN file_row_number < {at - 1 - j} THEN {j + 1}" for j, at in enumerate(broken))
        record = f"file_row_number + CASE {steps} ELSE {len(broken) + 1} END"
    rows = f"read_parquet({raw}, file_row_number = true)"
    return f"SELECT {record} AS record, * EXCLUDE (file_row_number) FROM {rows}"


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
        # it turns IN (...) into joins over every record, also where CASE would have asked for few
        "disabled_optimizers = 'in_clause'",
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
        size = 122_880 if len(self.result["header"]) <= NARROW else 61_440
        how = f"(FORMAT parquet, ROW_GROUP_SIZE {size}, {PARQUET})"
        with watched(self.connection, self.tick, "splitting"):
            self.connection.execute(f"COPY ({select}) TO {text(self.folder / file)} {how}")

    def split(self, source: Path, dialect: Dialect, line_ends: int) -> None:
        """Split a UTF-8 text file: DuckDB in parallel where it can, else record by record with care."""
        if dialect.simple and dialect.delimiter != SPACES and self._quick(source, dialect, line_ends):
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

    def _quick(self, source: Path, dialect: Dialect, line_ends: int) -> bool:
        """DuckDB splits the file. False where `careful` can tell better what is wrong, or where."""
        try:
            rejects = self._read(source, dialect, parallel=True)
            readable = self._number(f"SELECT count(*) FROM read_parquet({text(self.folder / 'raw.parquet')})")
            if readable + len(rejects) < line_ends - dialect.skip and source.stat().st_size > PARALLEL_BYTES:
                rejects = self._read(source, dialect, parallel=False)
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return False  # such as mixed line ends
        codes = {"MISSING COLUMNS": "too_few_columns", "TOO MANY COLUMNS": "too_many_columns"}
        if len(rejects) > FEW_REJECTS or any(row[2] not in codes for row in rejects):
            return False
        if rejects and _has_blank_lines(source):
            return False  # DuckDB counts some of them as records
        lines = _line_numbers(source, [row[1] for row in rejects])
        broken = [
            Record(record, line, None, codes[kind], str(found), raw.strip("\r\n"))
            for (record, _, kind, found, raw), line in zip(rejects, lines, strict=True)
        ]
        aside = self.work / "broken.csv"
        with aside.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_aside(record) for record in broken)
        self._set_aside(aside, len(broken), broken[0] if broken else None, dialect.header)
        if broken:
            (self.folder / NUMBERS).write_text(json.dumps([record.number for record in broken]))
        return True

    def _read(self, source: Path, dialect: Dialect, *, parallel: bool) -> list[tuple[Any, ...]]:
        """Write raw.parquet; the broken records: (number, byte position, kind, columns found, text)."""
        options = f"header = false, skip = {dialect.skip}, parallel = {parallel}, "
        options += f"store_rejects = true, rejects_limit = {FEW_REJECTS + 1}"
        self.connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        self.copy(_read_csv(source, dialect.header, dialect.delimiter, options), "raw.parquet")
        return self.connection.execute(
            f"SELECT line - {dialect.skip}, any_value(line_byte_position), any_value(error_type)::VARCHAR, "
            "max(TRY_CAST(regexp_extract(error_message, 'Found: (\\d+)', 1) AS INT)), any_value(csv_line) "
            "FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()

    def write(self, records: Iterable[Record], header: list[str]) -> None:
        """Write records with their numbers, and set aside those that could not be split."""
        clean, aside = self.work / "clean.csv", self.work / "broken.csv"
        readable, rejected, first = 0, 0, None
        with (
            clean.open("w", encoding="utf-8", newline="") as good,
            aside.open("w", encoding="utf-8", newline="") as bad,
        ):
            accept = csv.writer(good, lineterminator="\n").writerow
            reject = csv.writer(bad, lineterminator="\n").writerow
            for record in records:
                if record.cells is not None:
                    readable += 1
                    accept((record.number, *record.cells))
                else:
                    rejected += 1
                    first = first or record
                    reject(_aside(record))
        if first and not readable:
            raise Fault("nothing_fits", **_facts(first, header))
        numbered = _read_csv(clean, ["record", *header], ",", "header = false, parallel = false")
        self.copy(
            f"SELECT CAST(record AS BIGINT) AS record, * EXCLUDE (record) FROM ({numbered})", "raw.parquet"
        )
        (self.folder / NUMBERS).write_text("null")
        self._set_aside(aside, rejected, first, header)

    def _set_aside(self, aside: Path, count: int, first: Record | None, header: list[str]) -> None:
        """Write rejects.parquet from a CSV file, and warn where it is not empty."""
        if first:
            self.result["warnings"].append({"code": "rejects", "count": count, **_facts(first, header)})
        rows = _read_csv(aside, list(REJECTS), ",", "header = false, parallel = false")
        numbers = "record::BIGINT AS record, line::BIGINT AS line"
        self.copy(f"SELECT {numbers}, code, message, text FROM ({rows})", "rejects.parquet")

    def nothing_rejected(self) -> None:
        (self.work / "broken.csv").touch()
        self._set_aside(self.work / "broken.csv", 0, None, [])

    def finish(self, most: int) -> None:
        """Count what was staged and take its first records. Raises Fault: header_only, too_many_records."""
        readable = self._number(f"SELECT count(*) FROM read_parquet({text(self.folder / 'raw.parquet')})")
        rejected = self._number(f"SELECT count(*) FROM read_parquet({text(self.folder / 'rejects.parquet')})")
        if readable + rejected > most:
            raise Fault("too_many_records", records=readable + rejected, limit=most)
        if readable == 0:
            raise Fault("header_only", columns=len(self.result["header"]))
        rows = self.connection.execute(
            f"SELECT * EXCLUDE (record) FROM ({raw_sql(self.folder)}) LIMIT {HEAD}"
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


def _aside(record: Record) -> tuple[int, int, str, str, str]:
    return record.number, record.line, record.code, record.message, record.text[:LONGEST_TEXT]


def _facts(record: Record, header: list[str]) -> dict[str, Any]:
    return {
        "record": record.number,
        "line": record.line,
        "reason": record.code,
        "found": record.message,
        "expected": len(header),
        "value": record.text[:80],
    }


def _has_blank_lines(source: Path) -> bool:
    with source.open("rb") as file:
        before = b"\n"
        while chunk := file.read(CHUNK):
            joined = before + chunk
            if b"\n\n" in joined or b"\n\r\n" in joined or b"\r\r" in joined:
                return True
            before = joined[-2:]
    return False


def _line_numbers(source: Path, positions: list[int]) -> list[int]:
    """Line numbers of ascending byte positions."""
    lines, line, at = [], 1, 0
    with source.open("rb") as file:
        for position in positions:
            while at < position:
                chunk = file.read(min(CHUNK, position - at))
                line += chunk.count(b"\n") or chunk.count(b"\r")
                at += len(chunk)
            lines.append(line)
    return lines


def _read_csv(source: Path, names: list[str], delimiter: str, options: str) -> str:
    columns = "{" + ", ".join(f"{text(n)}: 'VARCHAR'" for n in names) + "}"
    return (
        f"SELECT * FROM read_csv({text(source.absolute())}, auto_detect = false, delim = {text(delimiter)}, "
        f"quote = '\"', escape = '\"', max_line_size = 8000000, buffer_size = 32000000, {options}, columns = {columns})"
    )

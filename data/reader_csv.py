"""From UTF-8 text to rows: delimiter, header, and the careful reader for files that are not clean.

Part of the reading child: standard library only.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from data.reader_text import LONGEST_LINE, Fault

DELIMITERS = ",;\t|"
SPACES = " "
"""Columns stand apart by runs of spaces, as in CDNOW's own file."""
SAMPLE_CHARACTERS = 1 << 20
SAMPLE_ROWS = 200
SWALLOWED_LINES = 1_000
"""A quote that is still open after so many lines was never closed."""
MOST_REREAD = 1_000_000
TITLE_ROWS = 10

_PLAIN_VALUE = re.compile(r"[\s\d.,:/+\-()$£€%TZ]*\d[\s\d.,:/+\-()$£€%TZ]*")


@dataclass
class Dialect:
    """How a text file is split: `skip` rows of titles, then the header if it has one."""

    delimiter: str
    skip: int
    skip_lines: int
    header: list[str]
    has_header: bool


@dataclass(slots=True)
class Record:
    """One record of the file. Where it could not be split `cells` is None; `code` and `message` say why."""

    number: int
    line: int
    cells: list[str] | None
    code: str = ""
    message: str = ""
    text: str = ""


def rows_of(text: str, delimiter: str) -> list[list[str]]:
    """The first rows of a text with this delimiter, blank lines left out."""
    if delimiter == SPACES:
        return [line.split() for line in text.splitlines()[:SAMPLE_ROWS] if line.strip()]
    rows: list[list[str]] = []
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error:
        return rows  # a cell of megabytes: the careful reader will name its line
    return rows


def _fit(rows: list[list[str]]) -> tuple[float, int]:
    """How well rows agree on a number of columns above one: share that has it, and the number."""
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda w: (widths[w] * (w > 1), w))
    return (widths[width] / len(rows) if width > 1 else 0.0), width


def header_at(rows: list[list[str]], width: int) -> int:
    """Index of the header: the first row that fills its columns, below at most ten title rows."""
    for index, row in enumerate(rows[:TITLE_ROWS]):
        if len(row) == width and sum(bool(cell.strip()) for cell in row) >= min(2, width):
            return index
    return 0


def looks_like_values(row: list[str]) -> bool:
    """Whether a first row holds only numbers and dates, so that the file has no header."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return bool(cells) and all(_PLAIN_VALUE.fullmatch(cell) for cell in cells)


def unique(names: Iterable[str]) -> list[str]:
    """Column names as in the file, made different: "Name", "Name (2)"; blank ones become "Column 3"."""
    taken: set[str] = set()
    result = []
    for index, raw in enumerate(names, 1):
        name = " ".join(raw.replace("\0", "").split())[:200] or f"Column {index}"
        if name.lower() in ("record", "file_row_number"):
            name = f"{name} (file)"
        candidate, n = name, 1
        while candidate.lower() in taken:
            n += 1
            candidate = f"{name} ({n})"
        taken.add(candidate.lower())
        result.append(candidate)
    return result


def dialect_of(path: Path, most_columns: int) -> Dialect:
    """Delimiter and header of a UTF-8 file. Raises Fault: empty, too_many_columns."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = file.read(SAMPLE_CHARACTERS)
        if file.read(1):
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    skip_lines = 0
    hint = re.match(r"sep=(.)\r?\n", text)
    if hint:
        text, skip_lines = text[hint.end() :], 1
    if not text.strip():
        raise Fault("empty")
    candidates = hint.group(1) if hint else DELIMITERS
    best, delimiter, rows = (0.0, 1), ",", rows_of(text, ",")
    for candidate in candidates:
        tried = rows_of(text, candidate)
        if tried and (fit := _fit(tried)) > best:
            best, delimiter, rows = fit, candidate, tried
    if best[1] == 1:
        spaced = rows_of(text, SPACES)
        share, width = _fit(spaced)
        if share > 0.9 and len(spaced) > 1 and looks_like_values(spaced[1]):
            best, delimiter, rows = (share, width), SPACES, spaced
    if not rows:
        raise Fault("empty")
    width = max(best[1], 1)
    skip = header_at(rows, width)
    if len(rows[skip]) > most_columns:
        raise Fault("too_many_columns", columns=len(rows[skip]), limit=most_columns)
    has_header = not looks_like_values(rows[skip])
    lines, seen = text.splitlines(), 0
    for index, line in enumerate(
        lines
    ):  # titles are single lines; blank ones between them count as lines too
        if seen == skip and line.strip():
            skip_lines += index
            break
        seen += bool(line.strip())
    header = unique(rows[skip] if has_header else ("" for _ in rows[skip]))
    return Dialect(delimiter, skip, skip_lines, header, has_header)


class _Lines:
    """Lines of a file one by one, remembering those of the record being read, which can be put back."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.reread = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= SWALLOWED_LINES:
            raise csv.Error("swallowed")
        line = self.back.popleft() if self.back else next(self.file)
        self.number += 1
        self.taken.append(line)
        return line

    def put_back(self) -> None:
        """Keep the record's first line, give the others back."""
        rest = self.taken[1:]
        self.back.extendleft(reversed(rest))
        self.number -= len(rest)
        self.reread += len(rest)
        del self.taken[1:]
        if self.reread > MOST_REREAD:
            raise Fault("unclosed_quote", line=self.number)


def careful(file: TextIO, dialect: Dialect) -> Iterator[Record]:
    """Every record below the header, split or set aside with the reason; numbers are counted as in the file.

    A quote that is never closed costs its own line only: the lines it would have swallowed are read again.
    """
    lines, width, number, header = _Lines(file), len(dialect.header), 0, dialect.has_header
    csv.field_size_limit(LONGEST_LINE)
    for _ in range(dialect.skip_lines):
        next(lines, None)
    rows: Iterator[list[str]] = _split(lines, dialect.delimiter)
    while True:
        lines.taken.clear()
        start = lines.number + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            unclosed = len(lines.taken) > 1 or "unexpected end" in str(error)
            lines.put_back()
            text = lines.taken[0].rstrip("\r\n") if lines.taken else ""
            yield Record(number, start, None, "unclosed_quote" if unclosed else "stray_quote", "", text)
            rows = _split(lines, dialect.delimiter)
            continue
        if not cells or (len(cells) == 1 and width > 1 and not cells[0].strip()):
            continue
        if header:
            header = False
            continue
        number += 1
        if len(cells) == width:
            yield Record(number, start, cells)
        else:
            code = "too_few_columns" if len(cells) < width else "too_many_columns"
            yield Record(number, start, None, code, str(len(cells)), "".join(lines.taken).rstrip("\r\n"))


def _split(lines: _Lines, delimiter: str) -> Iterator[list[str]]:
    if delimiter == SPACES:
        return (line.split() for line in lines)
    return csv.reader(lines, delimiter=delimiter, strict=True)

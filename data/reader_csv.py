"""From UTF-8 text to rows: delimiter, header, and the careful reader for files that are not clean.

Part of the reading child: standard library only.
"""

from __future__ import annotations

import csv
import io
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
    """How a text file is split: the records begin below `skip` lines of titles and header.

    `simple` says that each of those rows is one line, so that counting lines and counting rows agree.
    """

    delimiter: str
    skip: int
    header: list[str]
    simple: bool


@dataclass(slots=True)
class Record:
    """One record of the file. Where it could not be split `cells` is None; `code` and `message` say why."""

    number: int
    line: int
    cells: list[str] | None
    code: str = ""
    message: str = ""
    text: str = ""


@dataclass
class Sample:
    """The first rows with some delimiter, blank ones left out, and the line each starts in and ends before."""

    delimiter: str
    rows: list[list[str]]
    lines: list[tuple[int, int]]

    @property
    def rank(self) -> tuple[bool, float, int]:
        """For choosing a delimiter: one that leaves a better one within the header cells is none. In a file
        with semicolons every amount may have its decimal comma, and more records than not agree on that."""
        share, width = self.fit
        header = self.rows[header_at(self.rows, width)] if self.rows else []
        others = sum(cell.count(d) for cell in header for d in DELIMITERS if d != self.delimiter)
        return (others < max(width - 1, 1), share, width)

    @property
    def fit(self) -> tuple[float, int]:
        """How well rows agree on a number of columns above one: share that has it, and the number."""
        widths = Counter(len(row) for row in self.rows)
        width = max(widths, key=lambda w: (widths[w] * (w > 1), w), default=0)
        return (widths[width] / len(self.rows), width) if width > 1 else (0.0, 1)


def sample(lines: list[str], delimiter: str) -> Sample:
    """The first 200 rows of these lines with this delimiter."""
    taken = Sample(delimiter, [], [])
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(lines, delimiter=delimiter)
    start = 0
    while len(taken.rows) < SAMPLE_ROWS:
        try:
            row = lines[start].split() if delimiter == SPACES else next(reader)
        except (StopIteration, IndexError):
            break
        except csv.Error:
            break  # a cell of megabytes: the careful reader will name its line
        end = start + 1 if delimiter == SPACES else reader.line_num
        if any(cell.strip() for cell in row):
            taken.rows.append(row)
            taken.lines.append((start, end))
        start = end
    return taken


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


def two_rows(names: list[str], below: list[str]) -> list[str] | None:
    """One header of the two of a SurveyMonkey export, "Question: row of the question"; None for any other file.

    The second row names what each column of a question holds, and only "Response" where it has one alone.
    """
    if names[0].replace(" ", "").lower() != "respondentid" or len(below) != len(names) or below[0].strip():
        return None
    joined, question = [], ""
    for name, part in zip(names, below, strict=True):
        question, part = name.strip() or question, part.strip()[:100]
        single = name.strip() and part in ("", "Response", "Open-Ended Response")
        joined.append(
            question if single or not part else f"{question[: 190 - len(part)].rstrip(':')}: {part}"
        )
    return joined


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
    """Delimiter and header of a UTF-8 file. Raises Fault: empty, too_many_columns, open_header."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = file.read(SAMPLE_CHARACTERS)
        if file.read(1):
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    hint = re.match(r"sep=(.)\r?\n", text)
    above = 1 if hint else 0
    lines = list(io.StringIO(text, newline=""))[above:]
    best = max((sample(lines, d) for d in (hint.group(1) if hint else DELIMITERS)), key=lambda s: s.rank)
    if best.fit[1] == 1:
        spaced = sample(lines, SPACES)
        if spaced.fit[0] > 0.9 and len(spaced.rows) > 1 and looks_like_values(spaced.rows[1]):
            best = spaced
    if not best.rows:
        raise Fault("empty")
    width = best.fit[1]
    if _ends_in_separators(best.rows, width):
        best.rows[0].append("")
    top = header_at(best.rows, width)
    names, (start, end) = best.rows[top], best.lines[top]
    if len(names) > most_columns:
        raise Fault("too_many_columns", columns=len(names), limit=most_columns)
    if best.delimiter != SPACES:
        try:
            next(csv.reader(lines[start:], delimiter=best.delimiter, strict=True))
        except csv.Error as error:
            raise Fault("open_header", line=above + start + 1, value=lines[start].strip()[:80]) from error
    if looks_like_values(names):
        names, end = [""] * len(names), start
    if joined := two_rows(names, best.rows[top + 1] if top + 1 < len(best.rows) else []):
        names, top = joined, top + 1
        end = best.lines[top][1]
    simple = all(last - first == 1 for first, last in best.lines[: top + 1])
    return Dialect(best.delimiter, above + end, unique(names), simple)


def _ends_in_separators(rows: list[list[str]], width: int) -> bool:
    """Whether every record ends in one separator more than the header."""
    below = [row for row in rows[1:] if len(row) == width]
    return len(rows[0]) == width - 1 > 1 and len(below) > 0 and not any(row[-1].strip() for row in below)


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
    lines, width, number = _Lines(file), len(dialect.header), 0
    csv.field_size_limit(LONGEST_LINE)
    for _ in range(dialect.skip):
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

"""Which cells of a staged file stand for what: the first step of every query over it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from data.formats import named
from data.formats.base import Format, Rule, plain
from data.mapping import JOINED, Mapping, MappingProblem
from data.opening import Staged
from data.tables import TABLES
from data.values import literal, name
from words import text

TIMES = ("ordered_at", "refunded_at", "promised_at", "delivered_at", "created_at", "born_on", "answered_at",
         "starts_on", "ends_on")  # fmt: skip
NUMBERS = ("net", "total", "gross", "discount", "shipping", "tax", "fees", "refunded", "price", "quantity",
           "items", "settled_amount", "settled_refunded", "amount")  # fmt: skip

LONGEST_TEXT = 10_000
"""Characters of a record that are kept where it is set aside."""


@dataclass(frozen=True)
class Layout:
    """A staged file and the mapping it is read by. Every mapped column becomes one cell, `c_<column>`."""

    staged: Staged
    mapping: Mapping
    zone: str

    @cached_property
    def format(self) -> Format:
        return named(self.mapping.format)

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Mapped column -> its headers. Raises MappingProblem for headers that the file does not have."""
        for header in self.mapping.all_headers():
            if header not in self.staged.header:
                raise MappingProblem(_missing(self.staged, header))
        return {c: self.mapping.headers(c) for c in self.mapping.columns if self.mapping.headers(c)}

    def has(self, column: str) -> bool:
        return column in self.columns

    def header(self, column: str) -> str:
        """The header or headers a person knows the column by."""
        return " + ".join(self.columns[column])

    @cached_property
    def times(self) -> list[str]:
        return [c for c in TIMES if self.has(c)]

    @cached_property
    def numbers(self) -> list[str]:
        return [c for c in NUMBERS if self.has(c)]

    @cached_property
    def unmapped(self) -> list[str]:
        """Headers nobody mapped, in the file's order."""
        used = set(self.mapping.all_headers())
        return [h for h in self.staged.header if h not in used]

    @cached_property
    def rules(self) -> list[tuple[Rule, str]]:
        """The format's rules that apply to this file, each with the cell it looks at."""
        here = {plain(h): h for h in self.staged.header}
        found = []
        for rule in self.format.rules:
            if rule.column and self.has(rule.column):
                found.append((rule, cell(rule.column)))
            elif rule.header and plain(rule.header) in here:
                found.append((rule, f"r_{self.staged.header.index(here[plain(rule.header)])}"))
        return found

    @property
    def worded(self) -> list[str]:
        """The cells that rules compare with words."""
        return sorted({at for rule, at in self.rules if rule.words and not rule.listed})

    def is_utc(self, column: str) -> bool:
        """Whether the header says that times without a zone are UTC."""
        marked = {plain(h) for h in self.format.absolute}
        return any(plain(h) in marked or "(utc)" in plain(h) for h in self.columns[column])

    def cells_sql(self, extras: Iterable[str] = (), *, where: str = "") -> str:
        """SELECT record, c_*, r_* and x_* (by position in the header) from the staged file."""
        picks = ["record"]
        for column, headers in self.columns.items():
            said = self._joined(column, headers)
            if column in self.format.patterns:
                said = f"nullif(regexp_extract({said}, {literal(self.format.patterns[column])}, 1), '')"
            picks.append(f"{said} AS {cell(column)}")
        seen = {c for _, c in self.rules if c.startswith("r_")}
        picks += [f"{name(self.staged.header[int(c[2:])])} AS {c}" for c in sorted(seen)]
        picks += [f"{name(h)} AS {extra(self.staged, h)}" for h in extras]
        return f"SELECT {', '.join(picks)} FROM raw{where}"

    @property
    def file(self) -> str:
        """FROM item `f` (record, f_0, f_1, ...): every cell as it came, by names that no header can have."""
        return f"raw AS f(record, {', '.join(self._cells)})"

    def all_cells(self) -> str:
        """SQL list of every cell of a record of `file`, for comparing records."""
        return ", ".join(f"f.{c}" for c in self._cells)

    def original(self) -> str:
        """SQL of a record of `file` as text, near enough to how it came for a person to find it again."""
        cells = ", ".join(f"coalesce(f.{c}, '')" for c in self._cells)
        return f"left(concat_ws({literal(self.staged.delimiter or ',')}, {cells}), {LONGEST_TEXT})"

    @property
    def _cells(self) -> list[str]:
        return [f"f_{n}" for n in range(len(self.staged.header))]

    @staticmethod
    def _joined(column: str, headers: tuple[str, ...]) -> str:
        if len(headers) == 1:
            return name(headers[0])
        picked = ", ".join(name(h) for h in headers)
        if column in JOINED:
            return f"nullif(concat_ws(' ', {picked}), '')"
        return f"coalesce({picked})"


def cell(column: str) -> str:
    return f"c_{column}"


def extra(staged: Staged, header: str) -> str:
    return f"x_{staged.header.index(header)}"


def slugs(headers: Iterable[str]) -> dict[str, str]:
    """A name for each kept column, `extra_<slug>`, different from the others."""
    taken = {c.name for c in TABLES["orders"]}
    result = {}
    for place, header in enumerate(headers, 1):
        letters = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
        base = "extra_" + (re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:50] or f"column_{place}")
        slug, n = base, 1
        while slug in taken:
            n += 1
            slug = f"{base}_{n}"
        taken.add(slug)
        result[header] = slug
    return result


def _missing(staged: Staged, header: str) -> str:
    close = get_close_matches(header, staged.header, 1)
    if close:
        return text(
            "{file} has no column {column}. Did you mean {close}? Choose it in the mapping.",
            file=staged.name,
            column=header,
            close=close[0],
        )
    return text(
        "{file} has no column {column}; its columns are {columns}. Choose one of them in the mapping.",
        file=staged.name,
        column=header,
        columns=", ".join(staged.header[:20]),
    )

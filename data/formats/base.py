"""What a format is: how it is recognised, how its columns map, and what its words mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from data.mapping import Headers, Mapping
from data.questions import Question
from shop import Flag


@dataclass(frozen=True)
class Rule:
    """Marks a record with `flag` if the cell under `header` (or under the header mapped to `column`) says so.

    Exactly one condition: `words` (the cell is one of these, in lower case), `starts` (a prefix), `present`
    (anything at all). With `listed` the cell holds several words, separated by commas, and one is enough. With
    `full`, a REFUNDED record without an amount was refunded in full.
    """

    flag: Flag
    header: str = ""
    column: str = ""
    words: tuple[str, ...] = ()
    listed: bool = False
    starts: str = ""
    present: bool = False
    full: bool = False


@dataclass(frozen=True)
class Format:
    """One export of one shop system.

    `signature`: headers that only this export has together; `sureness` is the share of them found.
    `header_source` says where the header row was read; a format made only from a description is not
    `verified` and is shown so. `absolute`: headers whose times are UTC without saying so. `refusal`: a
    sentence why these files cannot answer anything. `settled`: the export brings amounts as settled by the
    payment provider, in one currency, and these are used unless the mapping says otherwise.
    `negative`: the flag for an order whose amount is below zero. `patterns`: column -> regular expression (RE2)
    whose one group is the column's text, for cells that say more than one thing. `credit_notes`: a record below
    zero takes back a part of the order whose number it bears; it is kept beside that order, never in its place.
    `questions`: those of a survey that always asks the same; `scales`: kind -> scale, where no column says it.
    """

    name: str
    title: str
    signature: tuple[str, ...] = ()
    columns: dict[str, Headers] = field(default_factory=dict)
    table: str = "orders"
    rules: tuple[Rule, ...] = ()
    lines: bool = False
    order_amounts: bool = False
    absolute: tuple[str, ...] = ()
    settled: bool = False
    currency: str | None = None
    day_first: bool | None = None
    guests: tuple[str, ...] = ()
    negative: Flag | None = Flag.CANCELLED
    patterns: dict[str, str] = field(default_factory=dict)
    credit_notes: bool = False
    questions: tuple[Question, ...] = ()
    scales: dict[str, str] = field(default_factory=dict)
    header_source: str = ""
    verified: bool = True
    notes: tuple[str, ...] = ()
    refusal: str = ""

    def sureness(self, header: Sequence[str], _rows: Sequence[dict[str, str | None]] = ()) -> float:
        """0..1: the share of the signature that is there, whatever the case of its letters."""
        if not self.signature:
            return 0.0
        here = {plain(h) for h in header}
        return sum(plain(s) in here for s in self.signature) / len(self.signature)

    def mapping(self, header: Sequence[str]) -> Mapping:
        """The mapping for a file with this header: those columns that are there."""
        here = {plain(h): h for h in reversed(header)}

        def found(headers: Headers) -> Headers | None:
            if isinstance(headers, str):
                return here.get(plain(headers))
            kept = tuple(here[plain(h)] for h in headers if plain(h) in here)
            return kept or None

        columns = {column: found(headers) for column, headers in self.columns.items()}
        return Mapping(
            format=self.name,
            table=self.table,
            columns={column: headers for column, headers in columns.items() if headers},
            lines=self.lines,
            order_amounts=self.order_amounts,
            day_first=self.day_first,
            currency=self.currency,
            settled=self.settled,
            guests=self.guests,
            questions=tuple(q for q in self.questions if plain(q.header) in here),
        )


def plain(header: str) -> str:
    """A header without case, outer blanks and a byte order mark, for comparing."""
    return header.strip().strip("\ufeff").casefold()

"""Text into moments, in SQL: ISO with and without an offset, day or month first, Excel's serial days, epochs.

DuckDB's own cast ignores what follows a time (`14:02:11 -0400`, `2:02 PM`), so it is used only where nothing
follows. Whether `03/04/2019` is in March or in April is decided by the whole column, and asked when every
value can be read both ways.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from data.mapping import Undecided
from data.values import literal
from words import text

EARLIEST = "TIMESTAMP '1970-01-01'"
"""Earlier times are slips: 1900-01-01 is what Excel and many databases write for "no date"."""

LATEST = "(current_localtimestamp() + INTERVAL 366 DAY)"
"""Later ones too (2999-12-31 is "no end"); a year's grace for pre-orders dated by delivery."""

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %H:%M:%S.%g")
_NAMED = ("%b %d %Y", "%d %b %Y", "%B %d %Y", "%d %B %Y", "%a %b %d %Y", "%a %d %b %Y", "%Y %m %d")
_SHORT = ("%d %b %y", "%b %d %y")
_HOURS = _CLOCKS[:5]


def _layouts(days: Iterable[str], clocks: Iterable[str]) -> str:
    return "[" + ", ".join(literal(d + c) for c in clocks for d in days) + "]"


MACROS = (
    # A time and nothing after it. Offsets and "PM" end in ways that the first two tests exclude.
    """CREATE OR REPLACE TEMP MACRO hf_plain_time(x) AS CASE
        WHEN length(x) = 10 AND substr(x, 5, 1) = '-' OR length(x) = 19 AND substr(x, 17, 1) = ':'
            THEN try_cast(x AS TIMESTAMP)
        WHEN regexp_full_match(x, '\\s*\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}([ T]\\d{1,2}:\\d{2}(:\\d{2}([.,]\\d+)?)?)?\\s*')
            THEN try_cast(translate(left(trim(x), 10), '/.', '--') || replace(substr(trim(x), 11), ',', '.')
                AS TIMESTAMP) END""",
    # Google Forms: 2026/09/20 10:00:00 AM GMT+3, and GMT+5:30.
    """CREATE OR REPLACE TEMP MACRO hf_forms_time(x) AS try_cast(
        strftime(try_strptime(split_part(x, ' GMT', 1), '%Y/%m/%d %I:%M:%S %p'), '%Y-%m-%d %H:%M:%S')
        || CASE WHEN regexp_full_match(split_part(x, ' GMT', 2), '([-+]\\d{1,2}(:\\d{2})?)?') THEN
            coalesce(nullif(left(split_part(x, ' GMT', 2), 1), ''), '+')
            || lpad(regexp_extract(split_part(x, ' GMT', 2), '\\d+'), 2, '0')
            || ':' || lpad(regexp_extract(split_part(x, ' GMT', 2), ':(\\d+)', 1), 2, '0') END
        AS TIMESTAMPTZ)""",
    # A time with its offset, as a moment. 2019-05-03 14:02:11 -0400 is Shopify's, and has a quick way.
    """CREATE OR REPLACE TEMP MACRO hf_zoned_time(x) AS CASE
        WHEN length(x) = 25 AND substr(x, 20, 1) = ' '
            THEN try_cast(substr(x, 1, 19) || substr(x, 21, 3) || ':' || substr(x, 24, 2) AS TIMESTAMPTZ)
        WHEN regexp_full_match(x, '\\s*\\d{4}-\\d{1,2}-\\d{1,2}[ T]\\d{1,2}:\\d{2}.*(Z|UTC|GMT|[-+]\\d{2}(:?\\d{2})?)\\s*')
            THEN try_cast(regexp_replace(trim(x), '\\s*([-+]\\d{2}):?(\\d{2})$', '\\1:\\2') AS TIMESTAMPTZ)
        WHEN strpos(x, 'M GMT') > 0 THEN hf_forms_time(trim(x)) END""",
    """CREATE OR REPLACE TEMP MACRO hf_ymd(x) AS CASE
        WHEN length(x) = 8 AND try_cast(x AS INTEGER) IS NOT NULL
            THEN try_cast(substr(x, 1, 4) || '-' || substr(x, 5, 2) || '-' || substr(x, 7, 2) AS TIMESTAMP) END""",
    # Excel counts days from 1899-12-30 (its 1900 was a leap year): 20000 is 1954, 80000 is 2119.
    """CREATE OR REPLACE TEMP MACRO hf_serial(x) AS CASE
        WHEN length(x) >= 5 AND try_cast(x AS DOUBLE) BETWEEN 20000 AND 80000
            THEN TIMESTAMP '1899-12-30' + to_seconds(round(try_cast(x AS DOUBLE) * 86400)) END""",
    """CREATE OR REPLACE TEMP MACRO hf_epoch(x) AS CASE
        WHEN length(x) IN (9, 10) AND try_cast(x AS BIGINT) > 0
            THEN make_timestamp(try_cast(x AS BIGINT) * 1000000)
        WHEN length(x) IN (12, 13) AND try_cast(x AS BIGINT) > 0
            THEN make_timestamp(try_cast(x AS BIGINT) * 1000) END""",
    # 03/04/2019 14:05, 3.4.2019, 03-04-19 2:05 PM -> with slashes and single blanks
    """CREATE OR REPLACE TEMP MACRO hf_slashed(x) AS CASE
        WHEN try_cast(split_part(translate(x, '.-', '//'), '/', 1) AS UTINYINT) <= 31
            AND try_cast(split_part(translate(x, '.-', '//'), '/', 2) AS UTINYINT) <= 31
            AND try_cast(left(split_part(translate(x, '.-', '//'), '/', 3), 2) AS UTINYINT) IS NOT NULL
        THEN regexp_replace(translate(split_part(trim(x), ' ', 1), '.-,', '//'), 'T', ' ')
            || regexp_replace(upper(trim(substr(trim(x), length(split_part(trim(x), ' ', 1)) + 1))),
                '^(.+)$', ' \\1') END""",
    """CREATE OR REPLACE TEMP MACRO hf_first(x) AS try_cast(split_part(translate(x, '.-', '//'), '/', 1) AS UTINYINT)""",
    """CREATE OR REPLACE TEMP MACRO hf_second(x) AS try_cast(split_part(translate(x, '.-', '//'), '/', 2) AS UTINYINT)""",
    # May 3rd, 2019 2:02 PM; 03-May-2019; 2019-05-03 2:02 PM -> with single blanks only
    """CREATE OR REPLACE TEMP MACRO hf_named(x) AS CASE WHEN regexp_matches(x, '\\d.*[A-Za-z]|[A-Za-z].*\\d')
        THEN regexp_replace(regexp_replace(translate(trim(x), '-,/', '   '), '\\s+', ' ', 'g'),
            '(\\d)(st|nd|rd|th)\\b', '\\1', 'i') END""",
    # 1 plain, 2 with an offset, 3 yyyymmdd, 4 serial day, 5 epoch; of dates with the year last 10 the same both
    # ways, 11 only day first, 12 only month first, 13 either; 6 with the month's name, 0 none of these.
    """CREATE OR REPLACE TEMP MACRO hf_time_kind(x) AS CASE
        WHEN hf_plain_time(x) IS NOT NULL THEN 1
        WHEN hf_zoned_time(x) IS NOT NULL THEN 2
        WHEN hf_ymd(x) IS NOT NULL THEN 3
        WHEN hf_serial(x) IS NOT NULL THEN 4
        WHEN hf_epoch(x) IS NOT NULL THEN 5
        WHEN hf_slashed(x) IS NOT NULL THEN CASE
            WHEN hf_first(x) = hf_second(x) THEN 10
            WHEN hf_first(x) > 12 AND hf_second(x) BETWEEN 1 AND 12 THEN 11
            WHEN hf_second(x) > 12 AND hf_first(x) BETWEEN 1 AND 12 THEN 12
            WHEN hf_first(x) BETWEEN 1 AND 12 AND hf_second(x) BETWEEN 1 AND 12 THEN 13 ELSE 0 END
        WHEN hf_named(x) IS NOT NULL THEN 6
        ELSE 0 END""",
)

_KINDS = (1, 2, 3, 4, 5, 6, 10, 11, 12, 13)


@dataclass(frozen=True)
class TimeFacts:
    """How many values of a column are written how; `time_facts` counts them."""

    values: int = 0
    plain: int = 0
    zoned: int = 0
    ymd: int = 0
    serial: int = 0
    epoch: int = 0
    named: int = 0
    same: int = 0
    day: int = 0
    month: int = 0
    either: int = 0
    example: str | None = None

    @property
    def slashed(self) -> int:
        return self.same + self.day + self.month + self.either


def time_facts(cell: str) -> list[str]:
    """The aggregates that fill TimeFacts, in the order of its fields, for a SQL expression of text.

    They refer to `kind_name(cell)`, in which the caller works out `hf_time_kind` once a cell.
    """
    kind = kind_name(cell)
    return [
        f"count({cell})",
        *(f"count(*) FILTER ({kind} = {k})" for k in _KINDS),
        f"min({cell}) FILTER ({kind} = 13)",
    ]


def kind_name(cell: str) -> str:
    return f"{cell}_kind"


def decide_day_first(header: str, facts: TimeFacts, *, told: bool | None) -> bool:
    """Whether the day stands before the month in this column. Raises Undecided."""
    if told is not None:
        return told
    if facts.day and facts.day >= 99 * facts.month:
        return True
    if facts.month and facts.month >= 99 * facts.day:
        return False
    if not (facts.day or facts.month or facts.either):
        return True
    if facts.day or facts.month:
        sentence = text(
            "Column {column}: some dates can only have the day first ({day}), others only the month ({month}). "
            "Say which it is; dates that do not fit are then set aside.",
            column=header, day=facts.day, month=facts.month,
        )  # fmt: skip
    else:
        sentence = text(
            "Column {column}: in a date such as {example}, is the day first or the month? Every date in the column "
            "can be read both ways.",
            column=header, example=facts.example,
        )  # fmt: skip
    raise Undecided("day_first", sentence, (True, False))


@dataclass(frozen=True)
class TimeSql:
    """Two SQL expressions for a cell: `wall` (a clock's time, no zone) and `moment` (TIMESTAMPTZ); either may
    be "NULL". A value fills at most one of the two."""

    wall: str
    moment: str


def time_sql(
    cell: str, facts: TimeFacts, day_first: bool, head: Iterable[str | None], *, utc: bool
) -> TimeSql:
    """How to read a column: only the ways that occur in it. `utc`: its times without a zone are UTC."""
    ways = [("plain", "hf_plain_time"), ("ymd", "hf_ymd"), ("serial", "hf_serial")]
    wall = [f"{macro}({cell})" for kind, macro in ways if getattr(facts, kind)]
    if facts.slashed:
        wall.append(_slashed(cell, day_first, head))
    if facts.named:
        wall.append(_named(cell, head))
    moment = [f"hf_zoned_time({cell})"] if facts.zoned else []
    if facts.epoch:
        moment.append(f"timezone('UTC', hf_epoch({cell}))")
    if utc and wall:
        moment.append(f"timezone('UTC', {_either(wall)})")
        wall = []
    return TimeSql(_either(wall), _either(moment))


def _either(ways: list[str]) -> str:
    if len(ways) > 1:
        return f"coalesce({', '.join(ways)})"
    return ways[0] if ways else "NULL"


def _slashed(cell: str, day_first: bool, head: Iterable[str | None]) -> str:
    order = "%d/%m/" if day_first else "%m/%d/"
    year = "%Y" if any(re.match(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", h or "") for h in head) else "%y"
    return _parsed(
        f"hf_slashed({cell})", order + year + _clock(head), _layouts((order + "%y", order + "%Y"), _CLOCKS)
    )


def _named(cell: str, head: Iterable[str | None]) -> str:
    # Two digits of a year come before four, which would take 19 for the year 19.
    return _parsed(f"hf_named({cell})", _named_layout(head), _layouts((*_SHORT, *_NAMED), _HOURS))


def _parsed(written: str, likely: str, layouts: str) -> str:
    """strptime is slow where a layout fails: the one that the first rows have is tried alone first."""
    return f"coalesce(try_strptime({written}, {literal(likely)}), try_strptime({written}, {layouts}))"


def _named_layout(head: Iterable[str | None]) -> str:
    """The layout of the first value that has one."""
    for value in head:
        words = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", " ".join(re.sub(r"[-,/]", " ", value or "").split()))
        for layout in (d + c for d in (*_SHORT, *_NAMED) for c in _HOURS):
            with suppress(ValueError):
                dt.datetime.strptime(words, layout)
                return layout
    return _NAMED[0]


def _clock(head: Iterable[str | None]) -> str:
    for value in head:
        found = re.search(r"\d(,?\s+\d{1,2}:\d{2}(:\d{2})?(\s*[AaPp][Mm])?)\s*$", value or "")
        if found:
            seconds = ":%S" if found[2] else ""
            return f" %I:%M{seconds} %p" if found[3] else f" %H:%M{seconds}"
    return ""

"""Text into amounts, in SQL: `1,234.50`, `1 234,50`, `1.234,50`, `£12`, `(12.00)` and what people mean by them.

A number whose separators can be read in one way only is read so. `1,234` and `1.234` can be read in two: they
are settled by the rest of the column (`decide_decimal`), and asked about when that leaves them open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.mapping import Undecided
from words import text

MONEY = "DECIMAL(18,4)"
CELL = "DECIMAL(16,4)"
"""Of one cell: below LIMIT, so that a few of them can be added without running over MONEY."""
LIMIT = "1000000000000"
"""A single amount of a million millions or more is off the scale: a serial number or a slip, not a price."""

SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "₴": "UAH", "₽": "RUB", "₹": "INR", "¥": "JPY", "₩": "KRW",
           "₺": "TRY", "₪": "ILS", "฿": "THB", "₫": "VND", "₦": "NGN", "₱": "PHP", "₸": "KZT", "₡": "CRC"}  # fmt: skip
WORDS = {"zł": "PLN", "Kč": "CZK", "Ft": "HUF", "грн": "UAH", "руб": "RUB", "лв": "BGN", "lei": "RON",
         "Rs": "INR"}  # fmt: skip

MISSING = ("", "nan", "null", "none", "n/a", "#n/a", "na", "nil", "-", "–", "—", "(null)", "(blank)", "<na>")
"""Cells that say that there is nothing (compared in lower case). A lone dash is a blank, not a zero."""


def literal(value: str) -> str:
    """A SQL string."""
    return "'" + value.replace("'", "''").replace("\x00", "") + "'"


def name(identifier: str) -> str:
    """A SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def any_of(values: Sequence[str]) -> str:
    return "(" + ", ".join(literal(v) for v in values) + ")"


DOLLARS = {"US$": "USD", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "MX$": "MXN", "R$": "BRL",
           "C$": "CAD", "A$": "AUD", "S$": "SGD"}  # fmt: skip
"""Signs that end in another one's; those that hold another come first."""

_BLANKS = " \t\u00a0\u202f"
_FIRSTS = sorted(
    {0, *map(ord, _BLANKS), *(ord(first) for w in MISSING if w for first in (w[0], w[0].upper()))}
)
"""How a cell that says nothing can begin (0: it is empty). Most cells begin otherwise, and are not trimmed for it."""
_SPACES = "\u00a0\u202f\u2009\u2007\u2019'\t"
_CURRENCY = "|".join(
    [
        *(code.replace("$", r"\$") for code in DOLLARS),
        "[" + "".join(SYMBOLS) + "]",
        *("zł", "Kč", "Ft", r"грн\.?", r"руб\.?", r"р\.", r"лв\.?", "lei", r"kr\.?", r"Rs\.?", "[A-Z]{3}"),
    ]
)
_AROUND = rf"^([-+−(]?)\s*(?:{_CURRENCY})\s*|\s*(?:{_CURRENCY})\s*(\)?)$"
_SIGNED = " ".join(
    f"WHEN strpos(x, {literal(s)}) > 0 THEN {literal(c)}" for s, c in {**DOLLARS, **WORDS, **SYMBOLS}.items()
)

MACROS = (
    f"""CREATE OR REPLACE TEMP MACRO hf_bare(x) AS trim(regexp_replace(
        trim(translate(x, {literal(_SPACES)}, {literal(" " * len(_SPACES))})),
        {literal(_AROUND)}, '\\1\\2', 'g'))""",
    # The digits with their separators; '' where the cell is not a number.
    """CREATE OR REPLACE TEMP MACRO hf_digits(x) AS regexp_extract(
        hf_bare(x), '^(?:[-+−]|\\()?\\s*(\\d[\\d .,]*|[.,]\\d+)(?:\\)|\\s*[-−])?$', 1)""",
    # 1 no separator that matters, 2 decimal point, 3 decimal comma, 4 `1.234`, 5 `1,234`, 0 not a number.
    r"""CREATE OR REPLACE TEMP MACRO hf_shape(d) AS CASE
        WHEN regexp_full_match(d, '\d+|\d{1,3}( \d{3})+') THEN 1
        WHEN regexp_full_match(d, '[1-9]\d{0,2}\.\d{3}') THEN 4
        WHEN regexp_full_match(d, '[1-9]\d{0,2},\d{3}') THEN 5
        WHEN regexp_full_match(d, '(\d+|\d{1,3}(,\d{2,3})+|\d{1,3}( \d{3})+)?\.\d*|\d{1,3}(,\d{3}){2,}') THEN 2
        WHEN regexp_full_match(d, '(\d+|\d{1,3}(\.\d{2,3})+|\d{1,3}( \d{3})+)?,\d*|\d{1,3}(\.\d{3}){2,}') THEN 3
        ELSE 0 END""",
    # `quick`: what the plain cast makes of it.
    """CREATE OR REPLACE TEMP MACRO hf_number_kind(x, quick) AS CASE
        WHEN quick IS NULL THEN hf_shape(hf_digits(x))
        WHEN strpos(x, '.') = 0 THEN 1
        WHEN substr(x, -4, 1) = '.' AND hf_shape(hf_digits(x)) = 4 THEN 4
        ELSE 2 END""",
    # `point`: whether `1.234` is one and a bit, and so `1,234` a thousand.
    """CREATE OR REPLACE TEMP MACRO hf_written(d, point) AS CASE hf_shape(d)
        WHEN 1 THEN replace(d, ' ', '')
        WHEN 2 THEN replace(replace(d, ' ', ''), ',', '')
        WHEN 3 THEN replace(replace(replace(d, ' ', ''), '.', ''), ',', '.')
        WHEN 4 THEN CASE WHEN point THEN d ELSE replace(d, '.', '') END
        WHEN 5 THEN CASE WHEN point THEN replace(d, ',', '') ELSE replace(d, ',', '.') END END""",
    f"""CREATE OR REPLACE TEMP MACRO hf_slow(x, point) AS
        try_cast(hf_written(hf_digits(x), point) AS {MONEY})
        * CASE WHEN regexp_matches(hf_bare(x), '^[-−(]|[-−]$') THEN -1 ELSE 1 END""",
    # A number that no amount can be: 1e308, infinity, or too many digits.
    """CREATE OR REPLACE TEMP MACRO hf_off_scale(x) AS
        coalesce(NOT isnan(try_cast(x AS DOUBLE)), hf_shape(hf_digits(x)) > 0)""",
    # The currency that a number carries with it.
    f"""CREATE OR REPLACE TEMP MACRO hf_symbol(x) AS CASE
        WHEN try_cast(x AS {MONEY}) IS NOT NULL OR hf_shape(hf_digits(x)) = 0 THEN NULL {_SIGNED}
        ELSE coalesce(nullif(regexp_extract(trim(x), '^[-(]?([A-Z]{{3}})\\s*[-(]?[\\d.]', 1), ''),
            nullif(regexp_extract(trim(x), '[\\d.)]\\s*([A-Z]{{3}})\\)?$', 1), '')) END""",
    f"""CREATE OR REPLACE TEMP MACRO hf_blank(x) AS CASE
        WHEN ascii(x) NOT IN ({", ".join(map(str, _FIRSTS))}) THEN false
        ELSE lower(trim(x, {literal(_BLANKS)})) IN {any_of(MISSING)} END""",
)
"""Written before every statement that reads values; `run` gives them to the connection of the child."""


@dataclass(frozen=True)
class NumberFacts:
    """How many values of a column are what; `number_facts` counts them."""

    values: int = 0
    plain: int = 0
    whole: int = 0
    point: int = 0
    comma: int = 0
    either_point: int = 0
    either_comma: int = 0
    example: str | None = None

    @property
    def open(self) -> bool:
        return bool(self.either_point or self.either_comma)


def number_facts(cell: str) -> list[str]:
    """The aggregates that fill NumberFacts, in the order of its fields, for a column of text.

    They refer to `quick_name(cell)` and `kind_name(cell)`, which the caller works out once a cell: the plain cast, and
    `hf_number_kind`.
    """
    kind = kind_name(cell)
    return [
        f"count({cell})",
        f"count({quick_name(cell)})",
        *(f"count(*) FILTER ({kind} = {k})" for k in (1, 2, 3, 4, 5)),
        f"min({cell}) FILTER ({kind} IN (4, 5))",
    ]


def kind_name(cell: str) -> str:
    return f"{cell}_shape"


def quick_name(cell: str) -> str:
    return f"{cell}_quick"


def decide_decimal(
    header: str, facts: NumberFacts, others: Sequence[NumberFacts], *, told: str | None, typed: bool
) -> bool:
    """Whether `1.234` in this column is one and a bit (True) or a thousand (False).

    Evidence: the column's other values; then the other amounts of the same file, written by the same hand;
    in a file with typed cells (`typed`: Excel, Parquet) a point is a decimal point. Raises Undecided.
    """
    if told:
        return told == "."
    if not facts.open or (typed and not facts.either_comma):
        return True
    for point, comma in (
        (facts.point, facts.comma),
        (sum(o.point for o in others), sum(o.comma for o in others)),
    ):
        if point and point >= 99 * comma:
            return True
        if comma and comma >= 99 * point:
            return False
    raise Undecided(
        "decimal",
        text(
            "Column {column}: can {example} be read as a thousand or as one and a bit? Nothing else in the column "
            "settles it. Say which sign separates the decimals, a point or a comma.",
            column=header,
            example=facts.example,
        ),
        (".", ","),
    )


def amount(cell: str, facts: NumberFacts, point: bool) -> str:
    """SQL of the amount in `cell`, NULL where it cannot be read. The quick cast comes first."""
    quick = f"try_cast({cell} AS {CELL})"
    if facts.plain == facts.values and (point or not facts.open):
        return quick
    slow = f"try_cast(hf_slow({cell}, {point}) AS {CELL})"
    if point or not facts.either_point:
        return f"coalesce({quick}, {slow})"
    return f"CASE WHEN strpos({cell}, '.') = 0 THEN coalesce({quick}, {slow}) ELSE {slow} END"

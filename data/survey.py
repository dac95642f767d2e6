"""One look over the whole file before it is read: how numbers and times are written, which currencies there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from data import times, values
from data.layout import Layout, cell, extra
from data.times import TimeFacts
from data.values import NumberFacts

MOST_EXTRAS = 30
SAMPLED = 100_000
FEW_VALUES = 50
LARGEST_SHARE = 0.05
LONGEST_VALUE = 200
MOST_SAID = 1000

Run = Callable[[list[tuple[str, bool, str]]], list[list[list[Any]] | None]]
"""Runs statements (sql, fetch, label) over the staged file: `opening.run`, or `reader.run` in tests."""


@dataclass(frozen=True)
class Survey:
    """What the whole file says. `currencies`: code -> records; `keys` and `different`: records with an order
    number, and different numbers; `unnamed`: records without one. `extras`: headers worth keeping. `said`: what a
    cell that rules look at says anywhere in the file, in lower case; a cell that says too much is not in it."""

    numbers: dict[str, NumberFacts] = field(default_factory=dict)
    times: dict[str, TimeFacts] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    by_symbol: bool = False
    keys: int = 0
    different: int = 0
    unnamed: int = 0
    extras: tuple[str, ...] = ()
    said: dict[str, frozenset[str]] = field(default_factory=dict)


def survey(layout: Layout, run: Run, label: str) -> Survey:
    """Ask the file. One child, four queries at most."""
    statements = [(macro, False, label) for macro in (*values.MACROS, *times.MACROS)]
    before = len(statements)
    statements += [(ask(layout), True, label) for ask in (_facts_sql, _currencies_sql, _said_sql)]
    candidates = layout.unmapped if layout.mapping.keep is None and layout.mapping.table == "orders" else []
    if candidates:
        statements.append((_extras_sql(layout, candidates), True, label))
    results = [rows or [] for rows in run(statements)[before:]]
    facts = iter(results[0][0])
    numbers = {c: NumberFacts(*(next(facts) for _ in range(8))) for c in layout.numbers}
    written = {c: TimeFacts(*(next(facts) for _ in range(12))) for c in layout.times}
    keys, different, unnamed = (next(facts) for _ in range(3))
    by_symbol = not layout.has("currency") and any(f.plain < f.values for f in numbers.values())
    currencies = {code: n for kind, code, n in results[1] if kind == "currency"}
    return Survey(
        numbers,
        written,
        currencies,
        {code: n for kind, code, n in results[1] if kind == "settled"},
        by_symbol and bool(currencies),
        keys,
        different,
        unnamed,
        _kept(layout, candidates, results[3][0] if candidates else []),
        _said(layout, results[2]),
    )


def _facts_sql(layout: Layout) -> str:
    cells = [cell(c) for c in layout.numbers]
    quick = [f"try_cast({c} AS {values.MONEY}) AS {values.quick_name(c)}" for c in cells]
    kinds = [f"hf_number_kind({c}, {values.quick_name(c)}) AS {values.kind_name(c)}" for c in cells]
    kinds += [f"hf_time_kind({cell(c)}) AS {times.kind_name(cell(c))}" for c in layout.times]
    asked = [sql for c in layout.numbers for sql in values.number_facts(cell(c))]
    asked += [sql for c in layout.times for sql in times.time_facts(cell(c))]
    if layout.has("order_id"):
        key = cell("order_id")
        asked += [f"count({key})", f"count(DISTINCT hash({key}))", f"count(*) - count({key})"]
    else:
        asked += ["0", "0", "0"]
    cast_once = f"SELECT {', '.join(['*', *quick])} FROM ({layout.cells_sql()})"
    worked_out = f"SELECT {', '.join(['*', *kinds])} FROM ({cast_once})"
    return f"SELECT {', '.join(asked)} FROM ({worked_out})"


def _currencies_sql(layout: Layout) -> str:
    """Rows (which, code, records). Without a currency column the amounts' own signs are looked at."""
    nothing = "SELECT '' AS kind, '' AS code, 0 AS n WHERE false"
    asked = []
    if layout.has("currency"):
        asked.append(("currency", f"nullif(upper(trim({cell('currency')})), '')"))
    elif layout.mapping.amount and layout.has(layout.mapping.amount):
        asked.append(("currency", f"hf_symbol({cell(layout.mapping.amount)})"))
    elif layout.has("amount"):
        asked.append(("currency", f"hf_symbol({cell('amount')})"))
    if layout.has("settled_currency"):
        asked.append(("settled", f"nullif(upper(trim({cell('settled_currency')})), '')"))
    parts = [
        f"SELECT '{kind}' AS kind, {sql} AS code, count(*) AS n FROM ({layout.cells_sql()}) GROUP BY ALL"
        for kind, sql in asked
    ]
    union = " UNION ALL ".join([nothing, *parts])
    return f"SELECT * FROM ({union}) WHERE code IS NOT NULL ORDER BY kind, n DESC, code LIMIT 1000"


def _said_sql(layout: Layout) -> str:
    """Rows (cell, words) of the cells that rules of words look at: most files use few of the words we know, and to
    ask every record for all of them would cost more than to look first."""
    nothing = "SELECT '' AS cell, '' AS said WHERE false"
    parts = [
        f"(SELECT DISTINCT '{at}', lower(trim({at})) FROM ({layout.cells_sql()}) WHERE {at} IS NOT NULL"
        f" LIMIT {MOST_SAID + 1})"
        for at in layout.worded
    ]
    return " UNION ALL ".join([nothing, *parts])


def _said(layout: Layout, rows: list[list[Any]]) -> dict[str, frozenset[str]]:
    found = {at: frozenset(said for cell_of, said in rows if cell_of == at) for at in layout.worded}
    return {at: said for at, said in found.items() if len(said) <= MOST_SAID}


def _extras_sql(layout: Layout, headers: list[str]) -> str:
    """For each header: records with a value, different values, the longest; over at most SAMPLED records."""
    step = max(layout.staged.records // SAMPLED, 1)
    where = f" WHERE record % {step} = 0" if step > 1 else ""
    asked = []
    for header in headers:
        x = extra(layout.staged, header)
        asked += [f"count({x})", f"approx_count_distinct({x})", f"max(length({x}))"]
    return f"SELECT count(*), {', '.join(asked)} FROM ({layout.cells_sql(headers, where=where)})"


def _kept(layout: Layout, headers: list[str], counted: list[Any]) -> tuple[str, ...]:
    """The unmapped columns by which customers could be split: at least two different values (a blank is one),
    and few of them: at most FEW_VALUES, or LARGEST_SHARE of the records. The first MOST_EXTRAS of the file."""
    if layout.mapping.keep is not None:
        return tuple(h for h in layout.mapping.keep if h in layout.unmapped)[:MOST_EXTRAS]
    if not headers:
        return ()
    records, facts = counted[0], iter(counted[1:])
    kept = []
    for header in headers:
        filled, different, longest = next(facts), next(facts), next(facts) or 0
        values_seen = different + (filled < records)
        most = max(FEW_VALUES, LARGEST_SHARE * records)
        repeats = different < max(0.9 * filled, 2) or (different > 1 and records <= 2)
        if filled and values_seen >= 2 and different <= most and repeats and longest <= LONGEST_VALUE:
            kept.append(header)
    return tuple(kept[:MOST_EXTRAS])

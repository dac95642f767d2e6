"""The SQL of a merge: statements that run one after another on one connection (see merging.py).

`kept_versions` (tbl, key, source) says which source every row came from; `counted` (tbl, code, rows, money,
currency) what a person is told; `replaced` (tbl, code, source, rows, money, currency) the records that count no longer,
and `standing` (tbl, source, flags, rows, money, currency) those that do (see merging_ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from data.connections import quoted
from data.merging_versions import Versions
from data.tables import TABLES
from shop import Flag
from words import text

Statement = tuple[str, bool, str]
"""SQL, whether its rows are wanted, and what is happening, for a progress bar."""

_JOINED = "concat_ws(chr(31), {})"
KEYS = {
    "orders": "order_id",
    "customers": "customer",
    "spend": _JOINED.format(
        "starts_on, ends_on, coalesce(channel, ''), coalesce(campaign, ''), coalesce(kind, ''), "
        "coalesce(currency, '')"
    ),
    "surveys": _JOINED.format(
        "answered_at, coalesce(customer, ''), coalesce(order_id, ''), kind, coalesce(question, '')"
    ),
}
"""What makes two rows versions of one: an order's number, a customer, a cost, an answer."""

SORTED = {
    "orders": "customer, ordered_at, order_id",
    "order_lines": "order_id, line",
    "customers": "customer",
    "spend": "starts_on, channel, kind, campaign",
    "surveys": "answered_at, order_id, customer",
}

MONEY = {"orders": "net", "spend": "amount"}


def say(sql: str) -> Statement:
    return sql, False, text("Merging with what is there")


def ask(sql: str) -> Statement:
    return sql, True, text("Counting")


def file(path: Path) -> str:
    return f"read_parquet({quoted(path)})"


def copy(query: str, path: Path) -> Statement:
    return say(f"COPY ({query}) TO {quoted(path)} (FORMAT parquet)")


def start(versions: Path | None, untouched: Iterable[str]) -> list[Statement]:
    """The working tables; the versions of tables that the new file does not touch stay."""
    made = [
        say("CREATE TEMP TABLE kept_versions (tbl VARCHAR, key VARCHAR, source INTEGER)"),
        say(
            "CREATE TEMP TABLE counted (tbl VARCHAR, code VARCHAR, rows BIGINT, money DECIMAL(38,4), "
            "currency VARCHAR)"
        ),
        say(
            "CREATE TEMP TABLE replaced (tbl VARCHAR, code VARCHAR, source INTEGER, rows BIGINT, "
            "money DECIMAL(38,4), currency VARCHAR)"
        ),
        say(
            "CREATE TEMP TABLE standing (tbl VARCHAR, source INTEGER, flags INTEGER, rows BIGINT, "
            "money DECIMAL(38,4), currency VARCHAR)"
        ),
    ]
    inside = ", ".join(quoted(table) for table in untouched)
    if versions and inside:
        made.append(say(f"INSERT INTO kept_versions SELECT * FROM {file(versions)} WHERE tbl IN ({inside})"))
    return made


def merge(table: str, old: Path, new: Path, out: Path, versions: Versions) -> list[Statement]:
    """Write the newest version of every row; the keys that the new file won stay in `won_<table>`."""
    mine = versions.ranks[versions.new]
    content = _content(old, new)
    source, sources = _source(table, versions)
    ranks = ", ".join(str(rank) for rank in versions.ranks)
    gone = f"h.rank < {mine} AND {_within([versions.window])}" if versions.window else "false"
    if versions.held:
        gone += f" AND p.order_id NOT IN (SELECT order_id FROM {file(versions.held)})"
    gone_since = _within(versions.newer)
    statements = [
        f"""CREATE TEMP TABLE had_{table} AS SELECT g.*, {source} AS source, [{ranks}][{source} + 1] AS rank
        FROM ({_grouped(table, old, content)}) g {sources}""",
        f"CREATE TEMP TABLE came_{table} AS {_grouped(table, new, content)}",
        f"""CREATE TEMP TABLE won_{table} AS SELECT c.key FROM came_{table} c
        LEFT JOIN had_{table} h USING (key) WHERE h.key IS NULL OR h.rank < {mine}""",
        f"""INSERT INTO counted SELECT {quoted(table)}, CASE WHEN h.key IS NULL THEN 'added'
        WHEN h.rank < {mine} AND (h.content <> c.content OR h.n <> c.n) THEN 'changed' ELSE 'unchanged' END,
        sum(c.n), sum(c.money), c.currency
        FROM came_{table} c LEFT JOIN had_{table} h USING (key) GROUP BY ALL""",
        f"""INSERT INTO kept_versions SELECT {quoted(table)}, key, {versions.new} FROM won_{table}
        UNION ALL SELECT {quoted(table)}, key, source FROM had_{table} ANTI JOIN won_{table} USING (key)""",
        f"""INSERT INTO replaced SELECT {quoted(table)}, 'newer', source, sum(records), sum(money), currency
        FROM had_{table} SEMI JOIN won_{table} USING (key) GROUP BY ALL
        UNION ALL SELECT {quoted(table)}, 'newer', {versions.new}, sum(records), sum(money), currency
        FROM came_{table} ANTI JOIN won_{table} USING (key) GROUP BY ALL""",
    ]
    stays = f"{rows(table, old)} p JOIN had_{table} h USING (key) ANTI JOIN won_{table} USING (key)"
    comes = f"{rows(table, new)} p SEMI JOIN won_{table} USING (key)"
    if table == "orders":
        counted = (
            "INSERT INTO counted SELECT 'orders', 'gone', count(*), sum(p.net), coalesce(p.currency, '')"
        )
        statements += [
            f"{counted} FROM {stays} WHERE {gone} AND p.flags & {int(Flag.GONE)} = 0 GROUP BY ALL",
            f"{counted} FROM {comes} WHERE {gone_since} GROUP BY ALL",
        ]
    columns = _columns(table, old, new)
    query = f"""SELECT {_select(columns, new, gone_since)} FROM {comes}
        UNION ALL SELECT {_select(columns, old, gone)} FROM {stays}"""
    return [*map(say, statements), copy(f"SELECT * FROM ({query}) ORDER BY {SORTED[table]}", out)]


def merge_lines(old: Path, new: Path, out: Path) -> Statement:
    """Lines go with the version of their order that won."""
    columns = _columns("order_lines", old, new)
    query = f"""SELECT {_select(columns, new)} FROM {file(new)} p SEMI JOIN won_orders w ON w.key = p.order_id
        UNION ALL SELECT {_select(columns, old)} FROM {file(old)} p
        ANTI JOIN won_orders w ON w.key = p.order_id"""
    return copy(f"SELECT * FROM ({query}) ORDER BY {SORTED['order_lines']}", out)


def append(
    table: str, old: Path | None, new: Path, out: Path, mark: str, versions: Versions
) -> list[Statement]:
    """Add orders that have no numbers, or their lines. Numbers made from the place in the file get a mark of
    the file, because another file has the same places."""
    marked = f"(SELECT * REPLACE (order_id || {quoted('-' + mark)} AS order_id) FROM {file(new)})"
    columns = _columns(table, *([old] if old else []), new)
    query = f"SELECT {_select(columns, new)} FROM {marked} p"
    if old:
        query += f" UNION ALL SELECT {_select(columns, old)} FROM {file(old)} p"
    added = []
    if table == "orders" and old:
        source, sources = _source(table, versions)
        added = [
            count_all("orders", new, "added"),
            say(
                f"""INSERT INTO kept_versions SELECT 'orders', order_id, {versions.new} FROM {marked}
                UNION ALL SELECT 'orders', g.key, {source} FROM {rows(table, old)} g {sources}"""
            ),
        ]
    return [*added, copy(f"SELECT * FROM ({query}) ORDER BY {SORTED[table]}", out)]


def exchange(table: str, old: Path, versions: Versions) -> list[Statement]:
    """A table that another file takes the place of: what it held counts no longer."""
    money, currency = _money(table)
    source, sources = _source(table, versions)
    return [
        count_all(table, old, "replaced"),
        say(
            f"""INSERT INTO replaced SELECT {quoted(table)}, 'exchanged', {source}, {_records(table)}, {money}, {currency}
            FROM {rows(table, old)} g {sources} GROUP BY ALL"""
        ),
    ]


def count_all(table: str, path: Path, code: str) -> Statement:
    """Every row of a table under one code."""
    money, currency = _money(table)
    return say(
        f"INSERT INTO counted SELECT {quoted(table)}, {quoted(code)}, count(*), {money}, {currency} "
        f"FROM {file(path)} GROUP BY ALL"
    )


def _grouped(table: str, path: Path, content: str) -> str:
    """A row a key: what it says in one number, how many rows it has, and their money."""
    money, currency = _money(table)
    return f"""SELECT {KEYS[table]} AS key, sum(hash({content})::HUGEINT) AS content, count(*) AS n,
        {_records(table)} AS records, {money} AS money, any_value({currency}) AS currency FROM {file(path)} GROUP BY 1"""


def _money(table: str) -> tuple[str, str]:
    if table in MONEY:
        return f"sum({MONEY[table]})::DECIMAL(38,4)", "coalesce(currency, '')"
    return "NULL", "''"


def _records(table: str) -> str:
    """How many records of their files the rows of a table are."""
    return "sum(records)" if table == "orders" else "count(*)"


def _source(table: str, versions: Versions) -> tuple[str, str]:
    """The source of a row that is there, and what has to be joined for it, by its `key`."""
    if versions.lone is not None:
        return str(versions.lone), ""
    if versions.path is None:
        raise RuntimeError(f"The rows of {table} came from several files, and nothing says which from which.")
    known = f"SELECT key, source FROM {file(versions.path)} WHERE tbl = {quoted(table)}"
    return "v.source", f"JOIN ({known}) v USING (key)"


def _within(windows: Iterable[Sequence[str]]) -> str:
    """Whether an order `p` was made within any of these spans of time."""
    spans = [f"p.ordered_at BETWEEN TIMESTAMP '{first}' AND TIMESTAMP '{last}'" for first, last in windows]
    return f"({' OR '.join(spans)})" if spans else "false"


def rows(table: str, path: Path) -> str:
    """A table with the `key` of every row."""
    return f"(SELECT *, {KEYS[table]} AS key FROM {file(path)})"


def _names(path: Path) -> list[str]:
    return list(pq.read_schema(path).names)


def _columns(table: str, *paths: Path) -> list[str]:
    """The table's own columns, then every other one that any of the files has."""
    own = [c.name for c in TABLES[table]]
    return own + sorted({name for path in paths for name in _names(path)} - set(own))


def _select(columns: Sequence[str], path: Path, gone: str = "false") -> str:
    here = set(_names(path))
    flagged = f"CASE WHEN {gone} THEN p.flags | {int(Flag.GONE)} ELSE p.flags END AS flags"
    chosen = []
    for column in columns:
        name = '"' + column.replace('"', '""') + '"'
        if column == "flags":
            chosen.append(flagged)
        else:
            # What only one of the files has is text: a column that nobody mapped.
            chosen.append(f"p.{name}" if column in here else f"NULL::VARCHAR AS {name}")
    return ", ".join(chosen)


def _content(old: Path, new: Path) -> str:
    """The columns that both files have. That an order is gone is no change of the order."""
    both = set(_names(old)) & set(_names(new))
    names = ['"' + name.replace('"', '""') + '"' for name in _names(new) if name in both]
    return ", ".join(f"flags & ~{int(Flag.GONE)}" if name == '"flags"' else name for name in names)

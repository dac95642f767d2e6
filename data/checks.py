"""The check: from the staged file to a draft's tables, in SQL. Every record ends accepted or set aside.

Three shapes of file: one record is one order; records are lines with amounts of their own that add up
(`lines`); records are lines, and the order's cells and money stand on its first (`order_amounts`).
"""

from __future__ import annotations

from pathlib import Path

from data.layout import Layout, cell
from data.ledger import reason_sql
from data.reading import Reading
from data.records import (
    FAULTY,
    customer_sql,
    extra_cells,
    flags_sql,
    money_sql,
    order_cells,
    records_sql,
    state_sql,
)
from data.tables import ORDER_LINES, TABLES
from data.values import MONEY, literal, name
from shop import Flag

ASIDE = ("record", "code", "codes", "reason", "column", "value", "text", "money", "currency")
PARQUET = (
    "(FORMAT parquet, PARQUET_VERSION V2, COMPRESSION lz4, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 3000)"
)
"""Whole vectors of 2,048 rows: a group that ends within one is slower to write. A dictionary of more values than that
costs more than it saves: nearly every order has a number of its own."""


def shape(reading: Reading) -> list[str]:
    """What the draft's tables are made from: the views `records`, `orders_made`, `lines_made` and `aside_made`.

    What is wrong with a record is worked out once, into `faulty`. A filter on the view would have every cell
    read twice, once to judge it and once to keep it.
    """
    mapping = reading.layout.mapping
    if mapping.order_amounts:
        views = _headed(reading)
    elif mapping.lines:
        views = _added(reading)
    else:
        views = _single(reading)
    return [f"CREATE TEMP VIEW records AS {records_sql(reading)}", *views]


def copies(reading: Reading, folder: Path) -> list[str]:
    """Write the draft's tables."""
    cells = order_cells(reading)
    # What is the same everywhere stays out of the sort: what the file does not tell, and the one currency.
    same = {c: sql for c, sql in cells.items() if sql.startswith(("NULL", "CAST(NULL")) or c == "currency"}
    told = ", ".join(f"{same.get(c, name(c))} AS {name(c)}" for c in _order_columns(reading))
    return [
        f"COPY (SELECT {told} FROM (FROM orders_made ORDER BY customer, ordered_at, first_record)) "
        f"TO {literal(str(folder / 'orders.parquet'))} {PARQUET}",
        f"COPY (SELECT {', '.join(name(c) for c in ASIDE)} FROM aside_made ORDER BY record) "
        f"TO {literal(str(folder / 'set_aside.parquet'))} {PARQUET}",
    ] + (
        [f"COPY (FROM lines_made) TO {literal(str(folder / 'order_lines.parquet'))} {PARQUET}"]
        if has_lines(reading.layout)
        else []
    )


def has_lines(layout: Layout) -> bool:
    """Whether the file tells what was in an order."""
    return any(layout.has(c) for c in ("product", "sku", "category", "price"))


def money_in(reading: Reading) -> str:
    """Rows (currency, records, money) of everything in the file, counted without grouping into orders."""
    money, currency = money_sql(reading)
    if reading.layout.mapping.order_amounts:
        money = f"CASE WHEN h.record IS NOT NULL THEN {money} END"
        source = "records LEFT JOIN (SELECT record FROM heads) AS h USING (record)"
    else:
        source = "records"
    broken = "SELECT '' AS currency, count(*) AS n, NULL AS money FROM rejects"
    counted = (
        f"SELECT {currency} AS currency, count(*) AS n, sum({money}) AS money FROM {source} GROUP BY ALL"
    )
    return f"SELECT currency, sum(n)::BIGINT, sum(money)::DECIMAL(38,4) FROM ({counted} UNION ALL {broken}) GROUP BY 1"


# One record is one order


def _single(reading: Reading) -> list[str]:
    columns = order_cells(reading) | extra_cells(reading)
    repeated = reading.survey.different < reading.survey.keys or (
        reading.survey.unnamed > 0 and reading.layout.has("order_id")
    )
    key = "key || CASE WHEN nth > 1 THEN ' (' || nth || ')' ELSE '' END" if repeated else "key"
    again = f"CASE WHEN same > 1 THEN {int(Flag.DUPLICATE)} ELSE 0 END" if repeated else "0"
    source = "records ANTI JOIN faulty USING (record)" + (
        " LEFT JOIN again USING (record)" if repeated else ""
    )
    picked = ", ".join(f"{sql} AS {name(c)}" for c, sql in columns.items())
    inner = (
        f"SELECT {key} AS order_id, {picked}, record AS first_record, {flags_sql(reading)} | {again} AS marks, "
        f"1::BIGINT AS records FROM {source}"
    )
    return [
        _faulty("records"),
        *([_again(reading)] if repeated else []),
        f"CREATE TEMP VIEW orders_made AS {_finished(reading, inner)}",
        *_lines_view(reading, f"SELECT *, {key} AS order_id, 1 AS line FROM {source}"),
        _aside_view(reading, "faulty"),
    ]


def _again(reading: Reading) -> str:
    """Of records that share a key: which one it is of them, and which of its equals."""
    return f"""CREATE TEMP TABLE again AS SELECT record,
        row_number() OVER (PARTITION BY key ORDER BY record) AS nth,
        row_number() OVER (PARTITION BY {reading.layout.all_cells()} ORDER BY record) AS same
        FROM (SELECT record, key FROM records) JOIN {reading.layout.file} USING (record)
        WHERE key IN (SELECT key FROM records GROUP BY key HAVING count(*) > 1)"""


# Lines whose amounts add up


def _added(reading: Reading) -> list[str]:
    columns = order_cells(reading) | extra_cells(reading)
    picked = ", ".join(f"{sql} AS {name(c)}" for c, sql in columns.items())
    sound = "records ANTI JOIN faulty USING (record)"
    lines = f"SELECT key, record, {picked}, {flags_sql(reading)} AS marks FROM {sound}"
    summed = ("gross", "discount", "shipping", "tax", "refunded", "net", "items")
    kinds = {c.name: MONEY if c.kind == "money" else "DOUBLE" for c in TABLES["orders"] if c.name in summed}
    grouped = [
        f"CAST(sum({c}) AS {kinds[c]}) AS {c}" if c in summed else f"arg_min({name(c)}, record) AS {name(c)}"
        for c in columns
    ]
    inner = (
        f"SELECT key AS order_id, {', '.join(grouped)}, min(record) AS first_record, bit_or(marks) AS marks, "
        f"count(*) AS records FROM ({lines}) GROUP BY key"
    )
    return [
        _faulty("records"),
        f"CREATE TEMP VIEW orders_made AS {_finished(reading, inner)}",
        *_lines_view(
            reading,
            f"SELECT *, key AS order_id, row_number() OVER (PARTITION BY key ORDER BY record) AS line FROM {sound}",
        ),
        _aside_view(reading, "faulty"),
    ]


# Lines below the order's first record, which holds its cells and its money


def _headed(reading: Reading) -> list[str]:
    columns = order_cells(reading) | extra_cells(reading)
    picked = ", ".join(
        f"{sql} AS {name(c)}" for c, sql in columns.items() if c not in ("items", "first_product")
    )
    first = cell(reading.amount_parts[0])
    product = columns["first_product"]
    pieces = columns["items"]
    inner = (
        f"SELECT g.owner AS order_id, {picked}, h.record AS first_record, {flags_sql(reading)} | "
        f"CASE WHEN again THEN {int(Flag.DUPLICATE)} ELSE 0 END AS marks, g.records AS records, "
        f"g.first_product AS first_product, g.items AS items "
        f"FROM heads AS h ANTI JOIN faulty USING (record) JOIN records USING (record) JOIN grouped AS g ON g.owner = h.owner"
    )
    return [
        *_owners(reading, first),
        _faulty("records SEMI JOIN heads USING (record)"),
        "CREATE TEMP TABLE unsound AS SELECT owner FROM heads SEMI JOIN faulty USING (record)",
        """CREATE TEMP TABLE lost AS SELECT record, false AS is_owned, false AS is_head FROM keyed WHERE key IS NULL
            UNION ALL SELECT o.record, true, h.record IS NOT NULL
            FROM owned AS o SEMI JOIN unsound USING (owner) LEFT JOIN heads AS h USING (record)""",
        f"""CREATE TEMP VIEW grouped AS SELECT owner, count(*) AS records, sum({pieces}) AS items,
            arg_min({product}, record) AS first_product FROM owned JOIN records USING (record) GROUP BY owner""",
        f"CREATE TEMP VIEW orders_made AS {_finished(reading, inner)}",
        *_lines_view(
            reading,
            "SELECT records.*, owner AS order_id, row_number() OVER (PARTITION BY owner ORDER BY record) AS line "
            "FROM records JOIN owned USING (record) ANTI JOIN unsound USING (owner)",
        ),
        _aside_view(reading, "lost", members=True),
    ]


def _owners(reading: Reading, first: str) -> list[str]:
    """`owned` (record, owner, again): the order each record belongs to; `heads` (record, owner, again).

    A line without a number belongs to the order above it, unless the record above could not be split: then
    nobody knows. The same head again, cell by cell, is a duplicate order with the lines that repeat.
    """
    layout, number = reading.layout, cell("order_id")
    cells = f"SELECT record, {number} AS key, {first} IS NOT NULL AS paid FROM ({layout.cells_sql()})"
    if reading.survey.unnamed:
        marks = f"SELECT record, key FROM ({cells}) WHERE key IS NOT NULL UNION ALL SELECT record, NULL FROM rejects"
        blank = f"SELECT record, paid FROM ({cells}) WHERE key IS NULL"
        filled = f"SELECT b.record, m.key, b.paid FROM ({blank}) AS b ASOF LEFT JOIN ({marks}) AS m ON b.record >= m.record"
        keyed = f"SELECT record, key, paid FROM ({cells}) WHERE key IS NOT NULL UNION ALL {filled}"
    else:
        keyed = cells
    equals = f"""SELECT f.record, row_number() OVER (PARTITION BY k.key, {layout.all_cells()} ORDER BY f.record) AS same
        FROM {layout.file} JOIN keyed AS k USING (record) WHERE k.key IN (SELECT key FROM keyed WHERE paid GROUP BY key HAVING count(*) > 1)"""
    doubled = f"""SELECT k.key FROM ({equals}) AS e JOIN keyed AS k USING (record) WHERE paid AND same > 1"""
    return [
        f"CREATE TEMP TABLE keyed AS {keyed}",
        f"CREATE TEMP TABLE equals AS {equals}",
        f"""CREATE TEMP TABLE owned AS SELECT k.record,
            k.key || CASE WHEN d.key IS NOT NULL AND e.same > 1 THEN ' (' || e.same || ')' ELSE '' END AS owner,
            d.key IS NOT NULL AND e.same > 1 AS again, k.paid
            FROM keyed AS k LEFT JOIN equals AS e USING (record)
            LEFT JOIN (SELECT DISTINCT key FROM ({doubled})) AS d ON d.key = k.key WHERE k.key IS NOT NULL""",
        """CREATE TEMP TABLE heads AS SELECT coalesce(min(record) FILTER (paid), min(record)) AS record, owner,
            bool_or(again) AS again FROM owned GROUP BY owner""",
    ]


# What all three share


def _finished(reading: Reading, inner: str) -> str:
    """The columns of `orders` in their order, then the kept ones, then first_record."""
    known = f"SELECT *, {customer_sql(reading)} AS customer FROM ({inner})"
    done = f"SELECT *, CAST(marks | {state_sql(reading)} AS INTEGER) AS flags FROM ({known})"
    return f"SELECT {', '.join(map(name, _order_columns(reading)))}, first_record FROM ({done})"


def _order_columns(reading: Reading) -> list[str]:
    return [*(c.name for c in TABLES["orders"]), *extra_cells(reading)]


def _lines_view(reading: Reading, source: str) -> list[str]:
    layout = reading.layout
    if not has_lines(layout):
        return []

    def at(column: str) -> str:
        return f"nullif(trim({cell(column)}), '')" if layout.has(column) else "NULL::VARCHAR"

    price = "n_price" if layout.has("price") else "NULL"
    if reading.rate_sql:
        price = f"{price} * rate"
    pieces = "n_quantity" if layout.has("quantity") else "NULL"
    cells = {
        "order_id": "order_id",
        "line": "CAST(line AS BIGINT)",
        "product": f"coalesce({at('product')}, {at('sku')})",
        "sku": at("sku"),
        "category": at("category"),
        "quantity": f"CAST({pieces} AS DOUBLE)",
        "price": f"CAST({price} AS {MONEY})",
    }
    picked = ", ".join(f"{cells[c.name]} AS {name(c.name)}" for c in ORDER_LINES)
    return [f"CREATE TEMP VIEW lines_made AS SELECT {picked} FROM ({source})"]


def _faulty(source: str) -> str:
    """The records with something wrong, found once: a filter on `records` would have every cell read twice,
    to judge it and to keep it."""
    return f"CREATE TEMP TABLE faulty AS SELECT record FROM {source} WHERE {FAULTY}"


def _aside_view(reading: Reading, lost: str, *, members: bool = False) -> str:
    """The records that the table `lost` holds, with the columns ASIDE; broken rows among them. `members`: it also
    says which belong to an order (is_owned), and which are its first (is_head): only these are at fault themselves."""
    layout = reading.layout
    source = f"{records_sql(reading, where=f' WHERE record IN (SELECT record FROM {lost})')}"
    if members:
        own_faults = ", ".join(
            f"CASE WHEN is_head THEN {p} END AS {p}" for p in ("p_time", "p_amount", "p_currency")
        )
        source = f"SELECT r.* REPLACE ({own_faults}), is_head, is_owned FROM ({source}) AS r JOIN {lost} USING (record)"
    own = ["p_time", "p_amount", "p_currency"]
    if members:
        own.append("CASE WHEN NOT is_owned THEN 'no_order' WHEN NOT is_head THEN 'order_unreadable' END")
    code = f"coalesce({', '.join(own)})"
    parts = reading.amount_parts
    column = f"""CASE WHEN p_time IS NOT NULL THEN {literal(layout.header("ordered_at"))}
        WHEN p_amount IS NOT NULL THEN {_guilty(reading, header=True)}
        WHEN p_currency IS NOT NULL THEN {literal(layout.header("currency") if layout.has("currency") else layout.header(parts[0]))} END"""
    value = f"""CASE WHEN p_time IS NOT NULL THEN {cell("ordered_at")}
        WHEN p_amount IS NOT NULL THEN {_guilty(reading, header=False)}
        WHEN p_currency IS NOT NULL THEN {reading.currency_sql} END"""
    money, currency = money_sql(reading)
    if members:
        money = f"CASE WHEN is_head THEN {money} END"
    read = f"""SELECT s.record, {code} AS code, concat_ws(',', {", ".join(own)}) AS codes, {column} AS "column",
        {value} AS value, {layout.original()} AS text, {money} AS money, {currency} AS currency
        FROM ({source}) AS s JOIN {layout.file} ON f.record = s.record"""
    broken = """SELECT record, 'broken_row', 'broken_row', NULL, NULL, text, NULL, '' FROM rejects"""
    return f"""CREATE TEMP VIEW aside_made AS SELECT record, code, codes, {reason_sql("code")} AS reason,
        "column", value, text, CAST(money AS {MONEY}) AS money, currency FROM ({read} UNION ALL {broken})"""


def _guilty(reading: Reading, *, header: bool) -> str:
    """Of the cells that make up the amount: the first that cannot be read, else the first."""
    first, *more = reading.amount_parts
    layout = reading.layout

    def shown(column: str) -> str:
        return literal(layout.header(column)) if header else cell(column)

    cases = "".join(
        f" WHEN n_{c} IS NULL AND {cell(c)} IS NOT NULL AND NOT hf_blank({cell(c)}) THEN {shown(c)}"
        for c in more
    )
    if first == "price" and more:
        cases = f" WHEN {cell('quantity')} IS NULL OR hf_blank({cell('quantity')}) THEN {shown('quantity')}{cases}"
    paid = layout.mapping.amount
    if reading.unsettled_sql and paid:
        return f"CASE WHEN {reading.unsettled_sql} AND {cell(paid)} IS NOT NULL THEN {shown(paid)} ELSE {shown(first)} END"
    return f"CASE WHEN n_{first} IS NULL THEN {shown(first)}{cases} ELSE {shown(first)} END"

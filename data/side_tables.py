"""Customers, spend and surveys: checked by the same rules, with the same ledger, as orders."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data import ledger
from data.draft import Draft, Task, frame_of, written
from data.layout import cell
from data.mapping import MappingProblem
from data.tables import DUCKDB_TYPES, TABLES, Column
from data.values import literal, name
from words import text

REQUIRED = {"customers": (), "spend": ("starts_on", "amount"), "surveys": ("answered_at", "score")}
"""What has to be mapped; customers need one of customer_id and email."""

CODES = {"time": ("no_time", "bad_time"), "date": ("no_time", "bad_time"), "money": ("no_amount", "bad_amount"),
         "number": ("no_score", "bad_score")}  # fmt: skip


def draft(task: Task) -> Draft:
    """Check a file of another table than orders. Raises MappingProblem, Undecided, FileProblem."""
    table, columns = task.mapping.table, TABLES[task.mapping.table]
    _needed(task)
    reading, layout, folder = task.reading, task.reading.layout, task.folder
    label = text("Checking every record of {file}", file=task.staged.name)
    typed = [f"{sql} AS n_{c}" for c, sql in reading.number_sql.items()]
    for c, sql in reading.time_sql.items():
        typed += [f"{sql.wall} AS w_{c}"] if sql.wall != "NULL" else []
        typed += [f"{sql.moment} AS m_{c}"] if sql.moment != "NULL" else []
    one = f"SELECT *, {', '.join(typed) or '0 AS nothing'} FROM ({layout.cells_sql()})"
    picked = ", ".join(f"{_value(task, c)} AS {name(c.name)}" for c in columns)
    marked = f"SELECT *, {_problem(task)} AS code FROM (SELECT *, {picked} FROM ({one}))"
    wanted = ", ".join(name(c.name) for c in columns)
    original = ", ".join(f"coalesce(raw.{name(h)}, '')" for h in layout.staged.header)
    target, aside, book = (literal(str(folder / f"{n}.parquet")) for n in (table, "set_aside", "ledger"))
    empty = "NULL::VARCHAR"
    statements = [
        *task.macros,
        (f"CREATE TEMP VIEW marked AS {marked}", False, label),
        (
            f"COPY (SELECT {wanted} FROM marked WHERE code IS NULL ORDER BY record) TO {target} (FORMAT parquet)",
            False,
            label,
        ),
        (
            f"""COPY (SELECT record, code, code AS codes, {ledger.reason_sql("code")} AS reason, {empty} AS "column", {empty} AS value,
            left(concat_ws(',', {original}), 10000) AS text, NULL::DECIMAL(18,4) AS money, '' AS currency
            FROM marked JOIN raw USING (record) WHERE code IS NOT NULL
            UNION ALL SELECT record, 'broken_row', 'broken_row', {literal(ledger.reason("broken_row"))}, NULL, NULL, text, NULL, ''
            FROM rejects ORDER BY record) TO {aside} (FORMAT parquet)""",
            False,
            label,
        ),
        (
            f"COPY ({ledger.statement(f'read_parquet({target})', f'read_parquet({aside})', money='', records='', flags=False)}) "
            f"TO {book} (FORMAT parquet)",
            False,
            "",
        ),
        (f"FROM read_parquet({book})", True, ""),
        (_facts_sql(table, target), True, ""),
    ]
    *_, rows, ((people, first, last, newest),) = [
        answer for answer in task.ask(statements) if answer is not None
    ]
    return written(
        task,
        frame_of(rows),
        orders=0,
        customers=people,
        first_day=first,
        last_day=last,
        newest=newest,
        currency=task.mapping.currency or "",
        splits=[],
        numbered=True,
    )


def with_orders(folder: Path) -> None:
    """Give a draft without orders an empty table of them, so that what is kept can be opened as a shop."""
    target = folder / "orders.parquet"
    if not target.exists():
        columns = ", ".join(f"NULL::{DUCKDB_TYPES[c.kind]} AS {name(c.name)}" for c in TABLES["orders"])
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT {columns} WHERE false) TO {literal(str(target))} (FORMAT parquet)"
            )


def _needed(task: Task) -> None:
    columns = task.mapping.columns
    lacking = [c for c in REQUIRED[task.mapping.table] if not columns.get(c)]
    if task.mapping.table == "customers" and not (columns.get("customer_id") or columns.get("email")):
        lacking.append("customer_id")
    if lacking:
        raise MappingProblem(
            text(
                "In {file} no column was found for {lacking}. Its columns are {columns}. Choose in the mapping which of them it is.",
                file=task.staged.name,
                lacking=", ".join(lacking),
                columns=", ".join(task.staged.header[:20]),
            )
        )


def _value(task: Task, column: Column) -> str:
    """SQL of a finished column over the typed cells."""
    reading, layout, kind = task.reading, task.reading.layout, DUCKDB_TYPES[column.kind]
    if column.name == "customer":
        known = [_text("customer_id"), f"lower({_text('email')})"]
        have = [sql for c, sql in zip(("customer_id", "email"), known, strict=True) if layout.has(c)]
        return f"coalesce({', '.join(have)})" if have else "NULL::VARCHAR"
    if not layout.has(column.name):
        if column.name == "ends_on":
            return f"CAST({reading.local('starts_on')} AS DATE)"
        usual = {"kind": {"spend": "media", "surveys": "NPS"}, "scale": {"surveys": "0-10"}}
        said = usual.get(column.name, {}).get(task.mapping.table)
        return literal(said) if said else f"NULL::{kind}"
    if column.kind == "time":
        return f"CAST({reading.utc(column.name)} AS {kind})"
    if column.kind == "date":
        return f"CAST({reading.local(column.name)} AS {kind})"
    if column.kind in ("money", "number"):
        return f"CAST(n_{column.name} AS {kind})"
    return f"lower({_text('email')})" if column.name == "email" else _text(column.name)


def _text(column: str) -> str:
    return f"nullif(trim({cell(column)}), '')"


def _problem(task: Task) -> str:
    """SQL of the code by which a record is set aside, NULL where it is accepted."""
    cases = []
    for column in TABLES[task.mapping.table]:
        if column.name == "customer" and column.required:
            cases.append("WHEN customer IS NULL THEN 'no_customer'")
        elif column.name in REQUIRED[task.mapping.table]:
            blank, bad = CODES[column.kind]
            at = cell(column.name)
            cases.append(
                f"WHEN {name(column.name)} IS NULL THEN CASE WHEN {at} IS NULL OR hf_blank({at}) THEN '{blank}' ELSE '{bad}' END"
            )
    return f"CASE {' '.join(cases)} END" if cases else "NULL"


def _facts_sql(table: str, target: str) -> str:
    """(customers, first day, last day, newest moment) of a table."""
    time = {"customers": "created_at", "spend": "ends_on", "surveys": "answered_at"}[table]
    people = "count(DISTINCT customer)" if table != "spend" else "0"
    return f"""SELECT {people}, CAST(min({time}) AS DATE), CAST(max({time}) AS DATE),
        strftime(CAST(max({time}) AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%f') FROM read_parquet({target})"""

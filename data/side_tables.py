"""Customers, spend and surveys: checked by the same rules, with the same ledger, as orders."""

from __future__ import annotations

from pathlib import Path

import duckdb

from data import answers, ledger
from data.draft import Draft, Task, balance, frame_of, written
from data.layout import cell
from data.mapping import MappingProblem
from data.reading import Reading, problems
from data.records import money_sql, text_sql, typed_sql
from data.tables import DUCKDB_TYPES, TABLES, Column
from data.values import literal, name
from words import text

TIME = {"customers": None, "spend": "starts_on", "surveys": "answered_at"}
"""The column whose time has to be readable."""

NEEDED = {"customers": (), "spend": ("starts_on", "amount"), "surveys": ("answered_at", "score")}
"""What has to be mapped; customers need one of customer_id and email."""

KINDS = ("time", "amount", "currency", "customer")
"""What can be wrong with a record, in the order of the ledger's codes."""

MONTHS = ("month", "monat", "mes", "mois", "mese", "месяц", "місяць")
WEEKS = ("week", "woche", "semana", "semaine", "settimana", "неделя", "тиждень")
"""Headers of a first day that stands for a longer period where no last day is given."""


def draft(task: Task) -> Draft:
    """Check a file of another table than orders. Raises MappingProblem, Undecided, FileProblem; Unbalanced is ours."""
    _needed(task)
    table, folder, reading = task.mapping.table, task.folder, task.reading
    label = text("Checking every record of {file}", file=task.staged.name)
    target, aside, book = (literal(str(folder / f"{n}.parquet")) for n in (table, "set_aside", "ledger"))
    has_money = table == "spend"
    wanted = ", ".join(name(c.name) for c in TABLES[table])
    surveys = table == "surveys"
    made = ledger.statement(
        f"read_parquet({target})",
        f"read_parquet({aside})",
        money="amount" if has_money else "",
        records="",
        flags=False,
    )
    money, currency = money_sql(reading) if has_money else ("NULL", "''")
    everything = (
        f"SELECT {currency} AS currency, {money} AS money FROM marked UNION ALL SELECT '', NULL FROM rejects"
    )
    made_of = answers.statements(task) if surveys else [f"CREATE TEMP VIEW marked AS {_marked(task)}"]
    statements = [
        *task.macros,
        *((sql, False, label) for sql in made_of),
        (
            f"COPY (SELECT {wanted} FROM marked WHERE code IS NULL ORDER BY record{', place' if surveys else ''}) TO {target} (FORMAT parquet)",
            False,
            label,
        ),
        (f"COPY ({_aside(reading, money, currency)}) TO {aside} (FORMAT parquet)", False, label),
        (f"COPY ({made}) TO {book} (FORMAT parquet)", False, ""),
        (f"FROM read_parquet({book})", True, ""),
        (f"SELECT currency, count(*), sum(money)::DECIMAL(38,4) FROM ({everything}) GROUP BY 1", True, ""),
        (_facts_sql(table, target), True, ""),
        (answers.count_sql(task) if surveys else f"SELECT {task.staged.records}", True, ""),
    ]
    *_, rows, came, ((people, first, last, newest),), ((records,),) = [
        answer for answer in task.ask(statements) if answer is not None
    ]
    frame = frame_of(rows)
    balance(frame, came, records)
    return written(
        task,
        frame,
        rows_in=records,
        orders=0,
        customers=people,
        first_day=first,
        last_day=last,
        newest=newest,
        currency=reading.currency if has_money else "",
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
    said = {
        "starts_on": text("the first day of the period"),
        "amount": text("the amount"),
        "answered_at": text("when it was answered"),
        "score": text("a question with a score"),
    }
    asked = {"score"} if task.mapping.questions else set()
    lacking = [said[c] for c in NEEDED[task.mapping.table] if not (columns.get(c) or c in asked)]
    if task.mapping.table == "customers" and not (columns.get("customer_id") or columns.get("email")):
        lacking.append(text("who the customer is (a customer number or an e-mail)"))
    if task.mapping.table == "surveys":
        answers.check(task)
    if lacking:
        raise MappingProblem(
            text(
                "In {file} no column was found for {lacking}. Its columns are {columns}. Choose in the mapping which of them it is.",
                file=task.staged.name,
                lacking="; ".join(lacking),
                columns=", ".join(task.staged.header[:20]),
            )
        )


def _marked(task: Task) -> str:
    """SELECT of every record: its cells, the columns of its table, p_* and `code`, by which it is set aside."""
    reading, table = task.reading, task.mapping.table
    time, has_money = TIME[table], table == "spend"
    more = [f"{_value(task, c)} AS {name(c.name)}" for c in TABLES[table]]
    more.append(f"{reading.utc(time)} AS utc" if time else "NULL::TIMESTAMP AS utc")
    if has_money:
        more.append(f"{reading.net_sql} AS net")
        more += [f"{reading.rate_sql} AS rate"] if reading.rate_sql else []
    found = problems(reading, time, money=has_money) if time else {}
    if table == "customers":
        # The last record of a customer is the newest; two rows of one would double whatever is joined to them.
        later = "row_number() OVER (PARTITION BY customer ORDER BY record DESC) > 1"
        found["customer"] = f"CASE WHEN customer IS NULL THEN 'nobody' WHEN {later} THEN 'repeated' END"
    checks = ", ".join(f"{found.get(k, 'NULL::VARCHAR')} AS p_{k}" for k in KINDS)
    codes = ", ".join(f"p_{k}" for k in KINDS)
    done = f"SELECT *, {checks} FROM (SELECT *, {', '.join(more)} FROM ({typed_sql(reading)}))"
    return f"SELECT *, coalesce({codes}) AS code, concat_ws(',', {codes}) AS codes FROM ({done})"


def _aside(reading: Reading, money: str, currency: str) -> str:
    """The records set aside, with the columns of `checks.ASIDE`; broken rows among them."""
    layout = reading.layout
    table = layout.mapping.table
    guilty = {
        "time": TIME[table],
        "amount": "amount",
        "currency": "currency",
        "customer": "customer_id" if layout.has("customer_id") else "email",
    }
    known = {kind: column for kind, column in guilty.items() if column and layout.has(column)}

    def of(values: dict[str, str]) -> str:
        cases = " ".join(f"WHEN p_{k} IS NOT NULL THEN {v}" for k, v in values.items())
        return f"CASE {cases} END"

    headers = {kind: literal(layout.header(c)) for kind, c in known.items()}
    values = {kind: cell(c) for kind, c in known.items()}
    if table == "surveys":
        headers = {"time": headers["time"], "score": "header"}
        values = {"time": values["time"], "score": "said"}
    column, value = of(headers), of(values)
    read = f"""SELECT m.record, code, codes, {column} AS "column", {value} AS value, {layout.original()} AS text,
        {money} AS money, {currency} AS currency
        FROM (SELECT * FROM marked WHERE code IS NOT NULL) AS m JOIN {layout.file} ON f.record = m.record"""
    broken = "SELECT record, 'broken_row', 'broken_row', NULL, NULL, text, NULL, '' FROM rejects"
    return f"""SELECT record, code, codes, {ledger.reason_sql("code")} AS reason, "column", value, text,
        CAST(money AS DECIMAL(18,4)) AS money, currency FROM ({read} UNION ALL {broken}) ORDER BY record, "column" """


def _value(task: Task, column: Column) -> str:
    """SQL of a finished column over the typed cells."""
    reading, layout, kind = task.reading, task.reading.layout, DUCKDB_TYPES[column.kind]
    table = task.mapping.table
    if column.name == "customer":
        known = [c for c in ("customer_id", "email") if layout.has(c)]
        return f"coalesce({', '.join(_words(reading, c) for c in known)})" if known else "NULL::VARCHAR"
    if column.name == "currency" and table == "spend":
        return f"nullif({literal(reading.currency)}, '')"
    if column.name == "ends_on":
        return _last_day(reading)
    if not layout.has(column.name):
        return literal("media") if (table, column.name) == ("spend", "kind") else f"NULL::{kind}"
    if column.kind == "time":
        return f"CAST({reading.utc(column.name)} AS {kind})"
    if column.kind == "date":
        return f"CAST({reading.local(column.name)} AS {kind})"
    if column.kind in ("money", "number"):
        rated = column.kind == "money" and reading.rate_sql
        return f"try_cast(n_{column.name}{f' * {reading.rate_sql}' if rated else ''} AS {kind})"
    return _words(reading, column.name)


def _last_day(reading: Reading) -> str:
    """A period without its last day lasts as long as the header of its first says: a month, a week, a day."""
    first = f"CAST({reading.local('starts_on')} AS DATE)"
    header = reading.layout.header("starts_on").strip().casefold()
    last = f"last_day({first})" if header in MONTHS else f"{first} + 6" if header in WEEKS else first
    if not reading.layout.has("ends_on"):
        return last
    return f"coalesce(CAST({reading.local('ends_on')} AS DATE), {last})"


def _words(reading: Reading, column: str) -> str:
    written = text_sql(reading, column)
    return f"lower({written})" if column == "email" else written


def _facts_sql(table: str, target: str) -> str:
    """(customers, first day, last day, newest moment) of a table."""
    time = {"customers": "created_at", "spend": "ends_on", "surveys": "answered_at"}[table]
    people = "count(DISTINCT customer)" if table != "spend" else "0"
    return f"""SELECT {people}, CAST(min({time}) AS DATE), CAST(max({time}) AS DATE),
        strftime(CAST(max({time}) AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%f') FROM read_parquet({target})"""

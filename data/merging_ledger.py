"""The ledger of a data set that grew: those of all its files, and what became of what each of them brought.

For every file, in records and in money: accepted = in the data set + replaced. Records a file had accepted stand in
the data set, or a newer version of their order counts instead (whichever file came first), or another file was put in
their place. What stands is counted in the tables that were written, what was replaced while merging; neither from the
other. Merged rows count orders, and say what each file's arrival changed.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from pathlib import Path

import pyarrow.parquet as pq

from data import ledger, matching
from data import merging_sql as sql
from data.connections import quoted
from data.ledger import ACCEPTED, FLAGGED, MERGED, REPLACED, SET_ASIDE, STANDING, Unbalanced
from shop import Flag
from words import text

CODES = ("added", "changed", "gone", "unchanged", "replaced")
"""What a merge made of a file's orders."""

_MONEY = "CAST(sum(money) AS DECIMAL(38,4))"


class OldLedger(ValueError):
    """A data set that grew before ledgers added up: its ledger is its last file's."""


def check(path: Path, sources: int) -> None:
    """Raises OldLedger where the ledger in `path` does not speak of all its files."""
    if sources > 1 and "source" not in pq.read_schema(path).names:
        raise OldLedger(
            text(
                "This data set was put together by an earlier Holdfast, which kept only the ledger of the last file. "
                "Send its files again, all together, as a new data set."
            )
        )


def set_aside(old: Path | None, new: Path | None, place: int, out: Path) -> list[sql.Statement]:
    """The records that all files had set aside, those of the file that comes in under its `place`."""
    parts = [f"SELECT * FROM ({_sourced(old)})"] if old else []
    parts += [f"SELECT *, {place}::INTEGER AS source FROM {sql.file(new)}"] if new else []
    return [sql.copy(" UNION ALL BY NAME ".join(parts), out)] if parts else []


def standing(table: str, path: Path, lone: int | None, orders: Path | None = None) -> sql.Statement:
    """Count what stands in a table as it was written, by the source of each row; answers that belong to none of
    `orders` apart."""
    money, currency = sql.MONEY.get(table, "NULL"), "coalesce(p.currency, '')" if table in sql.MONEY else "''"
    records, flags = ("sum(p.records)", "p.flags") if table == "orders" else ("count(*)", "0")
    if table == "surveys" and orders is not None:
        flags = f"CASE WHEN {matching.matched_sql(sql.file(orders))} THEN 0 ELSE {matching.UNMATCHED} END"
    source, versions = f"{lone}", ""
    if lone is None:
        source, versions = "v.source", f"JOIN kept_versions v ON v.tbl = {quoted(table)} AND v.key = p.key"
    return sql.say(
        f"""INSERT INTO standing SELECT {quoted(table)}, {source}, {flags}, {records}, sum({money}), {currency}
        FROM {sql.rows(table, path)} p {versions} GROUP BY ALL"""
    )


def write(old: Path, new: Path, place: int, told: AnyMapping[int, str], out: Path) -> list[sql.Statement]:
    """Write the ledger; the last statement asks for whatever does not balance.

    `told` is the table that each source's ledger speaks of: its orders, where it has any.
    """
    reasons = " ".join(f"WHEN {quoted(code)} THEN {quoted(reason(code))}" for code in CODES)
    tables = ", ".join(f"({source}, {quoted(table)})" for source, table in told.items())
    spoken = f"JOIN (VALUES {tables}) AS t (source, tbl) USING (source, tbl)"
    books = f"""
        SELECT disposition, code, reason, rows, money, currency, source FROM ({_sourced(old)})
        WHERE disposition IN ({", ".join(map(quoted, (ACCEPTED, SET_ASIDE, REPLACED, MERGED)))})
        UNION ALL SELECT disposition, code, reason, rows, money, currency, {place} FROM {sql.file(new)}
        WHERE disposition IN ({quoted(ACCEPTED)}, {quoted(SET_ASIDE)})
        UNION ALL SELECT {quoted(MERGED)}, code, CASE code {reasons} END, rows, money, currency, {place}
        FROM counted WHERE tbl = {quoted(told[place])} AND rows > 0
        UNION ALL SELECT {quoted(STANDING)}, 'stands', {quoted(ledger.reason("stands"))}, rows, money, currency, source
        FROM standing {spoken}
        UNION ALL SELECT {quoted(REPLACED)}, code, {ledger.reason_sql("code", ledger.REPLACED_CODES)}, rows, money,
        currency, source FROM replaced {spoken}"""
    marks = {int(flag): ledger.flag_code(flag) for flag in Flag} | {matching.UNMATCHED: "unmatched"}
    for bit, code in marks.items():
        books += f""" UNION ALL SELECT {quoted(FLAGGED)}, {quoted(code)}, {quoted(ledger.reason(code))}, rows, money,
            currency, source FROM standing {spoken} WHERE flags & {bit} > 0"""
    places = " ".join(f"WHEN {quoted(d)} THEN {n}" for n, d in enumerate(ledger.DISPOSITIONS))
    return [
        sql.copy(
            f"""SELECT disposition, code, any_value(reason) AS reason, CAST(sum(rows) AS BIGINT) AS rows,
            {_MONEY} AS money, currency, CAST(source AS INTEGER) AS source FROM ({books})
            GROUP BY disposition, code, currency, source
            ORDER BY CASE disposition {places} END, code, source, currency""",
            out,
        ),
        sql.ask(
            f"""SELECT source, currency, sum(sign * rows), sum(sign * money)::VARCHAR FROM (
            SELECT *, CASE disposition WHEN {quoted(ACCEPTED)} THEN 1 ELSE -1 END AS sign FROM {sql.file(out)}
            WHERE disposition IN ({quoted(ACCEPTED)}, {quoted(STANDING)}, {quoted(REPLACED)}))
            GROUP BY source, currency HAVING sum(sign * rows) <> 0 OR sum(sign * money) <> 0"""
        ),
    ]


def balanced(wrong: list[tuple[int, str, int, str | None]]) -> None:
    """Raises Unbalanced, a fault of ours, where what a file had accepted did not end somewhere."""
    if wrong:
        source, currency, rows, money = wrong[0]
        raise Unbalanced(f"{rows} records, {money} {currency} that file {source} had accepted ended nowhere")


def reason(code: str) -> str:
    """A code of the ledger's "merged" rows in the reader's words."""
    return {
        "added": text("Not there before this file."),
        "changed": text("There before; this file holds a newer version, such as a late refund."),
        "gone": ledger.reason("gone"),
        "unchanged": text("There before, and this file says nothing newer."),
        "replaced": text("There before this file took its place."),
    }[code]


def _sourced(path: Path) -> str:
    """A file of a snapshot with the source of every row; a snapshot of one file does not say it."""
    mine = "" if "source" in pq.read_schema(path).names else ", 0::INTEGER AS source"
    return f"SELECT *{mine} FROM {sql.file(path)}"

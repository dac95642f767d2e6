"""Small drafts, as an import would leave them, for the tests of what happens to drafts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import ingest, reader
from data.ingest import Draft
from data.mapping import Mapping
from data.opening import Staged
from data.tables import DUCKDB_TYPES, TABLES

LEDGER = (
    "disposition VARCHAR, code VARCHAR, reason VARCHAR, rows BIGINT, money DECIMAL(18,4), currency VARCHAR"
)

SUMMED = ("orders", "spend")


def write_table(path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """Parquet with the columns of `data/tables.py`, then whatever `extra_` columns the rows have."""
    extras = sorted({name for row in rows for name in row if name.startswith("extra_")})
    columns = [(c.name, DUCKDB_TYPES[c.kind]) for c in TABLES[table]] + [(name, "VARCHAR") for name in extras]
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (" + ", ".join(f'"{name}" {kind}' for name, kind in columns) + ")")
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            con.execute(f"INSERT INTO t VALUES ({marks})", [row.get(name) for name, _ in columns])
        order = " ORDER BY customer, ordered_at" if table == "orders" else ""
        con.execute(f"COPY (FROM t{order}) TO '{path}' (FORMAT parquet)")


def write_ledger(
    folder: Path, tables: dict[str, list[dict[str, Any]]], aside: Sequence[tuple[str, str | None]]
) -> int:
    """The ledger and set_aside of a draft in pounds; how many records were accepted."""
    told = next((table for table in TABLES if tables.get(table)), "orders")
    rows = tables.get(told, [])
    amounts = (
        [Decimal(row["net" if told == "orders" else "amount"]) for row in rows] if told in SUMMED else []
    )
    accepted = sum(row.get("records", 1) for row in rows)
    lines = [("accepted", "", accepted, sum(amounts) if told in SUMMED else None)]
    lines += [("set aside", code, 1, money) for code, money in aside]
    currency = "GBP" if told in SUMMED else ""
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE ledger ({LEDGER})")
        for disposition, code, n, money in lines:
            con.execute(
                "INSERT INTO ledger VALUES (?, ?, '', ?, ?, ?)", [disposition, code, n, money, currency]
            )
        con.execute(f"COPY ledger TO '{folder}/ledger.parquet' (FORMAT parquet)")
        if aside:
            con.execute(
                "CREATE TABLE lost (record BIGINT, code VARCHAR, money DECIMAL(18,4), currency VARCHAR)"
            )
            for n, (code, money) in enumerate(aside):
                con.execute("INSERT INTO lost VALUES (?, ?, ?, 'GBP')", [n, code, money])
            con.execute(f"COPY lost TO '{folder}/set_aside.parquet' (FORMAT parquet)")
    return accepted


def order(order_id: str, customer: str | None, when: str, net: str, **more: Any) -> dict[str, Any]:
    """One order in pounds; `when` is an ISO time, taken as UTC and as local."""
    at = dt.datetime.fromisoformat(when)
    return {
        "order_id": order_id,
        "customer": customer,
        "customer_id": customer,
        "ordered_at": at,
        "ordered_on": at.date(),
        "currency": "GBP",
        "gross": net,
        "net": net,
        "flags": 0,
        "records": 1,
        **more,
    }


@pytest.fixture
def make_order() -> Callable[..., dict[str, Any]]:
    return order


@pytest.fixture
def make_draft(tmp_path: Path) -> Callable[..., Path]:
    """A function (name, orders=[...], customers=[...], ..., newest="2024-01-31", **facts) -> draft folder.

    `aside` are the records set aside: (code, money or None)."""

    def made(
        name: str,
        *,
        newest: str | None = None,
        source: str | None = None,
        aside: Sequence[tuple[str, str | None]] = (),
        **given: Any,
    ) -> Path:
        folder = tmp_path / "drafts" / name
        folder.mkdir(parents=True)
        tables = {table: given.pop(table) for table in TABLES if table in given}
        for table, rows in tables.items():
            write_table(folder / f"{table}.parquet", table, rows)
        orders = tables.get("orders", [])
        accepted = write_ledger(folder, tables, aside)
        days = [row["ordered_on"].isoformat() for row in orders]
        facts = {
            "name": name,
            "source": {
                "name": f"{name}.csv",
                "sha256": hashlib.sha256((source or name).encode()).hexdigest(),
                "bytes": 1,
            },
            "mapping": {"format": "test"},
            "format": "test",
            "zone": "UTC",
            "currency": "GBP",
            "rows_in": accepted + len(aside),
            "rows_accepted": accepted,
            "rows_set_aside": len(aside),
            "orders": len(orders),
            "customers": len({row["customer"] for row in orders if row["customer"]}),
            "first_day": min(days, default=None),
            "last_day": max(days, default=None),
            "newest": newest or max((row["ordered_at"].isoformat() for row in orders), default=None),
            "splits": [],
            "numbered": True,
            **given,
        }
        (folder / "draft.json").write_text(json.dumps(facts))
        return folder

    return made


class Road:
    """Staging and checking in this process: for tests whose subject is not the child that does both."""

    def stage(self, path: Path, folder: Path, **how: Any) -> Staged:
        folder.mkdir(parents=True, exist_ok=True)
        said = reader.stage({"path": str(path), "folder": str(folder), **how})
        chosen = said.pop("member", "")
        return Staged(folder=folder, name=path.name, chosen=chosen, **{**said, "warnings": []})

    def run(self, folder: Path, statements: Any, *, also: Any = (), **_: Any) -> Any:
        asked = [list(statement) for statement in statements]
        return reader.run({"folder": str(folder), "also": [str(a) for a in also], "statements": asked})[
            "results"
        ]

    def check(self, path: Path, folder: Path, mapping: Mapping | None = None, **how: Any) -> Draft:
        """The draft of a file, guessed where no mapping is given, in `folder`/draft."""
        staged = self.stage(path, folder / "staged")
        return ingest.check(staged, mapping or ingest.guess(staged), folder / "draft", run=self.run, **how)


@pytest.fixture(scope="session")
def road() -> Road:
    return Road()

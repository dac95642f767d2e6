"""Small shops for tests, written by hand or read from the public CDNOW file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd

from data.tables import DUCKDB_TYPES, ORDERS
from shop import Flag, Shop

Row = Mapping[str, Any]


def order(customer: str | None, on: str, net: float = 10.0, **more: Any) -> dict[str, Any]:
    """One row of `orders`; what is not given follows from the rest or is empty."""
    flags = more.pop("flags", Flag(0)) | (Flag.NO_CUSTOMER if customer is None else Flag(0))
    day = dt.date.fromisoformat(on)
    row = {"customer": customer, "customer_id": customer, "ordered_on": day, "net": net}
    row |= {"gross": net, "records": 1, "flags": int(flags), "currency": "USD", "refunded": 0.0}
    row["ordered_at"] = dt.datetime.combine(day, dt.time(12))
    return row | more


def shop_of(rows: Iterable[Row], name: str = "by hand", splits: tuple[tuple[str, str], ...] = ()) -> Shop:
    """A shop of these orders, with every column of `data/tables.py` in its own type, and `extra_` columns."""
    rows = list(rows)
    frame = pd.DataFrame(rows)
    frame["order_id"] = [row.get("order_id", f"o{i}") for i, row in enumerate(rows)]
    extra = [column for column, _ in splits]
    for column in (*(c.name for c in ORDERS), *extra):
        if column not in frame:
            frame[column] = None
    cast = ", ".join(f'"{c.name}"::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in ORDERS)
    cast += "".join(f', "{column}"::VARCHAR AS "{column}"' for column in extra)
    connection = duckdb.connect()
    connection.register("frame", frame.astype(object).where(frame.notna(), None))
    connection.execute(f"CREATE TABLE orders AS SELECT {cast} FROM frame")
    orders = ibis.duckdb.from_connection(connection).table("orders")
    return Shop(f"test:{name}", name, orders, currency="USD", splits=splits)


def _read(
    query: str, known: Mapping[str, str], name: str, zone: str, currency: str, *parameters: str
) -> Shop:
    """A shop of `query`, whose columns are put into those of `orders` by the SQL in `known`."""
    connection = duckdb.connect()
    cast = ", ".join(f'({known.get(c.name, "NULL")})::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in ORDERS)
    connection.execute(f"CREATE TABLE orders AS SELECT {cast} FROM ({query})", list(parameters))
    orders = ibis.duckdb.from_connection(connection).table("orders")
    return Shop(f"test:{name}", name, orders, currency=currency, zone=zone)


def cdnow(file: Path) -> Shop:
    """The public CDNOW orders (Fader and Hardie), master or sample, straight from their CSV."""
    known = {
        "order_id": "row_number() OVER ()",
        "customer": "customer_id",
        "customer_id": "customer_id",
        "ordered_at": "date",
        "ordered_on": "date",
        "currency": "'USD'",
        "gross": "value",
        "net": "value",
        "refunded": "0",
        "items": "quantity",
        "flags": f"CASE WHEN value::DOUBLE = 0 THEN {int(Flag.ZERO_VALUE)} ELSE 0 END",
        "records": "1",
    }
    rows = "SELECT * FROM read_csv(?, all_varchar=true)"
    return _read(rows, known, "CDNOW", "America/New_York", "USD", str(file))


def online_retail(file: Path) -> Shop:
    """UCI Online Retail: one row an invoice; those that begin with C are credit notes."""
    known = {
        "order_id": "InvoiceNo",
        "customer": "customer",
        "customer_id": "customer",
        "ordered_at": "moment",
        "ordered_on": "moment",
        "currency": "'GBP'",
        "gross": "amount",
        "net": "amount",
        "flags": f"CASE WHEN InvoiceNo LIKE 'C%' THEN {int(Flag.CANCELLED)} ELSE 0 END"
        f" + CASE WHEN customer IS NULL THEN {int(Flag.NO_CUSTOMER)} ELSE 0 END",
        "records": "n",
    }
    rows = (
        "SELECT InvoiceNo, min(InvoiceDate) AS moment, sum(Quantity * UnitPrice::DECIMAL(12,3)) AS amount,"
        " min(CustomerID) AS customer, count(*) AS n FROM read_parquet(?) GROUP BY InvoiceNo"
    )
    return _read(rows, known, "Online Retail", "Europe/London", "GBP", str(file))


def of_events(customer: Any, day: Any, amount: Any, first: str = "2022-01-01") -> Shop:
    """Simulated purchases as a shop: arrays of one length, days counted from `first`; customers become c0000000 and so on."""
    events = pd.DataFrame({"c": customer, "d": day, "a": amount})
    connection = duckdb.connect()
    connection.register("events", events)
    known = {
        "order_id": "row_number() OVER ()",
        "customer": "printf('c%07d', c)",
        "customer_id": "printf('c%07d', c)",
        "ordered_at": f"DATE '{first}' + d::INT",
        "ordered_on": f"DATE '{first}' + d::INT",
        "currency": "'USD'",
        "gross": "a",
        "net": "a",
        "refunded": "0",
        "flags": "0",
        "records": "1",
    }
    cast = ", ".join(f'({known.get(c.name, "NULL")})::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in ORDERS)
    connection.execute(f"CREATE TABLE orders AS SELECT {cast} FROM events")
    orders = ibis.duckdb.from_connection(connection).table("orders")
    return Shop("test:events", "simulated", orders, currency="USD")

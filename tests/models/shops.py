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
    row = {"customer": customer, "customer_id": customer, "ordered_on": dt.date.fromisoformat(on), "net": net}
    row |= {"gross": net, "records": 1, "flags": int(flags), "currency": "USD", "refunded": 0.0}
    row["ordered_at"] = dt.datetime.combine(row["ordered_on"], dt.time(12))
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


def cdnow(file: Path) -> Shop:
    """The public CDNOW orders (Fader and Hardie), master or sample, straight from their CSV."""
    connection = duckdb.connect()
    known = {
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
    cast = ", ".join(f'({known.get(c.name, "NULL")})::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in ORDERS)
    connection.execute(
        f"CREATE TABLE orders AS SELECT {cast} FROM read_csv(?, all_varchar=true)", [str(file)]
    )
    orders = ibis.duckdb.from_connection(connection).table("orders")
    return Shop("test:cdnow", "CDNOW", orders, currency="USD", zone="America/New_York")

"""The tables and all their columns: the one place that says what an order is.

All columns exist in every snapshot from the first day; most may be empty. A column's `kind` decides its type
in the snapshot's Parquet file (`DUCKDB_TYPES`). Only columns with `required` must hold a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "time", "date", "money", "number", "integer", "flags"]

SCHEMA_VERSION = 2
"""Part of every fingerprint: a change of the tables makes new snapshots, it never reinterprets old ones. Since 2 the
ledger of a data set that grew is that of all its files."""

DUCKDB_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "date": "DATE",
    "money": "DECIMAL(18,4)",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "flags": "INTEGER",
}


@dataclass(frozen=True)
class Column:
    """`name` in the snapshot, its `kind`, and what it means."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


ORDERS = (
    Column("order_id", "text", "the shop's own order number; made from the record where the file has none"),
    Column("customer", "text", "the key under the default identity rule: customer id, else e-mail"),
    Column("customer_id", "text", "the customer's number as the file gives it"),
    Column("email", "text", "the e-mail, trimmed and in lower case"),
    Column("name", "text", "the customer's name"),
    Column("ordered_at", "time", "when it was ordered, UTC", required=True),
    Column("ordered_on", "date", "the day it was ordered in the shop's time zone", required=True),
    Column("currency", "text", "ISO 4217 code of the amounts"),
    Column("gross", "money", "the goods before discounts", required=True),
    Column("discount", "money", "taken off the goods, as a positive amount"),
    Column("discount_code", "text", "the code or codes used"),
    Column("shipping", "money", "charged for shipping"),
    Column("tax", "money", "tax within or on top of the goods"),
    Column("refunded", "money", "paid back, as a positive amount"),
    Column("refunded_at", "time", "when it was paid back, UTC"),
    Column("net", "money", "the goods after discounts; refunds are not subtracted here", required=True),
    Column("channel", "text", "where the order came from"),
    Column("country", "text", "where it went, or where the customer lives"),
    Column("status", "text", "the export's own word, in lower case"),
    Column("promised_at", "time", "when delivery was promised, UTC"),
    Column("delivered_at", "time", "when it was delivered, UTC"),
    Column("first_product", "text", "the product on the order's first line"),
    Column("items", "number", "how many pieces"),
    Column("flags", "flags", "bits of shop.Flag", required=True),
    Column("records", "integer", "how many records of the file make up this order", required=True),
)
"""One row an order, sorted by customer and time. Columns nobody mapped follow as `extra_<name>`, text."""

ORDER_LINES = (
    Column("order_id", "text", "the order it belongs to", required=True),
    Column("line", "integer", "its place in the order, from 1", required=True),
    Column("product", "text", "the product's name, or its code"),
    Column("sku", "text", "the product's code"),
    Column("category", "text", "the product's category"),
    Column("quantity", "number", "how many pieces; negative where they came back"),
    Column("price", "money", "of one piece"),
)

CUSTOMERS = (
    Column("customer", "text", "the key under the default identity rule", required=True),
    Column("customer_id", "text", "the customer's number as the file gives it"),
    Column("email", "text", "the e-mail, trimmed and in lower case"),
    Column("name", "text", "the customer's name"),
    Column("consent", "text", "whether marketing by e-mail was accepted"),
    Column("first_channel", "text", "where the customer came from"),
    Column("country", "text", "where the customer lives"),
    Column("born_on", "date", "date of birth"),
    Column("tags", "text", "the shop's own tags"),
    Column("created_at", "time", "when the account was made, UTC"),
)

SPEND = (
    Column("starts_on", "date", "first day of the period", required=True),
    Column("ends_on", "date", "last day of the period", required=True),
    Column("channel", "text", "where it was spent"),
    Column("campaign", "text", "the campaign"),
    Column("amount", "money", "what was spent", required=True),
    Column("currency", "text", "ISO 4217 code of the amount"),
    Column("kind", "text", "media, salaries, agency, tools, discounts, loyalty or service"),
)

SURVEYS = (
    Column("answered_at", "time", "when it was answered, UTC", required=True),
    Column("customer", "text", "the key under the default identity rule"),
    Column("order_id", "text", "the order it is about"),
    Column("kind", "text", "NPS, CSAT or CES", required=True),
    Column("question", "text", "the question's wording"),
    Column("score", "number", "the answer on its own scale", required=True),
    Column("scale", "text", "lowest and highest possible score, such as 0-10", required=True),
    Column("comment", "text", "what was written"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "orders": ORDERS,
    "order_lines": ORDER_LINES,
    "customers": CUSTOMERS,
    "spend": SPEND,
    "surveys": SURVEYS,
}

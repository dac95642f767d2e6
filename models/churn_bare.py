"""A bare table of orders as a shop: what programs hand over that have no data set."""

from __future__ import annotations

import hashlib

import ibis
import ibis.expr.types as ir

from shop import Shop
from words import listing, text

REQUIRED = ("customer", "ordered_on", "net")
OPTIONAL = {
    "order_id": "string",
    "customer_id": "string",
    "email": "string",
    "name": "string",
    "ordered_at": "timestamp",
    "gross": "decimal(18,4)",
    "discount": "decimal(18,4)",
    "discount_code": "string",
    "refunded": "decimal(18,4)",
    "refunded_at": "timestamp",
    "channel": "string",
    "country": "string",
    "promised_at": "timestamp",
    "delivered_at": "timestamp",
    "first_product": "string",
    "items": "float64",
    "flags": "int32",
}


def wrap(orders: ir.Table) -> Shop:
    """`orders` with the columns of `data/tables.py`; of those only REQUIRED must be there (`ordered_on` may follow from
    `ordered_at`). Raises ValueError with a sentence that names what is missing."""
    if "ordered_on" not in orders.columns and "ordered_at" in orders.columns:
        orders = orders.mutate(ordered_on=orders.ordered_at.date())
    missing = [name for name in REQUIRED if name not in orders.columns]
    if missing:
        raise ValueError(
            text(
                "The orders lack {missing}. Needed are {needed}; found are {found}.",
                missing=listing(missing),
                needed=listing(REQUIRED),
                found=listing(orders.columns) or text("no columns at all"),
            )
        )
    made: dict[str, ir.Value] = {}
    for name, kind in OPTIONAL.items():
        if name not in orders.columns:
            made[name] = ibis.null(kind)
    if "gross" in made:
        made["gross"] = orders.net
    if "flags" in made:
        made["flags"] = ibis.literal(0, "int32")
    if "ordered_at" in made:
        made["ordered_at"] = orders.ordered_on.cast("timestamp")
    if "order_id" in made:
        made["order_id"] = ibis.row_number().cast("string")
    if not orders.customer.type().is_string():
        made["customer"] = orders.customer.cast("string")
    name = hashlib.sha256(repr(orders).encode()).hexdigest()[:16]
    return Shop(f"bare:{name}", "orders", orders.mutate(**made) if made else orders)

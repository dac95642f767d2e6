"""Whose an answer is: by the number of an order, by the customer's number, or by e-mail.

A snapshot keeps what the file said. Matching is done when it is read, against the orders there are by then, so that an
answer that came before its order finds it later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

UNMATCHED = 1 << 20
"""The mark of an answer that belongs to nobody, beside the bits of shop.Flag that orders have."""


def by_email(surveys: ir.Table, orders: ir.Table) -> ir.Table:
    """The same answers; a customer known by an e-mail under which somebody with a number ordered is that customer (of
    several, the one whose number is last in the alphabet)."""
    known = orders.filter(
        orders.email.notnull() & (orders.email != orders.customer) & orders.email.isin(surveys.customer)
    )
    buyers = known.group_by("email").agg(buyer=known.customer.max())
    joined = surveys.left_join(buyers, surveys.customer == buyers.email)
    found = joined.mutate(customer=joined.buyer.coalesce(joined.customer))
    return found.select(*surveys.columns)


def matched_sql(orders: str) -> str:
    """SQL of whether an answer `p` belongs to an order or a customer of the relation `orders`."""
    found = [
        f"coalesce(p.{mine} IN (SELECT {theirs} FROM {orders} WHERE {theirs} IS NOT NULL), false)"
        for mine, theirs in (
            ("order_id", "order_id"),
            ("customer", "customer"),
            ("customer", "customer_id"),
            ("customer", "email"),
        )
    ]
    return f"({' OR '.join(found)})"


def counted(answers: ir.Table, orders: ir.Table) -> tuple[int, int]:
    """(answers, those that belong to an order or to a customer who ordered)."""
    found = answers.order_id.isin(orders.order_id)
    for key in ("customer", "customer_id", "email"):
        found = found.fill_null(False) | answers.customer.isin(orders[key]).fill_null(False)
    row = answers.aggregate(n=answers.count(), matched=found.sum()).execute().iloc[0]
    return int(row.n), int(row.matched or 0)

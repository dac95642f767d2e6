"""What the columns of every table are called on the mapping form."""

from __future__ import annotations

from words import text

AMOUNTS = ("total", "net", "gross", "price")


def tables() -> dict[str, str]:
    return {
        "orders": text("orders"),
        "customers": text("customers"),
        "spend": text("marketing spend"),
        "surveys": text("survey answers"),
    }


def amounts() -> dict[str, str]:
    """What the amount of an order can be."""
    return {
        "total": text("paid, with tax and shipping"),
        "net": text("goods after discounts"),
        "gross": text("goods before discounts"),
        "price": text("price of one piece"),
    }


def needed(table: str) -> dict[str, str]:
    """The columns asked for first; the amount of an order is asked for apart."""
    return {
        "orders": {
            "ordered_at": text("When it was ordered"),
            "order_id": text("Order number"),
            "customer_id": text("Customer number"),
            "email": text("E-mail"),
        },
        "customers": {"customer_id": text("Customer number"), "email": text("E-mail"), "name": text("Name")},
        "spend": {
            "starts_on": text("First day"),
            "ends_on": text("Last day"),
            "amount": text("Amount spent"),
            "channel": text("Channel"),
        },
        "surveys": {
            "answered_at": text("When it was answered"),
            "customer_id": text("Customer number"),
            "email": text("E-mail"),
            "order_id": text("Order number"),
        },
    }[table]


def more(table: str) -> dict[str, str]:
    """The columns that are welcome and not needed."""
    return {
        "orders": {
            "name": text("Customer’s name"),
            "currency": text("Currency"),
            "status": text("Status"),
            "channel": text("Channel"),
            "country": text("Country"),
            "product": text("Product"),
            "quantity": text("Quantity"),
            "category": text("Product category"),
            "discount": text("Discount"),
            "discount_code": text("Discount code"),
            "refunded": text("Refunded amount"),
            "refunded_at": text("Refunded at"),
            "shipping": text("Shipping"),
            "tax": text("Tax"),
            "promised_at": text("Delivery promised at"),
            "delivered_at": text("Delivered at"),
        },
        "customers": {
            "consent": text("Consent to e-mail"),
            "first_channel": text("First channel"),
            "country": text("Country"),
            "born_on": text("Date of birth"),
            "tags": text("Tags"),
            "created_at": text("Account made at"),
        },
        "spend": {"campaign": text("Campaign"), "currency": text("Currency"), "kind": text("Kind of cost")},
        "surveys": {
            "score": text("Score"),
            "kind": text("NPS, CSAT or CES"),
            "question": text("Question"),
            "scale": text("Scale"),
            "comment": text("Comment"),
        },
    }[table]

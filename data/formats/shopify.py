"""Shopify's own exports of orders and of customers."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message

ORDERS = Format(
    name="shopify_orders",
    title=message("Shopify, orders"),
    signature=(
        "Name",
        "Email",
        "Financial Status",
        "Fulfillment Status",
        "Created at",
        "Subtotal",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
    ),
    columns={
        "order_id": "Name",
        "ordered_at": "Created at",
        "email": "Email",
        "name": "Billing Name",
        "currency": "Currency",
        "net": "Subtotal",
        "discount": "Discount Amount",
        "discount_code": "Discount Code",
        "shipping": "Shipping",
        "tax": "Taxes",
        "refunded": "Refunded Amount",
        "channel": "Source",
        "country": ("Shipping Country", "Billing Country"),
        "status": "Financial Status",
        "product": "Lineitem name",
        "sku": "Lineitem sku",
        "quantity": "Lineitem quantity",
        "price": "Lineitem price",
    },
    rules=(
        Rule(Flag.CANCELLED, header="Cancelled at", present=True),
        Rule(Flag.CANCELLED, column="status", words=("voided",)),
        Rule(Flag.UNPAID, column="status", words=("pending", "authorized", "expired", "unpaid")),
        Rule(Flag.REFUNDED, column="status", words=("refunded",), full=True),
        Rule(Flag.REFUNDED, column="status", words=("partially_refunded",)),
        Rule(
            Flag.TEST,
            header="Payment Method",
            words=("bogus", "bogus gateway", "(for testing) bogus gateway"),
        ),
        Rule(Flag.TEST, header="Tags", words=("test", "test order", "test-order"), listed=True),
    ),
    lines=True,
    order_amounts=True,
    header_source="header rows of exports of 2020 (72 columns) and 2026 (79 columns)",
    notes=(
        message(
            "One record is one line of an order. What belongs to the whole order stands on its first record only; in "
            "some exports even the order's name is blank on the others."
        ),
        message(
            "The amount is the subtotal: the goods after discounts, without shipping. Where prices include tax, so does it."
        ),
        message(
            "The export holds no customer number: customers are told apart by e-mail, and orders taken at a till without "
            "one belong to nobody."
        ),
        message(
            "Pending, authorized and expired orders are unpaid; voided ones and those with a cancellation date are "
            "cancelled. The bogus gateway and the tag test mark tests."
        ),
    ),
)

CUSTOMERS = Format(
    name="shopify_customers",
    title=message("Shopify, customers"),
    table="customers",
    signature=(
        "First Name",
        "Last Name",
        "Email",
        "Accepts Email Marketing",
        "Total Spent",
        "Total Orders",
        "Tags",
        "Tax Exempt",
    ),
    columns={
        "email": "Email",
        "name": ("First Name", "Last Name"),
        "consent": "Accepts Email Marketing",
        "country": ("Country Code", "Default Address Country Code", "Country"),
        "tags": "Tags",
    },
    header_source="header row of a customer export; newer ones begin with Customer ID and say Default Address",
    notes=(
        # The number of a customer is not in the export of orders, so keying by it would join nothing.
        message(
            "Customers are known by e-mail here, because Shopify's export of orders has no customer number."
        ),
    ),
)

FORMATS = (ORDERS, CUSTOMERS)

"""WooCommerce: the orders of its Analytics pages, and the CSV Import/Export Suite."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message


def _both(*words: str) -> tuple[str, ...]:
    """A status as exports write it, and as the database does."""
    return (*words, *(f"wc-{word}" for word in words))


CANCELLED = Rule(Flag.CANCELLED, column="status", words=_both("cancelled", "canceled", "trash"))
UNPAID = Rule(
    Flag.UNPAID,
    column="status",
    words=_both(
        "pending", "pending payment", "on-hold", "on hold", "failed", "checkout-draft", "draft", "auto-draft"
    ),
)
REFUNDED = "refunded"

ANALYTICS = Format(
    name="woocommerce_analytics",
    title=message("WooCommerce, Analytics orders"),
    signature=(
        "Date",
        "Order #",
        "N. Revenue (formatted)",
        "Status",
        "Customer",
        "Customer type",
        "Product(s)",
        "Items sold",
        "Coupon(s)",
    ),
    columns={
        "order_id": "Order #",
        "ordered_at": "Date",
        "name": "Customer",
        "net": ("Net Sales", "N. Revenue"),
        "discount_code": "Coupon(s)",
        "channel": "Attribution",
        "status": "Status",
        "items": "Items sold",
        "first_product": "Product(s)",
    },
    # A refund comes as a record of its own: taking the order off as a whole would take it off twice.
    rules=(CANCELLED, UNPAID, Rule(Flag.REFUNDED, column="status", words=_both(REFUNDED))),
    credit_notes=True,
    patterns={"first_product": r"^(?:\d+× ?)?(.+?)(?:, \d+× .*)?$"},
    header_source="header rows of Analytics exports, older (N. Revenue) and newer (Net Sales, Attribution)",
    notes=(
        message("The amount is net sales: the goods after coupons, without tax and shipping."),
        message(
            "Customers are named, not numbered: two people of one name are one customer here, and orders without a name "
            "belong to nobody. The CSV Import/Export Suite knows their e-mail."
        ),
        message(
            "A refund is a record of its own, with the order's number, the day of the refund and a negative amount; it is "
            "flagged as cancelled and takes money off that day."
        ),
        message("The export names no currency."),
    ),
)

SUITE = Format(
    name="woocommerce_suite",
    title=message("WooCommerce, CSV Import/Export Suite, orders"),
    signature=(
        "order_number",
        "order_number_formatted",
        "created_at",
        "status",
        "total",
        "total_shipping",
        "total_discount",
        "billing_email",
        "line_items",
    ),
    columns={
        "order_id": ("order_number_formatted", "order_number", "id"),
        "ordered_at": "created_at",
        "customer_id": "customer_id",
        "email": "billing_email",
        "name": ("billing_first_name", "billing_last_name"),
        "currency": "currency",
        "total": "total",
        "shipping": "total_shipping",
        "tax": "cart_tax",
        "discount": "total_discount",
        "refunded": "total_refunded",
        "country": ("shipping_country", "billing_country"),
        "status": "status",
        "first_product": "line_items",
    },
    rules=(CANCELLED, UNPAID, Rule(Flag.REFUNDED, column="status", words=_both(REFUNDED), full=True)),
    # name:Woo Ninja|... in the plain layout, "name":"Woo Ninja" in JSON; a first line without a name has its code.
    patterns={
        "first_product": r'^(?:[^;]*?\b(?:product_)?name"?:"?|[^;]*?\bsku"?:"?)([^|;"]+)',
    },
    guests=("0",),
    header_source="the sample workbook of the suite, sheets Order Import (Native) and Order Import (JSON export)",
    notes=(
        message(
            "The amount is the total without shipping and tax. In the suite's own sample the cart tax includes that on "
            "shipping, and it is read so. Fees that the shop adds stay in."
        ),
        message("Customer 0 is a guest, who is known by the billing e-mail."),
        message("On hold means awaiting payment, and is flagged as unpaid, like pending and failed."),
        message("All lines of an order stand in one cell, of which only the first product is read."),
    ),
)

CUSTOMERS = Format(
    name="woocommerce_customers",
    title=message("WooCommerce, CSV Import/Export Suite, customers"),
    table="customers",
    signature=("username", "email", "date_registered", "role", "billing_email", "paying_customer"),
    columns={
        "email": ("email", "billing_email"),
        "name": ("billing_first_name", "billing_last_name"),
        "country": ("billing_country", "shipping_country"),
        "created_at": "date_registered",
    },
    header_source="the sample workbook of the suite, sheet Customer Import",
    notes=(message("The file numbers nobody: customers are known by e-mail."),),
)

FORMATS = (ANALYTICS, SUITE, CUSTOMERS)

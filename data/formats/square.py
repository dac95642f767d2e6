"""Square's exports of transactions and of the items sold in them."""

from data.formats.base import Format
from words import message

REFUNDS = message(
    "A refund is a record of its own with a negative amount: flagged as cancelled, it takes money off its day."
)
CUSTOMERS = message("Only customers in Square's directory have a number; all other sales belong to nobody.")
ZONE = message(
    "Times are in the zone of the account, which the export names in words: choose the same for the shop."
)

FORMATS = (
    Format(
        name="square_transactions",
        title=message("Square, transactions"),
        signature=(
            "Date",
            "Time",
            "Time Zone",
            "Gross Sales",
            "Net Sales",
            "Gift Card Sales",
            "Tip",
            "Partial Refunds",
            "Total Collected",
            "Transaction ID",
            "Event Type",
        ),
        columns={
            "order_id": "Transaction ID",
            "ordered_at": ("Date", "Time"),
            "customer_id": "Customer ID",
            "name": "Customer Name",
            "gross": "Gross Sales",
            "discount": "Discounts",
            "net": "Net Sales",
            "tax": "Tax",
            "refunded": "Partial Refunds",
            "channel": ("Source", "Channel"),
            "status": "Transaction Status",
        },
        credit_notes=True,
        header_source=(
            "exports of 2018 (rwslippey/square_transaction_parser), 2022 and 2026 (aditya2kx/jarvis, 55 columns)"
        ),
        notes=(
            message("The amount is net sales: after discounts, without tax, tips and gift cards sold."),
            REFUNDS,
            CUSTOMERS,
            ZONE,
        ),
    ),
    Format(
        name="square_items",
        title=message("Square, items"),
        signature=(
            "Date",
            "Time",
            "Time Zone",
            "Item",
            "Qty",
            "Price Point Name",
            "Modifiers Applied",
            "Gross Sales",
            "Net Sales",
            "Transaction ID",
            "Event Type",
        ),
        columns={
            "order_id": "Transaction ID",
            "ordered_at": ("Date", "Time"),
            "customer_id": "Customer ID",
            "name": "Customer Name",
            "gross": "Gross Sales",
            "discount": "Discounts",
            "net": "Net Sales",
            "tax": "Tax",
            "channel": "Channel",
            "product": "Item",
            "sku": "SKU",
            "category": "Category",
            "quantity": "Qty",
        },
        lines=True,
        credit_notes=True,
        header_source="an export of 2026 (zoetankersley/sunrise_social_club, 35 columns); earlier ones have fewer",
        notes=(
            message("One record is one line of a sale; the lines of a transaction add up to one order."),
            message("The amount is net sales: after discounts, without tax and tips."),
            REFUNDS,
            CUSTOMERS,
            ZONE,
        ),
    ),
)

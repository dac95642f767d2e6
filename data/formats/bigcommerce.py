"""BigCommerce's export of orders, one record an order."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message

FORMATS = (
    Format(
        name="bigcommerce_orders",
        title=message("BigCommerce, orders"),
        signature=(
            "Order ID",
            "Customer ID",
            "Customer Name",
            "Order Date",
            "Order Status",
            "Subtotal (ex tax)",
            "Tax Total",
            "Shipping Cost (ex tax)",
            "Order Total (inc tax)",
            "Product Details",
        ),
        columns={
            "order_id": "Order ID",
            "ordered_at": ("Order Date", "Order Time"),
            "customer_id": "Customer ID",
            "email": ("Customer Email", "Billing Email"),
            "name": "Customer Name",
            "currency": "Order Currency Code",
            # With tax minus all tax: what is left of the total is free of the tax on shipping too.
            "total": "Order Total (inc tax)",
            "shipping": "Shipping Cost (ex tax)",
            "fees": "Handling Cost (ex tax)",
            "tax": "Tax Total",
            "discount_code": "Coupon Details",
            "refunded": "Refund Amount",
            "channel": "Channel Name",
            "country": ("Shipping Country", "Billing Country"),
            "status": "Order Status",
            "items": "Total Quantity",
            "first_product": "Product Details",
        },
        rules=(
            Rule(Flag.CANCELLED, column="status", words=("cancelled", "canceled", "declined")),
            Rule(Flag.UNPAID, column="status", words=("incomplete", "pending", "awaiting payment")),
            Rule(Flag.REFUNDED, column="status", words=("refunded",), full=True),
            Rule(Flag.REFUNDED, column="status", words=("partially refunded",)),
        ),
        patterns={"first_product": r"Product Name: (.+?)(?:, Product [A-Z]|\s*\||$)"},
        guests=("0",),
        header_source=(
            "a header printed from an export of 56 columns; the same row, shorter, in phreesoft/bizuno's importer, "
            "and Order Time in Shopify/shopify_transporter"
        ),
        notes=(
            message("The amount is the order's total without tax, shipping and handling."),
            message("Customer 0 is a guest, who is known by e-mail."),
            message(
                "Stores write dates with the day or the month first; where the file leaves it open, you are asked."
            ),
            message("All lines of an order stand in one cell, of which only the first product is read."),
        ),
    ),
)

"""Amazon's all-orders report, which names no customers."""

from data.formats.base import Format
from words import message

FORMATS = (
    Format(
        name="amazon_all_orders",
        title=message("Amazon, all orders"),
        signature=(
            "amazon-order-id",
            "purchase-date",
            "last-updated-date",
            "order-status",
            "fulfillment-channel",
            "sales-channel",
            "asin",
            "item-status",
            "item-price",
        ),
        columns={
            "order_id": "amazon-order-id",
            "ordered_at": "purchase-date",
            "currency": "currency",
            "net": "item-price",
            "product": "product-name",
            "sku": "sku",
            "quantity": "quantity",
            "status": "order-status",
            "country": "ship-country",
            "channel": "sales-channel",
        },
        lines=True,
        header_source="the row that caponica/AmazonMwsComplete expects of this report (ReportFbaSalesAllByLastUpdateFlatFile)",
        notes=(
            message("Amazon says of this report that it holds nothing by which a customer could be known."),
        ),
        refusal=(
            message(
                "Amazon's all-orders report names no customers, so whether they come back cannot be computed from it. "
                "Upload the orders of a shop that knows its customers, such as Shopify, WooCommerce or Stripe; for "
                "Amazon itself, look at Repeat Purchase Behavior under Brand Analytics in Seller Central."
            )
        ),
    ),
)

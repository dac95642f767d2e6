"""UCI Online Retail: a year of a British gift shop's invoices, one record a line."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message

RULES = (Rule(Flag.CANCELLED, column="order_id", starts="C"),)
NOTES = (
    message("One record is one line of an invoice; the lines of an invoice add up to one order."),
    message(
        "An invoice whose number starts with C takes earlier goods back. It is kept and flagged as cancelled."
    ),
    message("Lines without a customer number are kept, in no customer's history."),
    message("Three invoices that start with A adjust a bad debt; they are left as they are."),
)

FORMATS = (
    Format(
        name="online_retail",
        title=message("UCI Online Retail"),
        signature=(
            "InvoiceNo",
            "StockCode",
            "Description",
            "Quantity",
            "InvoiceDate",
            "UnitPrice",
            "CustomerID",
        ),
        columns={
            "order_id": "InvoiceNo",
            "ordered_at": "InvoiceDate",
            "customer_id": "CustomerID",
            "product": "Description",
            "sku": "StockCode",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "country": "Country",
        },
        rules=RULES,
        lines=True,
        currency="GBP",
        negative=None,
        header_source="the published file itself (UCI Machine Learning Repository, data set 352), as Parquet",
        notes=NOTES,
    ),
    Format(
        name="online_retail_ii",
        title=message("UCI Online Retail II"),
        signature=("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"),
        columns={
            "order_id": "Invoice",
            "ordered_at": "InvoiceDate",
            "customer_id": "Customer ID",
            "product": "Description",
            "sku": "StockCode",
            "quantity": "Quantity",
            "price": "Price",
            "country": "Country",
        },
        rules=RULES,
        lines=True,
        currency="GBP",
        negative=None,
        header_source="programs that check for this very row before they read online_retail_II.csv",
        notes=NOTES,
    ),
)

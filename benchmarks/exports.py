"""Order exports of any size, made in DuckDB for the import benchmark: SQL by layout, `{rows}` to be filled in."""

from __future__ import annotations

PLAIN = """
SELECT
    '#' || (1000 + i) AS "Order number",
    'C' || (hash(i * 7) % ({rows} // 3 + 1)) AS "Customer ID",
    'customer' || (hash(i * 7) % ({rows} // 3 + 1)) || '@example.com' AS "Email",
    strftime(
        TIMESTAMP '2022-01-01' + to_seconds((i::DOUBLE / {rows} * 86400 * 730)::BIGINT), '%Y-%m-%d %H:%M:%S'
    ) AS "Order date",
    'USD' AS "Currency",
    (5 + hash(i) % 20000 / 100.0)::DECIMAL(10, 2) AS "Total",
    CASE WHEN hash(i + 4) % 4 = 0 THEN (hash(i + 3) % 500 / 100.0)::DECIMAL(10, 2) END AS "Discount amount",
    (hash(i + 1) % 900 / 100.0)::DECIMAL(10, 2) AS "Shipping",
    CASE hash(i + 5) % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'pos' ELSE 'instagram' END AS "Channel",
    CASE hash(i + 9) % 5 WHEN 0 THEN 'US' WHEN 1 THEN 'GB' ELSE 'DE' END AS "Country",
    CASE WHEN hash(i + 8) % 50 = 0 THEN 'cancelled' ELSE 'paid' END AS "Status",
    'Lamp, "' || (hash(i + 2) % 500) || '" blue' AS "Product"
FROM range({rows}) t(i)
"""

SHOPIFY_COLUMNS = """
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,
Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,
Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,
Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,
Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,
Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,
Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,
Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,
Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,
Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,
Payment Terms Name,Next Payment Due At,Payment References
"""

_AT = """strftime(
    TIMESTAMP '2022-01-01' + to_seconds((o::DOUBLE / {rows} * 86400 * 730)::BIGINT), '%Y-%m-%d %H:%M:%S +0000')"""

_EVERY_LINE = {
    "Name": "'#' || (1000 + o)",
    "Email": "'customer' || (hash(o * 7) % ({rows} // 4 + 1)) || '@example.com'",
    "Created at": _AT,
    "Lineitem quantity": "1 + hash(i) % 3",
    "Lineitem name": """'Lamp, "' || (hash(i + 2) % 500) || '" blue'""",
    "Lineitem price": "(5 + hash(i) % 20000 / 100.0)::DECIMAL(10, 2)",
    "Lineitem sku": "'L-' || (hash(i + 2) % 500)",
    "Lineitem requires shipping": "'true'",
    "Lineitem taxable": "'true'",
    "Lineitem fulfillment status": "'fulfilled'",
    "Lineitem discount": "'0.00'",
    "Vendor": "'Lamps & Co'",
}

_FIRST_LINE = {
    "Financial Status": "CASE WHEN hash(o + 8) % 50 = 0 THEN 'refunded' ELSE 'paid' END",
    "Paid at": _AT,
    "Fulfillment Status": "'fulfilled'",
    "Fulfilled at": _AT,
    "Accepts Marketing": "'yes'",
    "Currency": "'USD'",
    "Subtotal": "(20 + hash(o) % 20000 / 100.0)::DECIMAL(10, 2)",
    "Shipping": "'5.00'",
    "Taxes": "'0.00'",
    "Total": "(25 + hash(o) % 20000 / 100.0)::DECIMAL(10, 2)",
    "Discount Amount": "'0.00'",
    "Shipping Method": "'Standard'",
    "Billing Name": "'Ann Example ' || hash(o * 7) % 5000",
    "Billing Street": "'Main Street ' || hash(o * 7) % 900",
    "Billing City": "'Springfield'",
    "Billing Zip": "chr(39) || hash(o * 7) % 90000",
    "Billing Country": "'US'",
    "Shipping Name": "'Ann Example ' || hash(o * 7) % 5000",
    "Shipping Street": "'Main Street ' || hash(o * 7) % 900",
    "Shipping City": "'Springfield'",
    "Shipping Zip": "chr(39) || hash(o * 7) % 90000",
    "Shipping Country": "CASE hash(o + 9) % 5 WHEN 0 THEN 'US' WHEN 1 THEN 'GB' ELSE 'DE' END",
    "Payment Method": "'Shopify Payments'",
    "Payment Reference": "'r' || hash(o)",
    "Refunded Amount": "(CASE WHEN hash(o + 8) % 50 = 0 THEN 10 ELSE 0 END)::DECIMAL(10, 2)",
    "Outstanding Balance": "'0.00'",
    "Id": "5000000000000 + o",
    "Risk Level": "'Low'",
    "Source": "CASE hash(o + 5) % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'pos' ELSE 'instagram' END",
}


def _shopify() -> str:
    """79 columns, a row a line item, order cells on the first row only; three orders on four rows."""
    cells = []
    for column in SHOPIFY_COLUMNS.replace("\n", "").split(","):
        value = _EVERY_LINE.get(column, "NULL")
        if column in _FIRST_LINE:
            value = f"CASE WHEN first THEN {_FIRST_LINE[column]} END"
        cells.append(f'{value} AS "{column}"')
    lines = "SELECT i, i // 4 * 3 + least(i % 4, 2) AS o, i % 4 <> 3 AS first FROM range({rows}) t(i)"
    return f"SELECT {', '.join(cells)} FROM ({lines})"


EXPORTS = {"plain": PLAIN, "shopify": _shopify()}

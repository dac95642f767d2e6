"""Stripe's exports of payments, and its balance history, which names no customers."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message

RULES = (
    Rule(Flag.TEST, header="Mode", words=("test",)),
    Rule(Flag.CANCELLED, column="status", words=("canceled", "cancelled")),
    Rule(
        Flag.UNPAID,
        column="status",
        words=(
            "failed",
            "blocked",
            "expired",
            "incomplete",
            "pending",
            "processing",
            "uncaptured",
            "requires action",
            "requires capture",
            "requires confirmation",
            "requires payment method",
            "requires_action",
            "requires_capture",
            "requires_confirmation",
            "requires_payment_method",
        ),
    ),
    Rule(Flag.UNPAID, header="Captured", words=("false",)),
    Rule(Flag.REFUNDED, column="status", words=("refunded",), full=True),
    Rule(
        Flag.REFUNDED, column="status", words=("partial refund", "partially refunded", "partially_refunded")
    ),
    Rule(Flag.REFUNDED, header="Dispute Status", words=("lost",), full=True),
)

NOTES = (
    message("One record is one payment, with tax and shipping in it; Stripe's own fee is not taken off."),
    message(
        "Amounts are those settled to your account, in its one currency, wherever Stripe converted them."
    ),
    message(
        "Test mode is flagged as a test; failed, incomplete and uncaptured payments as unpaid; a lost dispute as refunded."
    ),
)

MONEY = {
    "total": "Amount",
    "currency": "Currency",
    "refunded": "Amount Refunded",
    "settled_amount": "Converted Amount",
    "settled_refunded": "Converted Amount Refunded",
    "settled_currency": "Converted Currency",
    "status": "Status",
    "customer_id": "Customer ID",
    "email": "Customer Email",
    "name": "Card Name",
}

FORMATS = (
    Format(
        name="stripe_payments",
        title=message("Stripe, payments"),
        signature=(
            "Created date (UTC)",
            "Amount",
            "Currency",
            "Captured",
            "Converted Amount",
            "Converted Currency",
            "Status",
        ),
        columns={
            # Stripe lets columns be left out; an invoice is paid once, so its number stands in for the payment's.
            "order_id": ("id", "Invoice Number"),
            "ordered_at": "Created date (UTC)",
            "refunded_at": "Refunded date (UTC)",
            "channel": "UTM Source",
            "country": ("Shipping Address Country", "Card Address Country", "Card Issue Country"),
            **MONEY,
        },
        rules=RULES,
        absolute=("Created date (UTC)", "Refunded date (UTC)"),
        settled=True,
        header_source="header row of a unified payments export, and a real export of 622 payments with 15 of its columns",
        notes=(
            *NOTES,
            message("Where the columns hold no payment id, the invoice number tells payments apart."),
        ),
    ),
    Format(
        name="stripe_payments_legacy",
        title=message("Stripe, payments (older layout)"),
        signature=(
            "id",
            "Created (UTC)",
            "Amount",
            "Amount Refunded",
            "Converted Amount",
            "Converted Currency",
            "Status",
            "Captured",
        ),
        columns={
            "order_id": "id",
            "ordered_at": "Created (UTC)",
            "country": ("Card Address Country", "Card Issue Country"),
            **MONEY,
        },
        rules=RULES,
        absolute=("Created (UTC)",),
        settled=True,
        header_source="header row of a payments export in the older layout",
        notes=NOTES,
    ),
    Format(
        name="stripe_balance",
        title=message("Stripe, balance history"),
        signature=("id", "Type", "Source", "Amount", "Fee", "Net", "Created (UTC)", "Available On (UTC)"),
        columns={"order_id": "id", "ordered_at": "Created (UTC)", "net": "Amount", "currency": "Currency"},
        absolute=("Created (UTC)",),
        header_source="header row of a balance history export",
        refusal=(
            message(
                "Stripe's balance history names no customers, so whether they come back cannot be computed from it. In "
                "Stripe choose Payments, Export, with all columns, and upload that file instead."
            )
        ),
    ),
)

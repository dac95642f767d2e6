"""Any other table of orders: what its columns are is guessed from names and values, or chosen by a person."""

from data.formats.base import Format, Rule
from shop import Flag
from words import message

CANCELLED = (
    "cancelled", "canceled", "void", "voided", "storniert", "annulliert", "cancelado", "cancelada", "anulado",
    "anulada", "annulé", "annulée", "annullato", "отменен", "отменён", "отменено", "отменена", "отменен продавцом",
    "скасовано", "скасоване", "anulowane", "cancelled by seller", "cancelled by buyer", "wc-cancelled",
)  # fmt: skip
UNPAID = (
    "failed", "pending", "unpaid", "expired", "declined", "incomplete", "pending payment", "awaiting payment",
    "abandoned", "on-hold", "on hold", "draft", "checkout-draft", "fehlgeschlagen", "ausstehend", "offen",
    "fallido", "pendiente", "échoué", "en attente", "не оплачен", "не оплачено", "ожидает оплаты",
    "очікує оплати", "wc-failed", "wc-pending", "wc-on-hold", "authorized", "requires_payment_method",
)  # fmt: skip
REFUNDED = (
    "refunded", "refund", "fully refunded", "erstattet", "reembolsado", "devuelto", "remboursé", "rimborsato",
    "возврат", "возвращен", "возвращён", "повернено", "returned", "wc-refunded",
)  # fmt: skip
PARTLY = ("partially refunded", "partially_refunded", "partial refund", "teilweise erstattet")
TEST = ("test", "test order", "sandbox")

STATUSES = (
    Rule(Flag.CANCELLED, column="status", words=CANCELLED),
    Rule(Flag.UNPAID, column="status", words=UNPAID),
    Rule(Flag.REFUNDED, column="status", words=REFUNDED, full=True),
    Rule(Flag.REFUNDED, column="status", words=PARTLY),
    Rule(Flag.TEST, column="status", words=TEST),
)
"""What the usual words for an order's state mean; formats with words of their own name them themselves."""

FORMATS = (
    Format(
        name="generic",
        title=message("A table of orders"),
        rules=STATUSES,
        header_source="none: columns are guessed and shown to be confirmed",
    ),
)

"""What passes between `data/`, which reads files, and `models/`, which answers questions.

Neither of the two imports the other; both import this.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Flag(IntFlag):
    """What an accepted order is marked with, as bits of the column `flags`.

    Flags are facts read at import. Whether a flagged order counts is decided by `Definitions`,
    when a question is asked, never at import.
    """

    NO_CUSTOMER = 1
    CANCELLED = 2
    """Cancelled, voided, or a credit note that takes an earlier order back."""
    TEST = 4
    REFUNDED = 8
    """Refunded in part or in full: `refunded` says how much."""
    ZERO_VALUE = 16
    DUPLICATE = 32
    """The same record was already read from this file; it is counted once."""
    UNPAID = 64
    """Failed, pending or expired: no money came in."""
    GONE = 128
    """A newer export covers the day of this order and no longer holds it."""


@dataclass(frozen=True)
class Shop:
    """A frozen record of Ibis tables with the columns of `data/tables.py`.

    `fingerprint` names exactly these contents: equal fingerprints, equal answers. `currency` is the
    ISO 4217 code of every amount ("" where none is known), `zone` the IANA time zone in which
    `ordered_on` was computed, `splits` the kept columns by which a person may split cohorts, as
    (column of `orders`, the header it had in the file).
    """

    fingerprint: str
    name: str
    orders: ir.Table
    order_lines: ir.Table | None = None
    customers: ir.Table | None = None
    spend: ir.Table | None = None
    surveys: ir.Table | None = None
    currency: str = ""
    zone: str = "UTC"
    synthetic: bool = False
    splits: tuple[tuple[str, str], ...] = ()

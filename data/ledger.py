"""What became of every record: accepted, or set aside with a reason. Nothing is lost, nothing is silent."""

from __future__ import annotations

from collections.abc import Iterable

from data.values import literal
from shop import Flag
from words import text

CODES = (
    "broken_row",
    "no_time",
    "bad_time",
    "time_out_of_range",
    "no_amount",
    "bad_amount",
    "amount_out_of_range",
    "no_currency",
    "other_currency",
    "no_score",
    "bad_score",
    "off_scale",
    "bad_question",
    "nobody",
    "repeated",
    "no_order",
    "order_unreadable",
)
"""Why a record is set aside. The first that applies, in this order, is its primary code."""

COLUMNS = ("disposition", "code", "reason", "rows", "money", "currency")
ACCEPTED, SET_ASIDE, FLAGGED = "accepted", "set aside", "flagged"
STANDING, REPLACED, MERGED = "in the data set", "replaced", "merged"
DISPOSITIONS = (ACCEPTED, SET_ASIDE, STANDING, REPLACED, FLAGGED, MERGED)
"""Records in = accepted + set aside. In a data set that grew, accepted = in the data set + replaced, and `source` says
of which file a row speaks (its place among the manifest's sources). Flagged rows count accepted records again, those
that still stand; merged rows count orders (see merging_ledger.py)."""

REPLACED_CODES = ("newer", "exchanged")


class Unbalanced(RuntimeError):
    """Records or money were lost or made up on the way: a fault of Holdfast, never of the file."""


def reason(code: str) -> str:
    """A code of the ledger in the reader's words: why set aside, what a flag means."""
    return {
        "": text("Read and kept."),
        "broken_row": text(
            "The record could not be split into its columns: a quote or a separator is wrong."
        ),
        "no_time": text("The time is missing."),
        "bad_time": text("The time cannot be read."),
        "time_out_of_range": text("The time lies before 1970 or more than a year in the future."),
        "no_amount": text("The amount is missing."),
        "bad_amount": text("The amount is not a number."),
        "amount_out_of_range": text("The amount is off the scale: a million millions or more."),
        "no_currency": text("The currency is missing, and the file has several."),
        "other_currency": text("The amount is in another currency than the one chosen."),
        "no_score": text("The score is missing."),
        "bad_score": text("The score is not a number, nor words that are known."),
        "off_scale": text("The score lies outside the scale of its question."),
        "bad_question": text("The kind is none of NPS, CSAT and CES, or the scale is not written as 0-10."),
        "nobody": text("The record has neither a customer number nor an e-mail."),
        "repeated": text("The same customer stands further down again; the last record counts."),
        "no_order": text("The line belongs to no order that can be named."),
        "order_unreadable": text(
            "The first line of its order could not be read, so the order is not counted."
        ),
        "no_customer": text("Nobody can be named for the order, so it belongs to no customer’s history."),
        "cancelled": text("Cancelled, voided, or a credit note."),
        "test": text("A test, not a sale."),
        "refunded": text("Paid back in part or in full."),
        "zero_value": text("The amount is zero."),
        "duplicate": text("The same record again; it is counted once."),
        "unpaid": text("Failed, pending or expired: no money came in."),
        "unmatched": text("The answer belongs to no order and to no customer who ordered."),
        "gone": text("A newer export covers the day and no longer holds the order."),
        "stands": text("Part of the data set as it is now."),
        "newer": text("A newer version, from another file, counts instead."),
        "exchanged": text("Another file was put in its place."),
    }.get(code, code)


def reason_sql(code: str, codes: Iterable[str] = CODES) -> str:
    """SQL that turns an expression of codes into reasons."""
    cases = " ".join(f"WHEN {literal(c)} THEN {literal(reason(c))}" for c in codes)
    return f"CASE {code} {cases} ELSE {code} END"


def statement(accepted: str, set_aside: str, *, money: str, records: str, flags: bool) -> str:
    """SQL of the ledger, from what was written: each disposition is counted by a query of its own.

    `accepted` and `set_aside` are relations; `money` and `records` columns of the first ("" where a table
    has none).
    """
    counted = f"sum({records})" if records else "count(*)"
    sum_of = f"CAST(sum({money}) AS DECIMAL(38,4))" if money else "CAST(NULL AS DECIMAL(38,4))"
    currency = "coalesce(currency, '')" if money else "''"
    by_flags = f"""SELECT flags, {currency} AS currency, CAST({counted} AS BIGINT) AS rows, {sum_of} AS money
        FROM {accepted} GROUP BY ALL"""
    parts = [
        f"""SELECT 0 AS place, {literal(ACCEPTED)} AS disposition, '' AS code, {literal(reason(""))} AS reason,
            CAST({counted} AS BIGINT) AS rows, {sum_of} AS money, {currency} AS currency
            FROM {accepted} GROUP BY {currency}""",
        f"""SELECT 1, {literal(SET_ASIDE)}, code, any_value(reason), count(*),
            CAST(sum(money) AS DECIMAL(38,4)), coalesce(currency, '') FROM {set_aside} GROUP BY code, currency""",
    ]
    if flags:
        parts += [
            f"""SELECT 2, {literal(FLAGGED)}, {literal(flag_code(flag))}, {literal(reason(flag_code(flag)))},
                CAST(sum(rows) AS BIGINT), CAST(sum(money) AS DECIMAL(38,4)), currency
                FROM flagged WHERE flags & {int(flag)} > 0 GROUP BY currency"""
            for flag in Flag
        ]
    flagged = f"WITH flagged AS MATERIALIZED ({by_flags}) " if flags else ""
    return (
        f"{flagged}SELECT * EXCLUDE (place) FROM ({' UNION ALL '.join(parts)}) ORDER BY place, code, currency"
    )


def flag_code(flag: Flag) -> str:
    return (flag.name or "").lower()

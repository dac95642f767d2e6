"""The view `records`: every record of the file read, with what is wrong with it; and from it the cells of an order."""

from __future__ import annotations

from collections.abc import Iterable

from data.formats.base import plain
from data.layout import cell, extra, slugs
from data.reading import Reading, problems
from data.tables import DUCKDB_TYPES, TABLES
from data.values import MONEY, any_of, literal
from shop import Flag


def key_sql(reading: Reading) -> str:
    """The order's own number; in a numbered file a record without one is known by its content, so that the
    same record in the next export is the same order."""
    layout = reading.layout
    if not layout.has("order_id"):
        return "'#' || record"
    cells = ", ".join(f"coalesce({cell(c)}, '')" for c in sorted(layout.columns))
    number = cell("order_id")
    unnumbered = "record" if layout.mapping.lines else f"left(md5(concat_ws(chr(31), {cells})), 12)"
    key = f"coalesce({number}, '#' || {unnumbered})" if reading.survey.unnamed else number
    return f"{key} || CASE WHEN net < 0 THEN ' (credit)' ELSE '' END" if layout.format.credit_notes else key


def typed_sql(reading: Reading, where: str = "", extras: Iterable[str] | None = None) -> str:
    """SELECT of every record's cells, its numbers (n_*), clock times (w_*) and moments (m_*), and what stands under the
    headers `extras` (x_*; None takes those kept as splits)."""
    kept = reading.survey.extras if extras is None else extras
    typed = [f"{sql} AS n_{column}" for column, sql in reading.number_sql.items()]
    for column, sql in reading.time_sql.items():
        typed += [f"{sql.wall} AS w_{column}"] if sql.wall != "NULL" else []
        typed += [f"{sql.moment} AS m_{column}"] if sql.moment != "NULL" else []
    return f"SELECT {', '.join(['*', *typed])} FROM ({reading.layout.cells_sql(kept, where=where)})"


def records_sql(reading: Reading, where: str = "") -> str:
    """SELECT of record, key, cells, utc, local, net, currency, and p_time, p_amount, p_currency (codes or NULL)."""
    one = typed_sql(reading, where)
    rate = f", {reading.rate_sql} AS rate" if reading.rate_sql else ""
    two = (
        f"SELECT *, {reading.utc('ordered_at')} AS utc, {reading.local('ordered_at')} AS local, "
        f"{reading.net_sql} AS net{rate} FROM ({one})"
    )
    found = problems(reading)
    checks = [f"{sql} AS p_{kind}" for kind, sql in found.items()]
    if "currency" not in found:
        checks.append("NULL::VARCHAR AS p_currency")
    return f"SELECT *, {key_sql(reading)} AS key, {', '.join(checks)} FROM ({two})"


FAULTY = "p_time IS NOT NULL OR p_amount IS NOT NULL OR p_currency IS NOT NULL"


def order_cells(reading: Reading) -> dict[str, str]:
    """Column of `orders` -> SQL over `records`, for what one record says (not order_id, customer, flags, records)."""
    has, times = reading.layout.has, reading.time_sql
    at = {
        c: text_sql(reading, c)
        for c in ("customer_id", "email", "name", "channel", "country", "discount_code")
    }
    at["email"] = f"lower({at['email']})"
    number = {c: f"n_{c}" if has(c) else "NULL" for c in ("gross", "discount", "shipping", "tax", "refunded")}
    if reading.settled:
        # What is not settled is in the customer's currency, and has no place beside what is.
        number = dict.fromkeys(number, "NULL")
        number["refunded"] = "n_settled_refunded" if has("settled_refunded") else "NULL"
    for side in ("discount", "refunded"):
        if number[side] != "NULL":
            number[side] = f"abs({number[side]})"
    before = f"net + coalesce({number['discount']}, 0)" if number["discount"] != "NULL" else "net"
    number["gross"] = before if number["gross"] == "NULL" else f"coalesce({number['gross']}, {before})"
    full = reading.flag_sql(Flag.REFUNDED, full=True)
    paid_back = f"nullif({number['refunded']}, 0)"
    number["refunded"] = f"coalesce({paid_back}, CASE WHEN {full} THEN abs(net) END)" if full else paid_back
    pieces = "n_items" if has("items") else "n_quantity" if has("quantity") else "NULL"
    currency = literal(reading.currency)
    cells = {
        **at,
        "ordered_at": "utc",
        "ordered_on": "CAST(local AS DATE)",
        "currency": f"nullif({currency}, '')",
        **number,
        "net": "net",
        "refunded_at": reading.utc("refunded_at") if "refunded_at" in times else "NULL",
        "status": f"lower(trim({cell('status')}))" if has("status") else "NULL",
        "promised_at": reading.utc("promised_at") if "promised_at" in times else "NULL",
        "delivered_at": reading.utc("delivered_at") if "delivered_at" in times else "NULL",
        "first_product": text_sql(reading, "product" if has("product") else "first_product"),
        "items": pieces,
    }
    if reading.rate_sql:
        for money in ("gross", "discount", "shipping", "tax", "refunded", "net"):
            cells[money] = f"try_cast(({cells[money]}) * rate AS {MONEY})"
    kinds = {c.name: DUCKDB_TYPES[c.kind] for c in TABLES["orders"]}
    return {
        c: f"CAST({sql} AS {kinds[c]})" if kinds[c] != "VARCHAR" or sql == "NULL" else sql
        for c, sql in cells.items()
    }


def customer_sql(reading: Reading) -> str:
    """The key a customer is known by, over an order's own cells."""
    known = [c for c in ("customer_id", "email") if reading.layout.has(c)] or ["name"]
    return f"coalesce({', '.join(known)})"


def extra_cells(reading: Reading) -> dict[str, str]:
    """extra_<slug> -> SQL of the kept column."""
    layout = reading.layout
    return {slug: extra(layout.staged, header) for header, slug in slugs(reading.survey.extras).items()}


def flags_sql(reading: Reading) -> str:
    """Bits of shop.Flag that the format's rules set on a record."""
    tests = {flag: reading.flag_sql(flag) for flag in (Flag.CANCELLED, Flag.TEST, Flag.UNPAID, Flag.REFUNDED)}
    return (
        " | ".join(f"CASE WHEN {test} THEN {int(flag)} ELSE 0 END" for flag, test in tests.items() if test)
        or "0"
    )


def state_sql(reading: Reading) -> str:
    """Bits that an order's finished cells set. One line that came back does not make its order a credit note."""
    negative = reading.layout.format.negative
    return (
        f"CASE WHEN net < 0 THEN {int(negative or 0)} ELSE 0 END"
        f" | CASE WHEN customer IS NULL THEN {int(Flag.NO_CUSTOMER)} ELSE 0 END"
        f" | CASE WHEN refunded > 0 THEN {int(Flag.REFUNDED)} ELSE 0 END"
        f" | CASE WHEN net = 0 THEN {int(Flag.ZERO_VALUE)} ELSE 0 END"
    )


def text_sql(reading: Reading, column: str) -> str:
    """A cell as text without outer blanks; NULL where it says that there is nothing, or nobody."""
    if not reading.layout.has(column):
        return "NULL::VARCHAR"
    at = cell(column)
    nobody = (
        tuple(plain(g) for g in reading.layout.mapping.guests)
        if column in ("customer_id", "email", "name")
        else ()
    )
    # The length is asked first: it is known sooner than the cell in lower case, and most cells are longer.
    longest = max(map(len, nobody), default=0)
    guest = (
        f" OR (length(trim({at})) <= {longest} AND lower(trim({at})) IN {any_of(nobody)})" if nobody else ""
    )
    return f"CASE WHEN hf_blank({at}){guest} THEN NULL ELSE trim({at}) END"


def money_sql(reading: Reading) -> tuple[str, str]:
    """(money, currency) of a record for the ledger, over `records`: what it comes to, in what."""
    rated = "CASE WHEN rate IS NULL THEN net ELSE net * rate END" if reading.rate_sql else "net"
    money = f"CASE WHEN p_amount IS NULL THEN CAST({rated} AS {MONEY}) END"
    own = f"coalesce({reading.currency_sql}, '')"
    if reading.rate_sql:
        return money, f"CASE WHEN rate IS NULL THEN {own} ELSE {literal(reading.currency)} END"
    return money, own

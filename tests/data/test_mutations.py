"""Records of every format's sample, damaged in known ways: nothing is lost, and each damage has its own name.

What has to come out is known by construction, because every record is built with a known amount and at most
two known faults. The reader is called in this process; the child has tests of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data import ingest

HERE = Path(__file__).parent / "fixtures"
EXAMPLES = 4
ISO, OFFSET, MONTH_FIRST = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S -0400", "%m/%d/%Y"


@dataclass(frozen=True)
class Sample:
    """Where a format keeps what. `amount`: every header that holds the record's amount; `parts`: what is taken
    off it; `rest`: how the further lines of an order name it, "" for not at all, None where lines are orders."""

    file: str
    order: str
    time: tuple[str, ...]
    stamp: str
    amount: tuple[str, ...]
    who: str
    code: str
    currency: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    pieces: str = ""
    sign: str = ""
    rest: str | None = None
    lines: bool = False
    known: dict[str, str] = field(default_factory=dict)


SAMPLES = (
    Sample("shopify_orders_2026.csv", "Name", ("Created at",), OFFSET, ("Subtotal",), "Email", "USD", ("Currency",), rest=""),
    Sample("shopify_orders_2020.csv", "Name", ("Created at",), OFFSET, ("Subtotal",), "Email", "EUR", ("Currency",), rest="Name"),
    Sample("stripe_payments.csv", "id", ("Created date (UTC)",), ISO, ("Amount", "Converted Amount"), "Customer ID", "EUR",
           ("Currency", "Converted Currency")),
    Sample("stripe_payments_legacy.csv", "id", ("Created (UTC)",), ISO, ("Amount", "Converted Amount"), "Customer ID", "USD",
           ("Currency", "Converted Currency")),
    Sample("stripe_chosen_columns.csv", "Invoice Number", ("Created date (UTC)",), ISO, ("Amount", "Converted Amount"), "Customer ID",
           "THB", ("Currency", "Converted Currency")),
    Sample("woocommerce_analytics.csv", "Order #", ("Date",), ISO, ("Net Sales",), "Customer", ""),
    Sample("woocommerce_analytics_old.csv", "Order #", ("Date",), ISO, ("N. Revenue",), "Customer", ""),
    Sample("woocommerce_suite.csv", "order_number_formatted", ("created_at",), ISO, ("total",), "billing_email", "EUR", ("currency",),
           parts=("total_shipping", "cart_tax")),
    Sample("square_transactions.csv", "Transaction ID", ("Date", "Time"), ISO, ("Net Sales",), "Customer ID", "USD", sign="$"),
    Sample("square_items.csv", "Transaction ID", ("Date", "Time"), ISO, ("Net Sales",), "Customer ID", "USD", sign="$", lines=True),
    Sample("bigcommerce_orders.csv", "Order ID", ("Order Date",), MONTH_FIRST, ("Order Total (inc tax)",), "Customer Email", "AUD",
           ("Order Currency Code",), parts=("Shipping Cost (ex tax)", "Handling Cost (ex tax)", "Tax Total")),
    Sample("online_retail.csv", "InvoiceNo", ("InvoiceDate",), MONTH_FIRST + " %H:%M", ("UnitPrice",), "CustomerID", "GBP",
           pieces="Quantity", lines=True),
    Sample("online_retail_ii.csv", "Invoice", ("InvoiceDate",), ISO, ("Price",), "Customer ID", "GBP", pieces="Quantity", lines=True),
)  # fmt: skip

UNSEEN = Sample("bestellungen.csv", "Bestellnummer", ("Bestelldatum",), "%d.%m.%Y", ("Betrag",), "Kundennummer",
                "EUR", ("Währung",))  # fmt: skip
"""A file that no format knows: its columns are guessed."""


@cache
def templates(file: str) -> tuple[list[str], list[dict[str, str]]]:
    """A fixture's header and records."""
    if file == UNSEEN.file:
        header = ["Bestellnummer", "Kundennummer", "Bestelldatum", "Betrag", "Währung", "Land"]
        return header, [
            {**dict.fromkeys(header, ""), "Kundennummer": "K1", "Land": land} for land in ("DE", "AT")
        ]
    written = (HERE / file).read_text(encoding="utf-8")
    delimiter = max(",;\t", key=written.splitlines()[0].count)
    header, *rows = csv.reader(io.StringIO(written), delimiter=delimiter)
    return header, [dict(zip(header, row, strict=True)) for row in rows]


# What can happen to a record: its name -> the code of the record when nothing else happened.

TIMES = {
    "": "no_time", "  ": "no_time", "-": "no_time", "n/a": "no_time",
    "yesterday": "bad_time", "<b>2024</b>": "bad_time", "=NOW()": "bad_time", "2024-13-45": "bad_time", "0000-00-00 00:00:00": "bad_time",
    "1900-01-01": "time_out_of_range", "1900-01-01 00:00:00": "time_out_of_range", "2999-12-31": "time_out_of_range",
}  # fmt: skip
AMOUNTS = {
    "": "no_amount", "  ": "no_amount", "-": "no_amount", "NaN": "no_amount", "#N/A": "no_amount",
    "twelve": "bad_amount", "<i>12.00</i>": "bad_amount", "=1+1": "bad_amount", "12.3.45": "bad_amount", "1,2,3.x": "bad_amount",
    "12.00; DROP TABLE orders": "bad_amount", "#REF!": "bad_amount",
    "1e308": "amount_out_of_range", "-1e308": "amount_out_of_range", "inf": "amount_out_of_range", "-Infinity": "amount_out_of_range",
    "1000000000000": "amount_out_of_range", "99999999999999999999.00": "amount_out_of_range",
}  # fmt: skip
PARTS = {"twelve": "bad_amount", "1e308": "amount_out_of_range", "-": "", "": ""}
PIECES = {"": "no_amount", "-": "no_amount", "many": "bad_amount", "1e308": "amount_out_of_range"}
TEXTS = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.test","y")',
    "@SUM(1)",
    'O\'Neil; "jr.", | x\ty',
    "Ünï ☃",
    "'",
    "-",
)


@dataclass(frozen=True)
class Made:
    """A record with what should become of it. `amount` None where it cannot be known."""

    cells: dict[str, str]
    code: str
    amount: Decimal | None
    currency: str
    lines: int = 0
    broken: str = ""

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(f"<{self.code or 'sound'} {self.amount} {self.currency}>")


@st.composite
def records(draw: st.DrawFn, sample: Sample) -> list[Made]:
    """Records of a sample, each with at most two faults. The first has none, and a day after the twelfth."""
    _, rows = templates(sample.file)
    able = [row for row in rows if sample.rest is None or row[sample.amount[0]]]
    count = draw(st.integers(1, 40))
    made = [_made(draw, sample, able, n, sound=n == 0) for n in range(count)]
    again = draw(st.lists(st.integers(0, count - 1), max_size=2, unique=True))
    made += [made[n] for n in again]
    first, *others = made
    return [first, *draw(st.permutations(others))] if sample.rest is None else made


def _made(draw: st.DrawFn, sample: Sample, rows: list[dict[str, str]], n: int, *, sound: bool) -> Made:
    cells = dict(draw(st.sampled_from(rows)))
    amount = Decimal(draw(st.integers(1, 9_999_999))) / 100
    moment = dt.datetime(2023, 1, 13, 10) + dt.timedelta(days=0 if sound else draw(st.integers(0, 700)))
    cells[sample.order] = f"N{n // 2 if sample.lines else n:04}"
    cells[sample.who] = draw(st.sampled_from(["ann@example.com", "bo@example.com", "18446744073709551615"]))
    _put(cells, sample.time, moment.strftime(sample.stamp).split(" ", len(sample.time) - 1))
    _put(cells, sample.parts, ["0.00"] * len(sample.parts))
    _put(cells, sample.currency, [sample.code.lower()] * len(sample.currency))
    shown, amount = draw(st.sampled_from(_forms(amount, sample)))
    _put(cells, sample.amount, [shown] * len(sample.amount))
    if sample.pieces:
        cells[sample.pieces] = "1"
    code, known, currency, broken, faults = "", True, sample.code, "", []
    if not sound:
        faults = draw(st.lists(st.sampled_from(_kinds(sample)), max_size=2, unique=True))
    if "text" in faults:
        for header in (
            "Customer",
            "Customer Name",
            "Billing Name",
            "Card Name",
            "Description",
            "Country",
            "Land",
            "Status",
        ):
            if header in cells and header not in (sample.who, sample.order):
                cells[header] = draw(st.sampled_from(TEXTS))
    for fault in ("amount", "pieces", "parts"):
        if fault in faults and known:
            headers = {"amount": sample.amount, "parts": sample.parts, "pieces": (sample.pieces,)}[fault]
            values = {"amount": AMOUNTS, "parts": PARTS, "pieces": PIECES}[fault]
            value = draw(st.sampled_from(sorted(values)))
            _put(cells, headers[:1] if fault == "parts" else headers, [value] * len(headers))
            code, known = values[value], not values[value]
    if "currency" in faults:
        currency = draw(st.sampled_from(["CHF", ""]))
        _put(cells, sample.currency, [currency] * len(sample.currency))
        code = code or ("other_currency" if currency else "no_currency")
    if "time" in faults:
        value = draw(st.sampled_from(sorted(TIMES)))
        _put(cells, sample.time, [value] + [""] * (len(sample.time) - 1))
        code = TIMES[value]
    if "broken" in faults:
        broken, code = draw(st.sampled_from(["short", "long"])), "broken_row"
    lines = draw(st.integers(0, 2)) if sample.rest is not None else 0
    return Made(cells, code, amount if known else None, currency, lines, broken)


def _kinds(sample: Sample) -> list[str]:
    have = {"currency": sample.currency, "parts": sample.parts, "pieces": sample.pieces}
    return ["time", "amount", "text", "broken", *(kind for kind, there in have.items() if there)]


def _put(cells: dict[str, str], headers: tuple[str, ...], values: list[str]) -> None:
    cells.update(zip(headers, values, strict=False))


def _forms(amount: Decimal, sample: Sample) -> list[tuple[str, Decimal]]:
    """An amount as people write it, and what they mean."""
    sign, plain, grouped = sample.sign, f"{amount:.2f}", f"{amount:,.2f}"
    if sample is UNSEEN:
        swapped = grouped.translate(str.maketrans(",.", ".,"))
        return [
            (swapped, amount),
            (swapped.replace(".", "\u202f"), amount),
            (f"{swapped} €", amount),
            (f"-{swapped}", -amount),
        ]
    return [(sign + plain, amount), (sign + grouped, amount), (sign + grouped.replace(",", "\u00a0"), amount),
            (f"({sign}{grouped})", -amount), (f"-{sign}{plain}", -amount), (f" {sign}{plain} ", amount)]  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """How the records are written down."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quoting: Any = csv.QUOTE_MINIMAL
    ends: str = "\r\n"
    shuffled: int = 0


layouts = st.builds(
    Layout,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1251"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\r\n", "\n"]),
    st.integers(0, 5),
)


def write(path: Path, sample: Sample, made: list[Made], layout: Layout) -> list[tuple[Made, bool]]:
    """Write the file; each record in file order, and whether it is a further line of the order above it."""
    header = list(templates(sample.file)[0])
    for _ in range(layout.shuffled):
        header = header[1::2] + header[::2]
    rows, place = [], []
    for one in made:
        row = [one.cells[h] for h in header]
        rows.append(
            {"": row, "short": row[: max(len(row) // 2, 1)], "long": [*row, "more", "and more"]}[one.broken]
        )
        place.append((one, False))
        for line in range(one.lines):
            more = {h: f"line {line}" if h == "Lineitem name" else "" for h in header}
            if sample.rest:
                more[sample.rest] = one.cells[sample.rest]
            rows.append([more[h] for h in header])
            place.append((one, True))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=layout.delimiter, quoting=layout.quoting, lineterminator=layout.ends)
    writer.writerows([header, *rows])
    try:
        path.write_bytes(text.getvalue().encode(layout.encoding))
    except UnicodeEncodeError:
        path.write_bytes(text.getvalue().encode())
    return place


@dataclass
class Expected:
    """Record number -> code, for those set aside; and the money of both ends by currency."""

    codes: dict[int, str]
    accepted: Decimal
    aside: Counter[tuple[str, str]]
    money: dict[str, Decimal]


def expected(sample: Sample, place: list[tuple[Made, bool]]) -> Expected:
    several = any(one.currency == "CHF" and not one.broken for one, further in place if not further)
    codes: dict[int, str] = {}
    accepted, money, aside = Decimal(0), dict[str, Decimal](), Counter[tuple[str, str]]()
    orphans: set[str] = set()
    for number, (one, further) in enumerate(place, 1):
        code, currency = one.code, one.currency
        if not several and not currency:
            currency = sample.code
            code = "" if code == "no_currency" else code
        if further:
            own = sample.code if not several else ""
            if one.broken:
                # Nobody knows whose line this is, unless it says so: then it stands for its order, without a time.
                key = one.cells[sample.order]
                code = "no_order" if not sample.rest else "order_unreadable" if key in orphans else "no_time"
                orphans.add(key)
            else:
                code = "order_unreadable" if code else ""
            if code:
                aside[code, own] += 1
        elif one.broken:
            aside[code, ""] += 1
        else:
            if code:
                aside[code, currency] += 1
                if one.amount is not None:
                    money[currency] = money.get(currency, Decimal(0)) + one.amount
            else:
                accepted += one.amount or 0
        if code:
            codes[number] = code
    return Expected(codes, accepted, aside, money)


@pytest.mark.parametrize("sample", [*SAMPLES, UNSEEN], ids=lambda sample: sample.file)
def test_every_record_ends_where_its_faults_send_it(sample: Sample, road: Any) -> None:
    # Without shrinking: an example takes a quarter of a second, and says what its records were made to be.
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(records(sample), layouts)
    def mutated(made: list[Made], layout: Layout) -> None:
        with TemporaryDirectory() as room:
            _compare(sample, made, layout, Path(room), road)

    mutated()


def _compare(sample: Sample, made: list[Made], layout: Layout, room: Path, road: Any) -> None:
    path = room / sample.file
    place = write(path, sample, made, layout)
    want = expected(sample, place)
    staged = road.stage(path, room / "staged")
    assert staged.records == len(place)
    mapping = ingest.guess(staged)
    if sample.currency:
        mapping = mapping.but(currency=sample.code)
    draft = ingest.check(staged, mapping, room / "draft", run=road.run)
    with duckdb.connect() as connection:
        aside = connection.sql(
            f"SELECT record, code, reason FROM '{room}/draft/set_aside.parquet' ORDER BY record"
        ).fetchall()
    found = {record: code for record, code, _ in aside}
    differ = {n for n in {*found, *want.codes} if found.get(n) != want.codes.get(n)}
    assert not differ, [(n, found.get(n), want.codes.get(n), place[n - 1]) for n in sorted(differ)]
    assert all(reason and reason != code for _, code, reason in aside)
    ledger = draft.ledger
    ends = {kind: ledger[ledger["disposition"] == kind] for kind in ("accepted", "set aside")}
    assert sum(ends["accepted"]["rows"]) == len(place) - len(want.codes) == draft.facts["rows_accepted"]
    assert sum(ends["accepted"]["money"].dropna(), Decimal(0)) == want.accepted
    assert {(r.code, r.currency): r.rows for r in ends["set aside"].itertuples()} == dict(want.aside)
    left = Counter[str]()
    for row in ends["set aside"].dropna(subset="money").itertuples():
        left[row.currency] += row.money
    assert {c: m for c, m in left.items() if m} == {c: m for c, m in want.money.items() if m}

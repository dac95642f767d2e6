"""Small exports, and the real ones, come to the totals reckoned by hand: records, orders, customers, money, flags."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data.ingest import import_customers, import_orders
from data.mapping import Undecided

HERE = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class Totals:
    """What a file comes to. `flags`: name -> (records, money)."""

    records: int
    orders: int
    customers: int
    money: str
    currency: str
    flags: dict[str, tuple[int, str]] = field(default_factory=dict)
    aside: dict[str, tuple[int, str | None, str]] = field(default_factory=dict)
    """code -> (records, money, its currency)"""


HAND = {
    "shopify_orders_2026.csv": Totals(
        records=16, orders=10, customers=5, money="294", currency="USD",
        flags={"no_customer": (2, "15"), "cancelled": (1, "25"), "unpaid": (1, "10"), "refunded": (4, "70"),
               "test": (2, "104"), "zero_value": (1, "0")},
        aside={"bad_amount": (1, None, "USD"), "order_unreadable": (1, None, "USD")},
    ),
    "shopify_orders_2020.csv": Totals(
        records=9, orders=6, customers=2, money="78.98", currency="EUR",
        flags={"unpaid": (4, "38.50"), "duplicate": (1, "9.99")},
    ),
    "stripe_payments.csv": Totals(
        records=12, orders=11, customers=6, money="517", currency="EUR",
        flags={"no_customer": (1, "40"), "cancelled": (1, "12"), "unpaid": (3, "67"), "test": (1, "60"),
               "refunded": (3, "140")},
        aside={"other_currency": (1, "30", "USD")},
    ),
    "stripe_payments_legacy.csv": Totals(
        records=6, orders=6, customers=3, money="1135", currency="USD",
        flags={"no_customer": (1, "25"), "unpaid": (1, "23"), "test": (1, "1024"), "refunded": (1, "22")},
    ),
    "stripe_chosen_columns.csv": Totals(
        records=5, orders=5, customers=2, money="2120.28", currency="THB", flags={"no_customer": (1, "350.03")},
    ),
    "woocommerce_analytics.csv": Totals(
        records=12, orders=12, customers=4, money="182.50", currency="",
        flags={"no_customer": (1, "11"), "cancelled": (3, "-24.50"), "unpaid": (3, "46"), "refunded": (1, "30"),
               "zero_value": (1, "0")},
    ),
    "woocommerce_analytics_old.csv": Totals(records=3, orders=3, customers=2, money="1264.75", currency=""),
    "woocommerce_suite.csv": Totals(
        records=12, orders=12, customers=4, money="204", currency="EUR",
        flags={"no_customer": (1, "11"), "cancelled": (2, "11"), "unpaid": (3, "24"), "refunded": (2, "60")},
    ),
    "square_transactions.csv": Totals(
        records=8, orders=8, customers=3, money="1320", currency="USD",
        flags={"no_customer": (2, "0"), "cancelled": (2, "-17"), "refunded": (1, "50"), "zero_value": (1, "0")},
    ),
    "square_items.csv": Totals(
        records=9, orders=6, customers=2, money="33", currency="USD",
        flags={"no_customer": (2, "4"), "cancelled": (2, "-11")},
    ),
    "bigcommerce_orders.csv": Totals(
        records=12, orders=11, customers=4, money="192", currency="AUD",
        flags={"cancelled": (2, "17"), "unpaid": (3, "18"), "refunded": (2, "70")},
        aside={"bad_time": (1, "4", "AUD")},
    ),
    "online_retail.csv": Totals(
        records=11, orders=9, customers=3, money="46.432", currency="GBP",
        flags={"no_customer": (6, "1.752"), "cancelled": (2, "-29.50"), "zero_value": (1, "0")},
    ),
    "online_retail_ii.csv": Totals(
        records=3, orders=2, customers=2, money="129", currency="GBP", flags={"cancelled": (1, "-35.40")},
    ),
}  # fmt: skip
"""Reckoned on paper from the fixtures, before they were read by anything."""


def imported(path: Path, home: Path, **more: Any) -> Any:
    return import_orders(path, home=home, zone="UTC", **more)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """A function: fixture -> its import, made once."""
    return cache(lambda file: imported(HERE / file, tmp_path_factory.mktemp("home")))


def totals_of(result: Any) -> Totals:
    """An import, in the form in which it was reckoned."""
    ledger = result.ledger
    accepted = ledger[ledger["disposition"] == "accepted"]
    assert len(accepted) == 1
    orders = result.orders.execute()
    return Totals(
        records=result.rows_in,
        orders=len(orders),
        customers=orders["customer"].nunique(),
        money=plainly(accepted["money"].iloc[0]) or "",
        currency=accepted["currency"].iloc[0],
        flags={
            row.code: (int(row.rows), plainly(row.money) or "")
            for row in ledger[ledger["disposition"] == "flagged"].itertuples()
        },
        aside={
            row.code: (int(row.rows), plainly(row.money), row.currency)
            for row in ledger[ledger["disposition"] == "set aside"].itertuples()
        },
    )


def plainly(amount: Any) -> str | None:
    """An amount without needless zeros; None for one that is missing."""
    if amount is None or amount != amount:
        return None
    return f"{Decimal(str(amount)).normalize():f}"


def normal(totals: Totals) -> Totals:
    return Totals(
        totals.records,
        totals.orders,
        totals.customers,
        plainly(totals.money) or "",
        totals.currency,
        {code: (rows, plainly(money) or "") for code, (rows, money) in totals.flags.items()},
        {code: (rows, plainly(money), currency) for code, (rows, money, currency) in totals.aside.items()},
    )


@pytest.mark.parametrize("file", HAND)
def test_a_small_export_comes_to_what_it_comes_to_by_hand(file: str, read: Callable[[str], Any]) -> None:
    result = read(file)
    assert totals_of(result) == normal(HAND[file])
    aside = sum(rows for rows, _, _ in HAND[file].aside.values())
    assert (result.rows_accepted, result.rows_set_aside) == (HAND[file].records - aside, aside)


def cells(result: Any, *columns: str) -> dict[str, tuple[Any, ...]]:
    """order number -> these columns, money without needless zeros, what is missing as None."""

    def tidy(value: Any) -> Any:
        if value is None or value != value:
            return None
        return plainly(value) if isinstance(value, Decimal) else value

    frame = result.orders.select("order_id", *columns).execute()
    return {row[0]: tuple(tidy(v) for v in row[1:]) for row in frame.itertuples(index=False, name=None)}


def test_shopify_reads_the_order_from_its_first_record_and_lines_from_all(read: Callable[[str], Any]) -> None:
    found = cells(
        read("shopify_orders_2026.csv"),
        "customer", "gross", "net", "discount_code", "tax", "country", "first_product", "items", "records",
    )  # fmt: skip
    assert found["#1001"] == ("ann@example.com", "60", "50", "SPRING", "4", "US", "Mug", 3, 2)
    assert found["#1002"] == ("ann@example.com", "20", "20", None, "0", "CA", "Mug", 1, 1)
    assert found["#1005"] == ("bob@example.com", "40", "40", None, "0", None, "Jug", 3, 3)


def test_shopify_times_carry_their_offset(read: Callable[[str], Any]) -> None:
    found = cells(read("shopify_orders_2026.csv"), "ordered_at", "ordered_on")
    assert [str(v)[:19] for v in found["#1001"]] == ["2026-03-02 04:30:00", "2026-03-02 00:00:00"]


def test_shopify_refunds_say_how_much(read: Callable[[str], Any]) -> None:
    found = cells(read("shopify_orders_2026.csv"), "refunded")
    assert {k: v for k, (v,) in found.items() if v} == {"#1004": "33", "#1005": "12.5"}


def test_stripe_counts_what_was_settled_and_names_customers_by_email_where_it_must(
    read: Callable[[str], Any],
) -> None:
    found = cells(read("stripe_payments.csv"), "customer", "net", "refunded", "country", "channel")
    assert found["ch_1"] == ("cus_A", "90", None, "US", "newsletter")
    assert found["ch_2"] == ("cus_A", "100", None, "FR", None)
    assert found["ch_3"] == ("cus_B", "45", "45", None, None)
    assert found["ch_10"] == ("eve@example.com", "20", None, None, None)
    assert found["ch_11"] == ("cus_D", "15", "15", None, None)


def test_stripe_payments_without_a_number_are_known_by_their_content(tmp_path: Path) -> None:
    """The same two payments, further up in a later export, are the same two orders."""
    lines = (HERE / "stripe_chosen_columns.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    later = tmp_path / "later.csv"
    later.write_text("".join([lines[0], *lines[4:]]), encoding="utf-8")
    all_five = cells(imported(HERE / "stripe_chosen_columns.csv", tmp_path / "a"), "net")
    last_two = cells(imported(later, tmp_path / "b"), "net")
    assert len(last_two) == 2
    assert set(last_two) < set(all_five)


def test_woocommerce_credit_notes_stand_beside_their_orders(read: Callable[[str], Any]) -> None:
    found = cells(read("woocommerce_analytics.csv"), "net", "ordered_on", "first_product", "items")
    assert found["1005"][0] == "60"
    assert found["1005 (credit)"][0] == "-12.5"
    assert str(found["1005 (credit)"][1])[:10] == "2024-03-20"
    assert found["1001"][2:] == ("Tea, green", 3)


def test_a_later_export_with_the_refund_alone_leaves_the_sale(tmp_path: Path) -> None:
    head, *rows = (HERE / "woocommerce_analytics.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    files = {"sales.csv": rows[2:], "refunds.csv": rows[:2]}
    for name, part in files.items():
        (tmp_path / name).write_text("".join([head, *part]), encoding="utf-8")
    first = imported(tmp_path / "sales.csv", tmp_path / "home")
    both = imported(tmp_path / "refunds.csv", tmp_path / "home", data_set=first.data_set)
    found = cells(both, "net")
    assert (len(found), found["1005"], found["1005 (credit)"]) == (12, ("60",), ("-12.5",))


def test_woocommerce_suite_takes_shipping_and_tax_off_and_knows_its_guests(
    read: Callable[[str], Any],
) -> None:
    found = cells(read("woocommerce_suite.csv"), "customer", "net", "gross", "refunded", "country",
                  "first_product")  # fmt: skip
    assert found["A-1"] == ("7", "42", "44", None, "GB", "big-jug")
    assert found["A-3"] == ("guest@example.com", "12", "12", None, "IE", "Mug")
    assert found["A-4"][0] == "guest@example.com"
    assert found["A-5"][1:4] == ("20", "20", "20")
    assert found["A-12"][0] is None


def test_square_reads_dollars_with_signs_commas_and_brackets(read: Callable[[str], Any]) -> None:
    found = cells(read("square_transactions.csv"), "net", "gross", "discount", "refunded")
    assert found["T1"] == ("27", "30", "3", None)
    assert found["T2"][0] == "1240"
    assert found["T3R (credit)"][0] == "-12"
    assert found["T4"] == ("50", "50", "0", "10")
    assert found["T6 (credit)"][0] == "-5"


def test_one_line_that_came_back_does_not_cancel_the_sale(read: Callable[[str], Any]) -> None:
    found = cells(read("square_items.csv"), "net", "flags", "items")
    assert found["S3"] == ("7", 1, 1)
    assert found["S3 (credit)"] == ("-3", 1 | 2, -1)
    assert found["S1"] == ("18", 0, 4)


def test_bigcommerce_is_left_with_the_goods_without_tax(read: Callable[[str], Any]) -> None:
    found = cells(read("bigcommerce_orders.csv"), "customer", "net", "country", "first_product")
    assert found["100"] == ("1", "45", "Australia", "Mug, large")
    assert found["101"] == ("1", "20", "New Zealand", "Mug, large")
    assert found["103"][0] == "guest@example.com"


def test_the_month_comes_first_where_a_day_beyond_twelve_says_so(read: Callable[[str], Any]) -> None:
    found = cells(read("online_retail.csv"), "ordered_on")
    assert str(found["536366"][0])[:10] == "2010-12-13"
    assert str(found["A563185"][0])[:10] == "2011-08-12"


@pytest.mark.parametrize("file", ["amazon_all_orders.txt", "stripe_balance.csv"])
def test_exports_without_customers_are_refused_in_a_sentence(file: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"names no customers.*[Uu]pload"):
        imported(HERE / file, tmp_path)


# The real files


def test_online_retail_balances_to_the_penny(shared_data: Path, tmp_path: Path) -> None:
    result = imported(shared_data / "online_retail" / "online_retail.parquet", tmp_path)
    assert totals_of(result) == normal(
        Totals(
            records=541_909, orders=25_900, customers=4_372, money="9747747.934", currency="GBP",
            flags={"no_customer": (135_080, "1447682.12"), "cancelled": (9_288, "-896812.49"),
                   "zero_value": (2_115, "0")},
        )
    )  # fmt: skip
    both = result.orders.filter((result.orders.flags & 3) == 3)
    assert both.records.sum().execute() == 383


def test_a_real_stripe_export_comes_to_its_settled_total(shared_data: Path, tmp_path: Path) -> None:
    result = imported(shared_data / "exports" / "stripe_payments_semicolon_real.csv", tmp_path)
    assert totals_of(result) == normal(
        Totals(records=622, orders=622, customers=196, money="284332.30", currency="THB",
               flags={"no_customer": (15, "13973.33")})
    )  # fmt: skip


@pytest.mark.parametrize("sheet", ["Order Import (Native)", "Order Import (JSON export)"])
def test_the_sample_workbook_of_the_woocommerce_suite(shared_data: Path, tmp_path: Path, sheet: str) -> None:
    """Net: 83.99, 40, 18 and 23.99, which are the goods after discounts plus the shop's own fees."""
    path = shared_data / "exports" / "woocommerce_csv_import_suite_sample.xlsx"
    found = cells(imported(path, tmp_path, sheet=sheet), "customer", "net", "flags", "refunded")
    assert found == {
        "SV-1000-2017": ("16", "83.99", 0, None),
        "SV-1001-2017": ("17", "40", 0, None),
        "SV-1002-2016": ("18", "18", 64, None),
        "SV-1003-2016": ("mrlambert@sogetthis.com", "23.99", 2 | 8, "27.98"),
    }


def test_bigcommerce_dates_in_words_are_the_same_days(tmp_path: Path) -> None:
    def in_words(found: re.Match[str]) -> str:
        month, day, year = map(int, found.groups())
        ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
        return f"{calendar.month_abbr[month]} {day}{ending} {year}"

    digits = HERE / "bigcommerce_orders.csv"
    words = tmp_path / "words.csv"
    words.write_text(
        re.sub(r"(\d\d)/(\d\d)/(\d{4})", in_words, digits.read_text(encoding="utf-8")), encoding="utf-8"
    )
    assert "Mar 25th 2024" in words.read_text(encoding="utf-8")
    days = [cells(imported(path, tmp_path / path.stem), "ordered_on") for path in (digits, words)]
    assert days[0] == days[1]


def test_bigcommerce_dates_that_leave_it_open_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    written = (HERE / "bigcommerce_orders.csv").read_text(encoding="utf-8")
    path.write_text(written.replace("03/25/2024", "03/05/2024"), encoding="utf-8")
    with pytest.raises(Undecided, match="Order Date") as asked:
        imported(path, tmp_path)
    assert asked.value.question == "day_first"


@pytest.mark.parametrize(
    ("file", "found", "aside"), [("shopify_customers.csv", 4, 1), ("woocommerce_customers.csv", 3, 0)]
)
def test_customers_are_keyed_by_email(file: str, found: int, aside: int, tmp_path: Path) -> None:
    result = import_customers(HERE / file, home=tmp_path, zone="UTC")
    people = result.shop.customers.execute()
    assert (len(people), result.rows_set_aside) == (found, aside)
    assert (people["customer"] == people["email"]).all()
    assert "ann@example.com" in set(people["customer"])

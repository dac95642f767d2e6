"""The road in as a whole: what it refuses, what it asks, what it sets aside, and that nothing is lost on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import ingest
from data.ingest import import_customers, import_orders
from data.mapping import Mapping, MappingProblem, Undecided

HERE = Path(__file__).parent / "fixtures"
HEADER = "Order,Customer,Date,Currency,Amount"

Check = Callable[..., Any]


class Checked:
    """A draft with its tables at hand."""

    def __init__(self, draft: Any) -> None:
        self.facts, self.ledger, self.folder = draft.facts, draft.ledger, draft.folder

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        wanted = ", ".join(f'"{c}"' for c in columns)
        with duckdb.connect() as connection:
            return connection.sql(
                f"SELECT {wanted} FROM '{self.folder}/{table}.parquet' ORDER BY ALL"
            ).fetchall()

    @property
    def aside(self) -> dict[int, tuple[Any, ...]]:
        """record -> code, column, value, money, currency"""
        found = self.rows("set_aside", "record", "code", "column", "value", "money", "currency")
        return {record: tuple(more) for record, *more in found}

    @property
    def ends(self) -> dict[tuple[str, str, str], tuple[int, Any]]:
        """(disposition, code, currency) -> records, money"""
        return {(r.disposition, r.code, r.currency): (r.rows, r.money) for r in self.ledger.itertuples()}


@pytest.fixture
def check(road: Any, tmp_path: Path) -> Check:
    """A function: lines of a file under HEADER (or a whole text), and how the mapping differs -> Checked."""

    def checked(*lines: str, header: str = HEADER, zone: str = "UTC", **how: Any) -> Checked:
        path = tmp_path / "shop.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        staged = road.stage(path, tmp_path / "staged")
        mapping = ingest.guess(staged).but(**how)
        return Checked(ingest.check(staged, mapping, tmp_path / "draft", run=road.run, zone=zone))

    return checked


SOUND = "1,a,2024-01-15,EUR,10.00"


# Customers and orders


def test_a_customer_number_of_64_bits_stays_exact(check: Check) -> None:
    numbers = ["18446744073709551615", "18446744073709551614", "9007199254740993", "007"]
    draft = check(*(f"{n},{number},2024-01-15,EUR,10.00" for n, number in enumerate(numbers)))
    assert {c for (c,) in draft.rows("orders", "customer")} == set(numbers)


def test_an_order_without_a_customer_is_kept_and_flagged(check: Check) -> None:
    draft = check(SOUND, "2,,2024-01-16,EUR,5.00", "3,n/a,2024-01-16,EUR,6.00")
    assert draft.ends["flagged", "no_customer", "EUR"] == (2, Decimal("11.0000"))
    assert draft.facts["customers"] == 1


def test_the_same_record_again_is_flagged_and_a_number_used_twice_is_not(check: Check) -> None:
    draft = check(SOUND, SOUND, "2,a,2024-01-16,EUR,5.00", "2,b,2024-01-17,EUR,7.00")
    assert draft.ends["flagged", "duplicate", "EUR"] == (1, Decimal("10.0000"))
    assert draft.ends["accepted", "", "EUR"] == (4, Decimal("32.0000"))
    assert [o for (o,) in draft.rows("orders", "order_id")] == ["1", "1 (2)", "2", "2 (2)"]


def test_html_and_formulas_in_texts_are_kept_as_text(check: Check) -> None:
    names = ["<script>alert(1)</script>", "=HYPERLINK(1)", "+1+1", "@SUM(1)"]
    lines = [f"{n},c{n},2024-01-15,EUR,10.00,{name}" for n, name in enumerate(names)]
    draft = check(*lines, header=HEADER + ",Customer name")
    assert {name for (name,) in draft.rows("orders", "name")} == set(names)


# Currencies

MIXED = (SOUND, "2,b,2024-01-16,USD,20.00", "3,a,2024-01-17,eur,30.00", "4,a,2024-01-18,,40.00")


def test_several_currencies_are_asked_about(check: Check) -> None:
    with pytest.raises(Undecided, match=r"EUR.*USD.*never added") as asked:
        check(*MIXED)
    assert asked.value.question == "currency"
    assert set(asked.value.options) == {"EUR", "USD", "rates"}


def test_one_currency_is_kept_and_the_others_are_set_aside(check: Check) -> None:
    draft = check(*MIXED, currency="EUR")
    assert draft.facts["currency"] == "EUR"
    assert draft.ends == {
        ("accepted", "", "EUR"): (2, Decimal("40.0000")),
        ("set aside", "no_currency", ""): (1, Decimal("40.0000")),
        ("set aside", "other_currency", "USD"): (1, Decimal("20.0000")),
    }
    assert draft.aside[2] == ("other_currency", "Currency", "USD", Decimal("20.0000"), "USD")


def test_rates_turn_amounts_over_and_what_has_none_is_set_aside(check: Check) -> None:
    draft = check(*MIXED, "5,b,2024-01-19,GBP,50.00", currency="EUR", rates={"USD": "0.5"})
    assert draft.ends == {
        ("accepted", "", "EUR"): (3, Decimal("50.0000")),
        ("set aside", "no_currency", ""): (1, Decimal("40.0000")),
        ("set aside", "other_currency", "GBP"): (1, Decimal("50.0000")),
    }
    assert {c for (c,) in draft.rows("orders", "currency")} == {"EUR"}


@pytest.mark.parametrize("rate", ["x", "", "nan", "inf", "-1", "0", "1e400"])
def test_a_rate_that_is_none_is_refused_in_a_sentence(rate: str, check: Check) -> None:
    with pytest.raises(MappingProblem, match=r"exchange rate"):
        check(*MIXED, currency="EUR", rates={"USD": rate})


def test_amounts_that_a_rate_takes_off_the_scale_are_set_aside(check: Check) -> None:
    lines = (SOUND, "2,b,2024-01-16,USD,900000000000.00", "3,b,2024-01-16,USD,24100.50")
    draft = check(*lines, currency="EUR", rates={"USD": "41.5"})
    assert draft.rows("orders", "order_id", "net") == [
        ("1", Decimal("10.0000")),
        ("3", Decimal("1000170.7500")),
    ]
    assert draft.aside[2][0] == "amount_out_of_range"


def test_huge_parts_of_a_total_are_off_the_scale_and_stop_nothing(check: Check) -> None:
    header = "Order,Customer,Date,Total,Shipping"
    draft = check("1,a,2024-01-15,99999999999999,-99999999999999", "2,a,2024-01-16,20.00,-99999999999999", "3,a,2024-01-17,20.00,1.00",
                  header=header)  # fmt: skip
    assert {n: found[0] for n, found in draft.aside.items()} == {
        1: "amount_out_of_range",
        2: "amount_out_of_range",
    }


def test_signs_in_the_amounts_are_currencies_too(check: Check) -> None:
    lines = ("1,a,2024-01-15,£10.00", "2,b,2024-01-16,$20.00")
    with pytest.raises(Undecided) as asked:
        check(*lines, header="Order,Customer,Date,Amount")
    assert set(asked.value.options) == {"GBP", "USD", "rates"}
    draft = check(*lines, header="Order,Customer,Date,Amount", currency="GBP")
    assert draft.ends["set aside", "other_currency", "USD"] == (1, Decimal("20.0000"))


def test_settled_amounts_may_be_chosen_or_left(road: Any, tmp_path: Path) -> None:
    """Two payments of 100 dollars and of 100 euros were settled at 90 and 100 euros."""
    staged = road.stage(HERE / "stripe_payments.csv", tmp_path / "staged")
    guessed = ingest.guess(staged)
    assert guessed.settled
    with pytest.raises(Undecided) as asked:
        ingest.check(staged, guessed.but(settled=False), tmp_path / "draft", run=road.run)
    assert asked.value.options == ("settled", "EUR", "USD", "rates")


def test_headers_may_have_any_name(check: Check) -> None:
    """Also those that the check's own queries give to what they work out."""
    names = ("Net", "Rate", "Key", "UTC", "Local", "Owner", "Same", "Code", "Codes", "Text", "Money", "Value", "Record", "f_0", "c_net", "n_net",
             "p_time", "x_5", "select", "a\"\"b", "it's", "{x}")  # fmt: skip
    columns = {
        "order_id": "Order",
        "customer_id": "Customer",
        "ordered_at": "Date",
        "net": "Net",
        "currency": "Currency",
    }
    more = ",".join(f"v{n}" for n in range(len(names) - 1))
    lines = [
        f"1,a,2024-01-15,EUR,10.00,{more}",
        f"1,a,2024-01-15,EUR,10.00,{more}",
        f"2,a,soon,EUR,5.00,{more}",
    ]
    header = "Order,Customer,Date,Currency," + ",".join(f'"{name}"' for name in names)
    for lined in ({}, {"lines": True}, {"lines": True, "order_amounts": True}):
        draft = check(*lines, header=header, columns=columns, **lined)
        assert (draft.facts["rows_accepted"], draft.aside[3][0]) == (2, "bad_time")


# Numbers and times: what one record is set aside for


@pytest.mark.parametrize(
    ("line", "code", "column", "value", "sentence"),
    [
        ("2,b,1900-01-01,EUR,5.00", "time_out_of_range", "Date", "1900-01-01", "before 1970 or more than a year in the future"),
        ("2,b,2999-12-31,EUR,5.00", "time_out_of_range", "Date", "2999-12-31", "before 1970 or more than a year in the future"),
        ("2,b,soon,EUR,5.00", "bad_time", "Date", "soon", "time"),
        ("2,b,,EUR,5.00", "no_time", "Date", None, "time"),
        ("2,b,2024-01-16,EUR,1e308", "amount_out_of_range", "Amount", "1e308", "off the scale"),
        ("2,b,2024-01-16,EUR,-inf", "amount_out_of_range", "Amount", "-inf", "off the scale"),
        ("2,b,2024-01-16,EUR,1000000000000", "amount_out_of_range", "Amount", "1000000000000", "off the scale"),
        ("2,b,2024-01-16,EUR,NaN", "no_amount", "Amount", "NaN", "missing"),
        ("2,b,2024-01-16,EUR,", "no_amount", "Amount", None, "missing"),
        ("2,b,2024-01-16,EUR,=SUM(A1:A9)", "bad_amount", "Amount", "=SUM(A1:A9)", "not a number"),
        ("2,b,2024-01-16,EUR,5.00,more", "broken_row", None, None, "could not be split"),
        ("2,b", "broken_row", None, None, "could not be split"),
    ],
)  # fmt: skip
def test_a_record_set_aside_says_where_and_why(
    line: str, code: str, column: str | None, value: str | None, sentence: str, check: Check
) -> None:
    draft = check(SOUND, line, "3,a,2024-01-17,EUR,30.00", "4,a,2024-01-18,EUR,2.00")
    (found,) = draft.rows("set_aside", "record", "code", "column", "value", "reason", "text")
    assert found[:4] == (2, code, column, value)
    assert sentence in found[4]
    assert found[5] == line
    assert (draft.facts["rows_in"], draft.facts["rows_accepted"], draft.facts["rows_set_aside"]) == (4, 3, 1)


def test_the_first_reason_leads_and_all_are_named(check: Check) -> None:
    draft = check(
        SOUND, "2,b,soon,EUR,lots", "3,b,2999-01-01,USD,5.00", "4,a,2024-01-18,EUR,2.00", currency="EUR"
    )
    assert draft.rows("set_aside", "record", "code", "codes") == [
        (2, "bad_time", "bad_time,bad_amount"),
        (3, "time_out_of_range", "time_out_of_range,other_currency"),
    ]


def test_a_price_needs_its_quantity(check: Check) -> None:
    header = "Invoice,Customer,Date,Product,Qty,Unit price"
    lines = ["1,a,2024-01-15,Mug,2,10.00", "1,a,2024-01-15,Tea,many,5.00", "2,b,2024-01-16,Tea,,5.00", "2,b,2024-01-16,Mug,1,7.00",
             "3,b,2024-01-17,Mug,99999999,99999999"]  # fmt: skip
    draft = check(*lines, header=header)
    assert {n: found[:3] for n, found in draft.aside.items()} == {
        2: ("bad_amount", "Qty", "many"), 3: ("no_amount", "Qty", None), 5: ("amount_out_of_range", "Unit price", "99999999"),
    }  # fmt: skip
    assert draft.rows("orders", "order_id", "net") == [("1", Decimal("20.0000")), ("2", Decimal("7.0000"))]


def test_a_total_is_left_without_shipping_and_tax(check: Check) -> None:
    header = "Order,Customer,Date,Total,Shipping,Tax"
    draft = check(
        "1,a,2024-01-15,20.00,5.00,3.00",
        "2,a,2024-01-16,20.00,,",
        "3,a,2024-01-17,20.00,free,1.00",
        "4,a,2024-01-18,9.00,2.00,0.00",
        header=header,
    )
    assert draft.rows("orders", "order_id", "net") == [
        ("1", Decimal("12.0000")),
        ("2", Decimal("20.0000")),
        ("4", Decimal("7.0000")),
    ]
    assert draft.aside[3][:3] == ("bad_amount", "Shipping", "free")


def test_every_order_has_the_amount_before_its_discount(check: Check) -> None:
    columns = {
        "order_id": "Order",
        "customer_id": "Customer",
        "ordered_at": "Date",
        "net": "Net",
        "gross": "Gross",
        "discount": "Off",
    }
    lines = [
        "1,a,2024-01-15,8.00,10.00,2.00",
        "2,a,2024-01-16,8.00,,-2.00",
        "3,a,2024-01-17,8.00,n/a,",
        "4,a,2024-01-18,8.00,1e308,",
    ]
    draft = check(*lines, header="Order,Customer,Date,Net,Gross,Off", columns=columns)
    found = draft.rows("orders", "order_id", "gross", "discount", "net")
    assert found == [("1", 10, 2, 8), ("2", 10, 2, 8), ("3", 8, None, 8), ("4", 8, None, 8)]


@pytest.mark.parametrize(
    ("lines", "question", "options"),
    [
        (("1,a,03/04/2024,EUR,10.00", "2,b,05/06/2024,EUR,20.00"), "day_first", (True, False)),
        (("1,a,2024-04-03,EUR,\"1,234\"", "2,b,2024-04-03,EUR,20"), "decimal", (".", ",")),
    ],
)  # fmt: skip
def test_what_the_file_leaves_open_is_asked_and_the_answer_counts(
    lines: tuple[str, ...], question: str, options: tuple[Any, ...], check: Check
) -> None:
    with pytest.raises(Undecided) as asked:
        check(*lines)
    assert (asked.value.question, asked.value.options) == (question, options)
    assert "Date" in str(asked.value) or "Amount" in str(asked.value)
    answers = [
        check(*lines, **{question: option}).rows("orders", "order_id", "ordered_on", "net")
        for option in options
    ]
    assert answers[0] != answers[1]


# Days of the shop


@pytest.mark.parametrize(
    ("written", "utc", "day"),
    [
        ("2024-03-10 23:30:00", "2024-03-11 03:30:00", "2024-03-10"),  # a clock's time is the shop's
        ("2024-03-10 01:30:00", "2024-03-10 06:30:00", "2024-03-10"),  # before the clocks go forward at two
        ("2024-03-10 03:30:00", "2024-03-10 07:30:00", "2024-03-10"),  # after
        ("2024-07-01T03:59:59Z", "2024-07-01 03:59:59", "2024-06-30"),
        ("2024-07-01T04:00:00Z", "2024-07-01 04:00:00", "2024-07-01"),
        ("2024-12-01 00:30:00 -0500", "2024-12-01 05:30:00", "2024-12-01"),
        ("2024-12-01 00:30:00 +0100", "2024-11-30 23:30:00", "2024-11-30"),
        ("1719792000", "2024-07-01 00:00:00", "2024-06-30"),
    ],
)  # fmt: skip
def test_the_day_is_the_one_in_the_shops_zone(written: str, utc: str, day: str, check: Check) -> None:
    draft = check(f"1,a,{written},EUR,10.00", zone="America/New_York")
    assert draft.rows("orders", "ordered_at", "ordered_on") == [
        (dt.datetime.fromisoformat(utc), dt.date.fromisoformat(day))
    ]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "'; DROP", "EST5", "+03:00"])
def test_a_zone_that_does_not_exist_is_refused_in_a_sentence(zone: str, check: Check) -> None:
    with pytest.raises(MappingProblem, match=r"is not a time zone .* Europe/Berlin"):
        check(SOUND, zone=zone)


# Mappings


def test_a_mapping_comes_back_from_json_as_it_was() -> None:
    mapping = Mapping(
        "shopify_orders", "orders", {"ordered_at": ("Date", "Time"), "net": "Subtotal"}, True, True, False, ",", "Europe/Kyiv", "UAH",
        True, {"USD": "41.5"}, ("0", "guest"), ("Tags",),
    )  # fmt: skip
    assert Mapping.from_json(mapping.to_json()) == mapping
    assert Mapping.from_json(Mapping().to_json()) == Mapping()


def test_a_mapping_of_another_version_is_refused_in_a_sentence() -> None:
    with pytest.raises(MappingProblem, match="does not know: colour"):
        Mapping.from_dict({**json.loads(Mapping().to_json()), "colour": "red"})


def test_what_is_not_there_is_named_with_what_is(check: Check) -> None:
    with pytest.raises(MappingProblem) as problem:
        check("x,y", header="Colour,Size")
    sentence = str(problem.value)
    assert all(
        words in sentence
        for words in ("shop.csv", "who ordered", "when it was ordered", "the amount", "Colour, Size")
    )


def test_a_header_that_the_file_lacks_is_named_with_the_nearest(check: Check) -> None:
    columns = {"customer_id": "Customer", "ordered_at": "Date", "net": "Amont"}
    with pytest.raises(MappingProblem, match=r"no column Amont\. Did you mean Amount\?"):
        check(SOUND, columns=columns)


def test_a_plain_dict_is_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "kasse.csv"
    path.write_text("wer;wann;wieviel\nanna;31.01.2024;12,50\nbert;01.02.2024;7,00\n", encoding="utf-8")
    result = import_orders(
        path, {"customer": "wer", "date": "wann", "amount": "wieviel"}, home=tmp_path / "home"
    )
    assert result.orders.net.sum().execute() == Decimal("19.5")
    assert result.mapping.columns == {"customer_id": "wer", "ordered_at": "wann", "net": "wieviel"}


# Files that are not what they should be


def test_amazon_names_no_customers(tmp_path: Path) -> None:
    with pytest.raises(MappingProblem, match="names no customers"):
        import_orders(HERE / "amazon_all_orders.txt", home=tmp_path)


def test_customers_given_as_orders_and_the_other_way_round(tmp_path: Path) -> None:
    with pytest.raises(MappingProblem, match=r"shopify_customers\.csv is .*customers.*orders was expected"):
        import_orders(HERE / "shopify_customers.csv", home=tmp_path)
    with pytest.raises(MappingProblem, match=r"shopify_orders_2026\.csv is .*orders.*customers was expected"):
        import_customers(HERE / "shopify_orders_2026.csv", home=tmp_path)


@pytest.mark.parametrize("table", ["spend", "surveys", "customers"])
def test_other_tables_say_in_words_what_they_lack(table: str, road: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Colour,Size\nred,1\n", encoding="utf-8")
    staged = road.stage(path, tmp_path / "staged")
    with pytest.raises(MappingProblem, match=r"other\.csv.*Colour, Size") as problem:
        ingest.check(staged, Mapping(table=table), tmp_path / "draft", run=road.run)
    assert "_" not in str(problem.value)

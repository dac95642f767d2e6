"""Each export is recognised by its true header, and only by its own format."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data.formats import registry
from data.formats.base import plain
from data.mapping import EXTRA_COLUMNS
from data.tables import TABLES

HERE = Path(__file__).parent / "fixtures"

FILES = {
    "shopify_orders_2020.csv": "shopify_orders",
    "shopify_orders_2026.csv": "shopify_orders",
    "shopify_customers.csv": "shopify_customers",
    "stripe_payments.csv": "stripe_payments",
    "stripe_chosen_columns.csv": "stripe_payments",
    "stripe_payments_legacy.csv": "stripe_payments_legacy",
    "stripe_balance.csv": "stripe_balance",
    "woocommerce_analytics.csv": "woocommerce_analytics",
    "woocommerce_analytics_old.csv": "woocommerce_analytics",
    "woocommerce_suite.csv": "woocommerce_suite",
    "woocommerce_customers.csv": "woocommerce_customers",
    "square_transactions.csv": "square_transactions",
    "square_items.csv": "square_items",
    "bigcommerce_orders.csv": "bigcommerce_orders",
    "amazon_all_orders.txt": "amazon_all_orders",
    "online_retail.csv": "online_retail",
    "online_retail_ii.csv": "online_retail_ii",
    "typeform_responses.csv": "typeform",
    "typeform_responses_2018.csv": "typeform",
    "surveymonkey_responses.csv": "surveymonkey",
    "google_forms_responses.csv": "google_forms",
    "delighted_responses.csv": "delighted",
    "olist_reviews.csv": "olist_reviews",
}

SHARED_HEADERS = {
    "shopify_orders_export_header_2020.csv": "shopify_orders",
    "shopify_orders_export_header_2026.csv": "shopify_orders",
    "shopify_customers_export_header.csv": "shopify_customers",
    "stripe_unified_payments_header.csv": "stripe_payments",
    "stripe_payments_legacy_header.csv": "stripe_payments_legacy",
    "stripe_balance_history_header.csv": "stripe_balance",
    "woocommerce_analytics_orders_header_new.csv": "woocommerce_analytics",
    "woocommerce_analytics_orders_header_old.csv": "woocommerce_analytics",
}


def header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        first = lines.readline()
        separator = max(",;\t", key=first.count)
        return next(csv.reader([first], delimiter=separator))


def surely(header: list[str]) -> list[str]:
    """The formats that are surer than 0.9 of this header, the surest first."""
    sureness = {name: fmt.sureness(header) for name, fmt in registry().items()}
    return sorted((n for n, s in sureness.items() if s > 0.9), key=lambda n: -sureness[n])


# Recognition


@pytest.mark.parametrize(("file", "name"), FILES.items())
def test_a_true_header_is_recognised_by_one_format_only(file: str, name: str) -> None:
    header = header_of(HERE / file)
    assert registry()[name].sureness(header) == 1.0
    assert surely(header) == [name]


@pytest.mark.parametrize(("file", "name"), SHARED_HEADERS.items())
def test_header_rows_of_real_exports_are_recognised(shared_data: Path, file: str, name: str) -> None:
    header = header_of(shared_data / "exports" / "headers" / file)
    assert registry()[name].sureness(header) == 1.0
    assert surely(header) == [name]


def test_the_fixtures_have_the_headers_of_real_exports(shared_data: Path) -> None:
    headers = shared_data / "exports" / "headers"
    for fixture, real in {
        "shopify_orders_2020.csv": "shopify_orders_export_header_2020.csv",
        "shopify_orders_2026.csv": "shopify_orders_export_header_2026.csv",
        "shopify_customers.csv": "shopify_customers_export_header.csv",
        "stripe_payments.csv": "stripe_unified_payments_header.csv",
        "stripe_payments_legacy.csv": "stripe_payments_legacy_header.csv",
        "woocommerce_analytics.csv": "woocommerce_analytics_orders_header_new.csv",
        "woocommerce_analytics_old.csv": "woocommerce_analytics_orders_header_old.csv",
    }.items():
        assert header_of(HERE / fixture) == header_of(headers / real)


def test_case_and_byte_order_marks_do_not_matter() -> None:
    header = header_of(HERE / "shopify_orders_2026.csv")
    assert surely(["\ufeff" + header[0], *(h.upper() for h in header[1:])]) == ["shopify_orders"]


def test_a_shuffled_header_is_recognised_all_the_same() -> None:
    assert surely(header_of(HERE / "square_items.csv")[::-1]) == ["square_items"]


def test_a_table_of_nobody_in_particular_is_recognised_by_none() -> None:
    assert surely(["Order", "Day", "Who", "How much"]) == []


# What formats say


@pytest.mark.parametrize("name", [n for n in registry() if n != "generic"])
def test_a_format_says_where_its_header_row_was_read(name: str) -> None:
    fmt = registry()[name]
    assert fmt.header_source
    assert fmt.title
    assert fmt.sureness(fmt.signature) == 1.0


@pytest.mark.parametrize("name", registry())
def test_a_format_maps_to_columns_that_exist(name: str) -> None:
    fmt = registry()[name]
    known = {c.name for c in TABLES[fmt.table]} | set(EXTRA_COLUMNS)
    # An answer is kept under the key of its customer, which these two make.
    known |= {"customer_id", "email"} if fmt.table == "surveys" else set()
    assert set(fmt.columns) <= known
    assert set(fmt.patterns) <= set(fmt.columns)
    for rule in fmt.rules:
        assert bool(rule.header) != bool(rule.column)
        assert sum((bool(rule.words), bool(rule.starts), rule.present)) == 1
        assert all(word == plain(word) for word in rule.words)
        assert not rule.column or rule.column in fmt.columns or name == "generic"


@pytest.mark.parametrize("name", sorted(set(FILES.values())))
def test_every_column_and_rule_finds_its_header_in_some_file(name: str) -> None:
    fmt = registry()[name]
    headers = {plain(h) for file, of in FILES.items() if of == name for h in header_of(HERE / file)}
    optional = {"Default Address Country Code", "Order Time", "product_name", "Channel"}
    for column, wanted in fmt.columns.items():
        for header in [wanted] if isinstance(wanted, str) else wanted:
            assert plain(header) in headers or header in optional, (column, header)
    for rule in fmt.rules:
        assert not rule.header or plain(rule.header) in headers, rule


def test_a_mapping_takes_only_the_columns_that_are_there() -> None:
    mapping = registry()["stripe_payments"].mapping(header_of(HERE / "stripe_chosen_columns.csv"))
    assert mapping.columns["order_id"] == ("Invoice Number",)
    assert "email" not in mapping.columns
    assert mapping.settled


def test_shopify_customers_are_keyed_by_email_like_its_orders() -> None:
    """Its export of orders has no customer number, so a number would join nothing."""
    header = ["Customer ID", *header_of(HERE / "shopify_customers.csv")]
    assert surely(header) == ["shopify_customers"]
    assert "customer_id" not in registry()["shopify_customers"].mapping(header).columns

"""A person's path in a real Chromium: open, upload, answer, read the ledger, then the answers; download the table."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import open_page, serving, settle

pytestmark = pytest.mark.browser

SHOPIFY = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Billing Name",
    "Billing Country",
    "Source",
]


def orders(customers: int, seed: int) -> Iterator[tuple[int, int, datetime, float]]:
    """(order, customer, time, amount) of a shop whose customers come back now and then."""
    chance = random.Random(seed)
    number = 1000
    for customer in range(customers):
        moment = datetime(2023, 1, 1, 9) + timedelta(days=chance.uniform(0, 500))
        while moment < datetime(2024, 12, 31):
            number += 1
            yield number, customer, moment, round(chance.uniform(8, 90), 2)
            if chance.random() < 0.35:
                break
            moment += timedelta(days=chance.expovariate(1 / 90))


def shopify(customers: int = 150, seed: int = 1) -> bytes:
    """Orders as Shopify exports them: a row a line item, order cells on the first row only; one broken time."""
    sink = io.StringIO()
    write = csv.DictWriter(sink, SHOPIFY, lineterminator="\n")
    write.writeheader()
    for place, (number, customer, moment, amount) in enumerate(orders(customers, seed)):
        created = "yesterday" if place == 3 else moment.strftime("%Y-%m-%d %H:%M:%S +0100")
        name = "<b>Ann</b>" if customer == 0 else f"Customer {customer}"
        write.writerow(
            {
                "Name": f"#{number}",
                "Email": f"c{customer}@example.com",
                "Financial Status": "paid",
                "Currency": "EUR",
                "Subtotal": f"{amount:.2f}",
                "Shipping": "4.00",
                "Taxes": "0.00",
                "Total": f"{amount + 4:.2f}",
                "Created at": created,
                "Lineitem quantity": 1,
                "Lineitem name": "Tea",
                "Lineitem price": f"{amount:.2f}",
                "Billing Name": name,
                "Billing Country": "DE",
                "Source": "web",
            }
        )
        if place % 3 == 0:
            write.writerow(
                {
                    "Name": f"#{number}",
                    "Lineitem quantity": 2,
                    "Lineitem name": "Cup",
                    "Lineitem price": "0.00",
                }
            )
    return sink.getvalue().encode()


def unknown() -> bytes:
    """A table no format knows; every date in it can be read both ways."""
    lines = ["Beleg;Wer;Wann;Summe"]
    chance = random.Random(5)
    for number in range(200):
        day, month = chance.randint(1, 12), chance.randint(1, 12)
        lines.append(f"B{number};K{number % 60};{day:02d}/{month:02d}/2024;{chance.randint(5, 80)},50")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(address, log) of a server of its own: these tests change what it holds."""
    folder = tmp_path_factory.mktemp("upload")
    with serving(folder / "home", folder / "log.txt") as address:
        yield address, folder / "log.txt"


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator('input[type="file"]').set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": content}]
    )
    expect(page.get_by_text("not kept yet")).to_be_visible(timeout=60_000)
    settle(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def main(page: Page) -> str:
    return page.locator('[data-testid="stMain"]').inner_text()


def go(page: Page, name: str) -> None:
    """By the navigation, as a person does: what was chosen stays chosen."""
    page.locator('[data-testid="stSidebarNavLink"]', has_text=name).click()
    expect(page.locator('[data-testid="stMain"] h1', has_text=name)).to_be_visible(timeout=60_000)
    settle(page)


def test_from_an_export_to_the_answers(shop: tuple[str, Path], page: Page, tmp_path: Path) -> None:
    address, log = shop
    open_page(page, f"{address}/data")
    assert "CDNOW" in main(page)

    upload(page, "orders_export.csv", shopify())
    said = main(page)
    assert "Shopify, orders" in said
    assert "known by the names of its columns" in said
    assert "99.6% of rows accepted" in said
    assert "23,570 customers" in said, "what is shown stays CDNOW until the file is kept"
    press(page, "Keep and show")
    expect(page.get_by_text("Kept as a new data set, orders_export.")).to_be_visible(timeout=60_000)
    settle(page)
    said = main(page)
    assert "99.6% of rows and 99.6% of money accepted" in said  # the one order of "yesterday" is set aside
    assert "562 records in: 560 accepted, 2 set aside" in said
    assert "Fix 2 rows" in said
    with page.expect_download() as started:
        press(page, "Set-aside records as CSV")
    started.value.save_as(tmp_path / "aside.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "aside.csv").read_text("utf-8-sig"))))
    assert [(r["record"], r["column"], r["value"]) for r in rows] == [
        ("5", "Created at", "yesterday"),
        ("6", "", ""),
    ]

    go(page, "Cohorts")
    assert "orders_export" in main(page)
    assert page.locator('[data-testid="stPlotlyChart"]').count() >= 1
    go(page, "Lifetime value")
    expect(page.get_by_role("button", name="All customers as CSV")).to_be_visible(timeout=60_000)
    with page.expect_download() as started:
        press(page, "All customers as CSV")
    started.value.save_as(tmp_path / "customers.csv")
    table = list(csv.reader(io.StringIO((tmp_path / "customers.csv").read_text("utf-8-sig"))))
    assert len(table) - 1 == 150
    assert "Traceback" not in log.read_text()


def test_an_unknown_file_with_dates_that_can_be_read_both_ways(shop: tuple[str, Path], page: Page) -> None:
    address, log = shop
    open_page(page, f"{address}/data")
    upload(page, "kasse.csv", unknown())
    expect(page.get_by_text("Which column is what?")).to_be_visible()
    choose(page, "Order number", "Beleg")
    choose(page, "Customer number", "Wer")
    press(page, "Read it this way")
    expect(page.get_by_text("is the day first or the month?")).to_be_visible(timeout=60_000)
    press(page, "The day is first")
    expect(page.get_by_text("100.0% of rows accepted · 200 orders · 60 customers")).to_be_visible(
        timeout=60_000
    )
    settle(page)
    new = page.get_by_role("radio", name="as a new data set")
    if new.count():
        new.click()
    press(page, "Keep and show")
    expect(page.get_by_text("Every row and all of the money accepted")).to_be_visible(timeout=60_000)
    settle(page)
    assert "200 records in: 200 accepted, 0 set aside" in main(page)
    upload(page, "again.csv", unknown())
    assert "read as you chose last time" in main(page)
    press(page, "Cancel, keep nothing")
    expect(page.get_by_text("not kept yet")).to_have_count(0)
    assert "Traceback" not in log.read_text()


def test_a_bad_file_is_answered_in_a_sentence_and_another_can_follow(
    shop: tuple[str, Path], page: Page
) -> None:
    address, log = shop
    open_page(page, f"{address}/data")
    before = page.locator('[data-testid="stMain"] h3').first.inner_text()
    upload(page, "report.csv", b"%PDF-1.7\n%%EOF")
    said = main(page)
    assert "report.csv is not a table: its content is a PDF" in said
    assert "Nothing was changed" in said
    assert page.locator('[data-testid="stMain"] h3').first.inner_text() == before
    assert page.locator('input[type="file"]').count() == 1
    # Opened below its root, Streamlit's own client first asks for its server there: two 404s of its own.
    assert [c for c in page.complaints if "404" not in c] == []
    assert "Traceback" not in log.read_text()


MB = 1 << 20


def most_memory(process: int) -> int:
    """The most bytes that this process ever had in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says what a process held")
def test_a_large_file_is_held_in_memory_once(shop: tuple[str, Path], page: Page, tmp_path: Path) -> None:
    address, _ = shop
    port = address.rpartition(":")[2].encode()
    server = next(
        int(p.parent.name)
        for p in Path("/proc").glob("[0-9]*/cmdline")
        if {b"--port", port} <= set(p.read_bytes().split(b"\0"))
    )
    large = tmp_path / "large.pdf"
    # Refused at its first bytes, so that reading it takes no time; twice the file would be 200 MB more.
    large.write_bytes(b"%PDF-1.7\n" + bytes(200 * MB))
    open_page(page, f"{address}/data")
    before = most_memory(server)
    page.locator('input[type="file"]').set_input_files(large)
    expect(page.get_by_text("not a table")).to_be_visible(timeout=60_000)
    assert most_memory(server) - before < 300 * MB

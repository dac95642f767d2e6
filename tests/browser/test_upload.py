"""A person's path in a real Chromium: open, upload, answer, read the ledger, then the answers; download the table."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

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

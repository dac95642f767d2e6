"""Consent, e-mails and names: the strictest word counts, and what is unknown stays unknown."""

from __future__ import annotations

import dataclasses

import ibis
import pandas as pd
import pytest

from models.contact_people import GIVEN, REFUSED, UNKNOWN, barred, consents, mailboxes, people
from models.customer_base import load
from models.definitions import Definitions


@pytest.fixture(scope="module")
def shop(order, shop_of):
    rows = [
        order("1", "2024-01-01", email="ann@x.example", name="Ann Lee"),
        order("1", "2024-03-01", email="ann@new.example", name="Ann  van der Lee"),
        order("2", "2024-01-02"),
        order("3", "2024-01-03", email="cy@x.example"),
        order("4", "2024-01-04", email="cy@x.example"),
        order("5", "2024-01-05"),
    ]
    made = shop_of(rows)
    frame = pd.DataFrame(
        {
            "customer": ["1", "2", "3", "4", "9"],
            "email": ["ann@table.example", "ben@x.example", None, None, "no@x.example"],
            "name": [None, "Ben", None, None, None],
            "consent": [" Yes ", "maybe", "TRUE", "no", "no"],
        }
    )
    connection = made.orders.get_backend().con
    connection.register("people_frame", frame)
    names = ", ".join(f"{c}::VARCHAR AS {c}" for c in frame.columns)
    connection.execute(f"CREATE TABLE customers AS SELECT {names} FROM people_frame")
    return dataclasses.replace(made, customers=ibis.duckdb.from_connection(connection).table("customers"))


def test_consent_is_read_and_never_assumed(shop) -> None:
    base = load(shop, Definitions(), named=True)
    assert base.names.to_pylist() == ["1", "2", "3", "4", "5"]
    found = consents(shop, Definitions(), base)
    # "maybe" is no answer, and customer 5 is not in the table; 3 would be written to at the address of 4, who refused.
    assert found.tolist() == [GIVEN, UNKNOWN, REFUSED, REFUSED, UNKNOWN]


def test_of_two_accounts_the_refusal_counts(shop) -> None:
    merged = Definitions(identity="email")
    base = load(shop, merged, named=True)
    found = dict(zip(base.names.to_pylist(), consents(shop, merged, base).tolist(), strict=True))
    assert found["cy@x.example"] == REFUSED
    assert found["ann@x.example"] == GIVEN


def test_without_a_table_nothing_is_known(shop) -> None:
    bare = dataclasses.replace(shop, customers=None)
    base = load(bare, Definitions(), named=True)
    assert set(consents(bare, Definitions(), base).tolist()) == {UNKNOWN}


def test_the_last_address_and_name_and_what_orders_lack(shop) -> None:
    found = people(shop, Definitions(), ["2", "1", "5"])
    assert found.customer.tolist() == ["2", "1", "5"]
    assert found.email.tolist() == ["ben@x.example", "ann@new.example", ""]
    assert found.first_name.tolist() == ["Ben", "Ann", ""]
    assert found.last_name.tolist() == ["", "van der Lee", ""]


@pytest.mark.parametrize(
    ("word", "means"),
    [
        ("NOT_SUBSCRIBED", REFUSED),
        ("opted_out", REFUSED),
        ("Opt-out", REFUSED),
        ("declined", REFUSED),
        ("OPTED_IN", GIVEN),
        ("opt-in", GIVEN),
        ("pending", UNKNOWN),
    ],
)
def test_the_words_of_shop_systems(shop, word: str, means: int) -> None:
    told = dataclasses.replace(shop, customers=shop.customers.mutate(consent=ibis.literal(word)))
    base = load(told, Definitions(), named=True)
    assert consents(told, Definitions(), base)[:4].tolist() == [means] * 4


@pytest.fixture(scope="module")
def twice(order, shop_of):
    """Accounts 1 and 2 have one address, written in two ways; so have 3 and 4, of which 4 once had another one."""
    made = shop_of(
        [
            order("1", "2024-01-01", email="Ann@x.example "),
            order("2", "2024-01-02", email="ann@X.example"),
            order("3", "2024-01-03", email="cy@x.example"),
            order("4", "2024-01-04", email="CY@x.example"),
            order("4", "2024-02-04", email="cy@new.example"),
            order("5", "2024-01-05", email="eve@x.example"),
            order("6", "2024-01-05"),
        ]
    )
    connection = made.orders.get_backend().con
    connection.execute(
        "CREATE TABLE customers AS SELECT * FROM (VALUES ('1', NULL, NULL, 'yes'), ('2', NULL, NULL, 'no'), "
        "('4', NULL, NULL, 'yes'), ('gone', ' EVE@x.example', NULL, 'no')) t(customer, email, name, consent)"
    )
    return dataclasses.replace(made, customers=ibis.duckdb.from_connection(connection).table("customers"))


def test_a_refusal_holds_for_the_address(twice) -> None:
    base = load(twice, Definitions(), named=True)
    found = dict(zip(base.names.to_pylist(), consents(twice, Definitions(), base).tolist(), strict=True))
    # 2 refused at the address of 1; an account without orders refused at that of 5.
    assert found == {"1": REFUSED, "2": REFUSED, "3": UNKNOWN, "4": GIVEN, "5": REFUSED, "6": UNKNOWN}


@pytest.mark.parametrize("rule", ["customer_id", "merged"])
def test_under_every_identity_no_refused_address_is_written_to(twice, rule) -> None:
    other = Definitions(identity=rule)
    keys = load(twice, other, named=True).names.to_pylist()
    found = people(twice, other, keys)
    left = found[~barred(twice, other, found, [])]
    assert not {"ann@x.example", "eve@x.example"} & set(left.email.str.lower())
    assert "cy@new.example" in set(left.email.str.lower())


def test_who_shares_an_address_has_the_same_mailbox(twice) -> None:
    base = load(twice, Definitions(), named=True)
    one, two, three, four, five, six = mailboxes(twice, Definitions(), base).tolist()
    assert one == two
    assert len({one, three, four, five}) == 4
    assert six == -1


@pytest.mark.parametrize("held", [["4"], ["3"]])
def test_no_mail_to_the_addresses_of_those_held_out_or_refusing(twice, held: list[str]) -> None:
    found = people(twice, Definitions(), [c for c in "123456" if c not in held])
    out = set(found.customer[barred(twice, Definitions(), found, held)])
    # 4 had the address of 3 once; 3 never had the new one of 4.
    assert out == {"1", "2", "5"} | ({"3"} if held == ["4"] else set())


def test_by_e_mail_as_well_the_refusing_are_barred(twice) -> None:
    merged = Definitions(identity="email")
    found = people(twice, merged, ["ann@x.example", "cy@x.example", "eve@x.example"])
    assert barred(twice, merged, found, []).tolist() == [True, False, True]
    nobody = dataclasses.replace(twice, customers=None)
    assert barred(nobody, merged, found, []).tolist() == [False] * 3

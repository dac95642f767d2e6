"""The demo shop's customers, spend and surveys."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data import demo_columns as col
from data.demo_orders import ROW_GROUP, Book
from data.demo_process import Bools, Customers, Ints, Orders, Plan, season, truth
from data.demo_texts import (
    COMMENTS,
    FIRST_NAMES,
    LANGUAGES,
    LAST_NAMES,
    QUESTIONS,
    SECOND_LANGUAGE_SHARE,
    TAGS,
)


def names(people: Customers, rng: np.random.Generator) -> dict[str, pa.Array]:
    """customer, email and name by person; after the customers one entry for tests and one (null) for guests.

    A few customers have a second account: the e-mail and name of an earlier one under a number of their own.
    """
    n = len(people.came)
    person = np.arange(n)
    second = (rng.random(n) < truth()["second_account_share"]) & (person > 0)
    person[second] = (rng.random(int(second.sum())) * person[second]).astype(np.int64)
    country = people.country[person].astype(np.int64)
    each = len(next(iter(FIRST_NAMES.values())))
    firsts = [x for country_names in FIRST_NAMES.values() for x in country_names]
    lasts = [x for country_names in LAST_NAMES.values() for x in country_names]
    whole = [f"{first} {last}" for c in range(len(FIRST_NAMES)) for first in firsts[c * each : (c + 1) * each]
             for last in lasts[c * each : (c + 1) * each]]  # fmt: skip
    # Drawn by person, so that a second account bears the same name.
    draw = rng.integers(0, each * each, n)[person]
    email = pc.binary_join_element_wise(col.numbered("customer", person + 1, 7), "@example.com", "")
    return {
        "customer": _and(col.numbered("C", np.arange(1, n + 1), 7), "T0000001"),
        "email": _and(email, "test@example.com"),
        "name": _and(col.pick(whole, country * each * each + draw), "Test order"),
    }


def _and(values: pa.Array, test: str) -> pa.Array:
    return pa.concat_arrays([values, pa.array([test, None], pa.string())])


def write_customers(
    folder: Path, people: Customers, made: Orders, known: dict[str, pa.Array], rng: np.random.Generator
) -> None:
    t = truth()
    n = len(people.came)
    born = rng.integers(int(np.datetime64("1950-01-01", "D").astype(int)), 13_000, n)
    tagged = np.minimum(rng.integers(0, 40, n), len(TAGS))
    values = {
        "customer": known["customer"][:n],
        "customer_id": known["customer"][:n],
        "email": known["email"][:n],
        "name": known["name"][:n],
        "consent": col.pick(["no", "yes"], (rng.random(n) < t["consent"]).astype(np.int8)),
        "first_channel": col.pick(list(t["channels"]), people.channel),
        "country": col.pick(list(t["countries"]), people.country),
        "born_on": col.days(born, rng.random(n) >= t["birth_date_known"]),
        "tags": col.pick([*TAGS, None], tagged),
        "created_at": col.times(made.at[made.number == 0]),
    }
    pq.write_table(col.rows("customers", n, values), folder / "customers.parquet", row_group_size=ROW_GROUP)


def write_spend(folder: Path, plan: Plan, customers: int) -> None:
    """A row a month for each paid channel and for each cost that no channel has."""
    t = truth()
    first = dt.date.fromisoformat(t["first_day"])
    months = plan.spend.shape[1]
    starts = [dt.date(first.year + m // 12, m % 12 + 1, 1) for m in range(months + 1)]
    rows: list[dict[str, Any]] = []
    for m in range(months):
        period = {
            "starts_on": starts[m],
            "ends_on": starts[m + 1] - dt.timedelta(1),
            "currency": t["currency"],
        }
        for c, (channel, facts) in enumerate(t["channels"].items()):
            if facts["cost"]:
                amount = _amount(plan.spend[c, m])
                rows.append({**period, "channel": channel, "amount": amount, "kind": facts["cost_kind"]})
        rows.extend(
            {**period, "amount": _amount(each * customers / months), "kind": kind}
            for kind, each in t["fixed_costs_per_customer"].items()
        )
    pq.write_table(pa.Table.from_pylist(rows, schema=col.schema("spend")), folder / "spend.parquet")


def _amount(dollars: float) -> Decimal:
    return Decimal(round(float(dollars) * 100)).scaleb(-2)


def write_surveys(
    folder: Path, shop: Book, made: Orders, known: dict[str, pa.Array], rng: np.random.Generator
) -> None:
    """Answers of customers whose parcel came: the unhappy answer more often, and lower."""
    t = truth()["satisfaction"]
    n = len(made.at)
    came = ~shop.cancelled[:n] & (shop.delivered[:n] < season().end)
    parts = []
    for kind in ("NPS", "CSAT"):
        answers = (
            np.where(made.unhappy, t["answers"]["unhappy"], t["answers"]["happy"])
            * t[f"asked_{kind.lower()}"]
        )
        which = np.flatnonzero(came & (rng.random(n) < answers))
        when = shop.delivered[which] + (rng.uniform(0.5, 7, len(which)) * 1440).astype(np.int64) * 60_000_000
        in_time = when < season().end
        parts.append(_answers(kind, which[in_time], when[in_time], shop, made, known, rng))
    table = pa.concat_tables(parts).sort_by([("answered_at", "ascending"), ("order_id", "ascending")])
    pq.write_table(table, folder / "surveys.parquet", row_group_size=ROW_GROUP)


def _answers(
    kind: str,
    which: Ints,
    when: Ints,
    shop: Book,
    made: Orders,
    known: dict[str, pa.Array],
    rng: np.random.Generator,
) -> pa.Table:
    chances = truth()["satisfaction"][kind.lower()]
    unhappy, late = made.unhappy[which], made.late[which]
    lowest = 0 if kind == "NPS" else 1
    luck = rng.random(len(which))
    score = np.empty(len(which), np.int64)
    for mood, those in (("happy", ~unhappy), ("unhappy", unhappy)):
        score[those] = lowest + np.searchsorted(np.cumsum(chances[mood])[:-1], luck[those], side="right")
    question, scale = QUESTIONS[kind]
    values = {
        "answered_at": col.times(when),
        "customer": known["customer"].take(pa.array(made.customer[which])),
        "order_id": col.numbered("D", shop.order_number[which], 8),
        "kind": kind,
        "question": question,
        "score": score,
        "scale": scale,
        "comment": _comments(shop.country[which], unhappy, late, rng),
    }
    return col.rows("surveys", len(which), values)


def _comments(country: Ints, unhappy: Bools, late: Bools, rng: np.random.Generator) -> pa.Array:
    n = len(country)
    every = [
        (lang, mood, said)
        for lang, moods in COMMENTS.items()
        for mood, list_ in moods.items()
        for said in list_
    ]
    spoken = (rng.random(n) < SECOND_LANGUAGE_SHARE).astype(np.int8)
    mood = np.where(unhappy, np.where(late & (rng.random(n) < 0.7), 2, 1), 0)
    luck, silent = rng.random(n), rng.random(n) >= truth()["satisfaction"]["comments"]
    chosen = np.zeros(n, np.int64)
    for c, languages in enumerate(LANGUAGES.values()):
        for second, language in enumerate(languages):
            for m, name in enumerate(("happy", "unhappy", "late")):
                places = np.array([i for i, (la, mo, _) in enumerate(every) if (la, mo) == (language, name)])
                those = (country == c) & (spoken == second) & (mood == m)
                chosen[those] = places[(luck[those] * len(places)).astype(np.int64)]
    return col.without(col.pick([said for _, _, said in every], chosen), silent)

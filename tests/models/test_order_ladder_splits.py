"""Who climbs: groups by their first order, held against the house's own splits, lifelines and planted differences."""

from __future__ import annotations

import datetime as dt
from math import isnan

import numpy as np
import pandas as pd
import pytest

from models.cohort_split import split_firsts
from models.definitions import Definitions
from models.order_ladder_splits import COHORT, SEASON, compared
from models.repeat import second_days

D = Definitions()
START = dt.date(2024, 1, 1)


def on(days: int) -> str:
    return str(START + dt.timedelta(days=int(days)))


def shop_with(order, shop_of, chance: dict[str, float], each: int = 250, seed: int = 1):
    """A first order by channel, countries drawn blindly; a second one after 5 to 60 days with the channel's chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for channel, p in chance.items():
        for i in range(each):
            day, who = rng.integers(0, 170), f"{channel}{i}"
            country = str(rng.choice(["US", "GB", "ES"]))
            rows.append(order(who, on(day), channel=channel, country=country))
            if rng.random() < p:
                # What the second order says of channel and country is not the first order's.
                rows.append(order(who, on(day + rng.integers(5, 61)), channel="email", country="FR"))
    return shop_of([*rows, order("close", on(240))])


def test_a_planted_difference_is_named_and_a_blind_one_is_not(order, shop_of) -> None:
    found = compared(shop_with(order, shop_of, {"ads": 0.2, "search": 0.5}), D)
    by = {s.name: s for s in found.splits}
    assert found.splits[0].name == "channel"
    assert by["channel"].differs(0.9)
    (high, _), (low, _) = by["channel"].extremes(90)
    assert (high.label, low.label) == ("search", "ads")
    assert not by["country"].differs(0.9)
    assert [g.label for g in by["country"].groups] == ["ES", "GB", "US"]
    # "email" and the closing customer's empty channel are too small for a group.
    assert {g.label for g in by["channel"].groups} == {"ads", "search"}
    assert found.comparisons == sum(not isnan(s.p) for s in found.splits)


def test_no_difference_is_rarely_taken_for_one(order, shop_of) -> None:
    wrong = 0
    for seed in range(5):
        found = compared(shop_with(order, shop_of, {"ads": 0.4, "search": 0.4, "post": 0.4}, 80, seed), D)
        wrong += any(s.differs(0.9) for s in found.splits)
    # At most a tenth of such shops; 5 of them show 3 or more with a chance of .009.
    assert wrong <= 2


def test_the_groups_are_those_of_the_cohorts_page(order, shop_of) -> None:
    shop = shop_with(order, shop_of, dict.fromkeys("abcdefghij", 0.4), 40)
    ours = {g.label: g.customers for g in compared(shop, D).splits if g.name == "channel" for g in g.groups}
    theirs = split_firsts(shop, D, "channel").execute().split.value_counts()
    # Who has few orders is pooled: the same groups hold the same customers.
    assert ours == {name: n for name, n in theirs.items() if n >= 30}
    assert "all others" in ours


def test_curves_are_the_plain_counts_of_each_group(order, shop_of) -> None:
    shop = shop_with(order, shop_of, {"ads": 0.2, "search": 0.5})
    rows = (
        second_days(shop, D)
        .join(split_firsts(shop, D, "channel")[["customer", "split"]], "customer")
        .execute()
    )
    rows = rows[(pd.Timestamp(on(240)) - pd.to_datetime(rows.first_day)).dt.days >= 60]
    gap = (pd.to_datetime(rows.second_day) - pd.to_datetime(rows.first_day)).dt.days
    by_hand = (gap <= 60).groupby(rows["split"]).mean()
    groups = next(s for s in compared(shop, D).splits if s.name == "channel").groups
    # Everybody was watched for 70 days, so Kaplan-Meier is the plain share.
    for group in groups:
        assert group.by(60).value == pytest.approx(by_hand[group.label])


def test_cohorts_and_seasons_have_names(order, shop_of) -> None:
    def cohorts(first_days: list[str]) -> tuple[list[str], list[str]]:
        rows = [order(f"{day}-{i}", day) for day in first_days for i in range(30)]
        by = {s.name: [g.label for g in s.groups] for s in compared(shop_of(rows), D).splits}
        return by[COHORT], by[SEASON]

    assert cohorts(["2024-01-05", "2024-03-09"]) == (["Jan 2024", "Mar 2024"], ["Dec–Feb", "Mar–May"])
    quarters = [f"2024-{m:02}-15" for m in range(1, 13)]
    assert cohorts(quarters)[0] == ["Q1 2024", "Q2 2024", "Q3 2024", "Q4 2024"]
    assert len(cohorts(quarters)[1]) == 4
    assert cohorts([f"{y}-{m:02}-15" for y in (2021, 2022, 2023) for m in range(1, 13)])[0] == [
        "2021",
        "2022",
        "2023",
    ]


def test_later_steps_can_be_compared_by_the_first_order(order, shop_of) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for i in range(600):
        who, code = f"c{i}", "HELLO" if i % 2 else None
        rows += [order(who, on(0), discount_code=code), order(who, on(20))]
        if rng.random() < (0.2 if code else 0.6):
            rows.append(order(who, on(40)))
    found = compared(shop_of([*rows, order("close", on(120))]), D, step=2)
    discount = next(s for s in found.splits if s.name == "first_discount")
    assert {g.label: g.customers for g in discount.groups} == {"at full price": 300, "with a discount": 300}
    assert discount.differs(0.9)


def test_ten_thousand_first_products(order, shop_of) -> None:
    rows = [order(f"c{i}", on(i % 300), first_product=f"product {i}") for i in range(10_000)]
    found = compared(shop_of(rows), D)
    product = next(s for s in found.splits if s.name == "first_product")
    assert [g.label for g in product.groups] == ["all others"]
    assert isnan(product.p)


def test_a_tiny_shop_compares_nothing(order, shop_of) -> None:
    found = compared(shop_of([order("a", on(0), channel="x"), order("b", on(3), channel="y")]), D)
    assert found.comparisons == 0
    assert all(not s.differs(0.9) for s in found.splits)

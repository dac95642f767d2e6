"""Buyers of one occasion: a planted one is found, none is named where there is none, and the ratio's interval holds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from models.definitions import Definitions
from models.estimate import share
from models.event_buyers import event_buyers, peak_weeks, ratio

D = Definitions()
START = dt.date(2022, 1, 3)


def on(days: int) -> str:
    return str(START + dt.timedelta(days=int(days)))


def simulated(order, shop_of, *, event: float, seed: int = 1):
    """Two years, two first orders a day and eight more a day in a week of each November with a code of its own; 40% return
    within 100 days, of the November week's buyers `event`."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(730):
        date = START + dt.timedelta(days=day)
        peak = date.month == 11 and 21 <= date.day <= 27
        for i in range(10 if peak else 2):
            who, code = f"{day}-{i}", "NOVEMBER" if peak and i >= 2 else None
            product = str(rng.choice(["mug", "pen", "hat"]))
            rows.append(order(who, str(date), discount_code=code, first_product=product))
            if rng.random() < (event if code else 0.4):
                rows.append(order(who, on(day + rng.integers(3, 100)), discount_code="LATER"))
    return shop_of([*rows, order("close", on(1100))])


def test_a_planted_occasion_is_found_by_its_weeks_and_its_code(order, shop_of) -> None:
    found = event_buyers(simulated(order, shop_of, event=0.08), D)
    named = {(s.kind, s.value): s for s in found.named}
    assert ("discount_code", "NOVEMBER") in named
    assert ("peak", "11") in named
    assert {w.month for w in named["peak", "11"].weeks} == {11}
    assert {w.year for w in named["peak", "11"].weeks} == {2022, 2023}
    # The planted truth is .08 / .4 = .2 for the code.
    code = named["discount_code", "NOVEMBER"]
    assert code.ratio.low <= 0.2 <= code.ratio.high < 1
    assert {s.kind for s in found.named} <= {"peak", "discount_code", "month"}
    assert not any(s.kind == "first_product" and s.named for s in found.signs)


def test_nothing_is_named_where_there_is_nothing(order, shop_of) -> None:
    named = [event_buyers(simulated(order, shop_of, event=0.4, seed=seed), D).named for seed in range(4)]
    # One-sided at 5% over all signs of a shop: two of four would come with a chance of .014.
    assert sum(bool(n) for n in named) <= 1


def test_only_equally_old_customers_count_and_everyone_is_in_the_comparison(order, shop_of) -> None:
    rows = []
    for i in range(120):
        rows.append(order(f"old{i}", on(i % 60), discount_code="A" if i < 60 else "B"))
        if i % 60 < (5 if i < 60 else 40):
            rows.append(order(f"old{i}", on(i % 60 + 90)))
    # Too young to be judged: they would make code A look good.
    rows += [order(f"new{i}", on(500), discount_code="A") for i in range(50)]
    rows += [order(f"new{i}", on(505)) for i in range(50)]
    found = event_buyers(shop_of(rows), D)
    sign = next(s for s in found.signs if (s.kind, s.value) == ("discount_code", "A"))
    assert (found.window, found.customers, sign.customers) == (365, 120, 60)
    assert (sign.rate.value, sign.others.value) == (5 / 60, 40 / 60)
    assert sign.ratio.value == pytest.approx(5 / 40)
    exact = fisher_exact([[5, 55], [40, 20]], alternative="less").pvalue
    # The least of all p-values is multiplied by how many there are.
    assert sign.p == pytest.approx(exact * len(found.signs))
    assert sign.named


def test_later_orders_change_no_earlier_answer(order, shop_of) -> None:
    whole = simulated(order, shop_of, event=0.1)
    day = START + dt.timedelta(days=700)
    rows = whole.orders.execute()
    cut = rows[pd.to_datetime(rows.ordered_on) <= pd.Timestamp(day)]
    columns = ("discount_code", "first_product")
    known = [
        order(
            r.customer, str(pd.Timestamp(r.ordered_on).date()), **{c: getattr(r, c) or None for c in columns}
        )
        for r in cut.itertuples()
    ]
    then = D.but(observed_until=day)
    assert event_buyers(whole, then) == event_buyers(shop_of(known), then)


def test_a_ratio_of_shares_with_its_interval() -> None:
    a, b = share(56, 70, level=0.95), share(48, 80, level=0.95)
    found = ratio(a, b)
    assert found.value == pytest.approx((56 / 70) / (48 / 80))
    # Katz (1978) on logarithms, by hand: exp(log 1.3333 -+ 1.96 sqrt(1/56 - 1/70 + 1/48 - 1/80)) = 1.081 .. 1.644; close, not equal.
    assert (found.low, found.high) == pytest.approx((1.081, 1.644), abs=0.03)
    nobody = ratio(share(0, 40), share(20, 40))
    assert (nobody.value, nobody.low) == (0, 0)
    assert 0 < nobody.high < 0.5
    assert not ratio(a, share(0, 40)).known


def test_the_ratio_s_interval_covers() -> None:
    rng = np.random.default_rng(0)
    pairs = [(share(rng.binomial(60, 0.1), 60), share(rng.binomial(600, 0.4), 600)) for _ in range(2000)]
    hits = np.mean([r.low <= 0.25 <= r.high for r in (ratio(a, b) for a, b in pairs)])
    # 2000 runs at .9: two standard errors are .013; Wilson's own steps at n = 60 add a little.
    assert 0.87 <= hits <= 0.94


def test_peaks_are_found_in_the_number_of_first_orders_alone() -> None:
    days = pd.DataFrame({"day": pd.date_range("2023-01-02", periods=364), "customers": 10})
    assert peak_weeks(days) == []
    days.loc[days.day.between("2023-11-20", "2023-11-26"), "customers"] = 25
    assert [str(w.date()) for w in peak_weeks(days)] == ["2023-11-20"]
    noisy = days.assign(customers=np.random.default_rng(1).poisson(2, 364))
    assert peak_weeks(noisy) == []


def test_signs_too_few_or_nobody_back_are_sentences(order, shop_of) -> None:
    tiny = event_buyers(shop_of([order("a", on(0)), order("b", on(400))]), D)
    assert (tiny.signs, tiny.named) == ((), ())
    assert "only 2 customers" in tiny.why
    once = event_buyers(shop_of([order(f"c{i}", on(i)) for i in range(800)]), D)
    assert "Nobody has ordered again" in once.why


def test_ten_thousand_first_products_are_no_signs(order, shop_of) -> None:
    rows = [order(f"c{i}", on(i % 300), first_product=f"product {i}") for i in range(10_000)]
    rows += [order(f"c{i}", on(i % 300 + 20)) for i in range(0, 10_000, 3)] + [order("close", on(900))]
    found = event_buyers(shop_of(rows), D)
    assert not any(s.kind == "first_product" for s in found.signs)
    assert found.named == ()

"""Who is leaving: the backtest, the choice, and what is said when nothing can be."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.btyd.families import BG_NBD
from models.churn import backtest, churn
from models.churn_baselines import BTYD
from models.churn_pick import pick
from models.churn_score import standing_alone
from models.churn_trial import TriedDay
from models.definitions import Definitions
from models.estimate import missing
from models.order_chance import order_chances, without_test
from shop import Shop

START = dt.date(2022, 1, 1)


def bg_nbd_rows(order, rng: np.random.Generator, customers: int, days: int) -> list[dict]:
    """Every order of customers who buy and drop out as BG/NBD says: rate gamma(1.2, 60 days), dropout beta(.8, 2.5)."""
    rows = []
    firsts = rng.integers(0, days - 30, customers)
    rates = rng.gamma(1.2, 1 / 60, customers)
    dropout = rng.beta(0.8, 2.5, customers)
    for c in range(customers):
        at = float(firsts[c])
        while at < days:
            on = START + dt.timedelta(days=int(at))
            rows.append(order(f"c{c:05}", on.isoformat(), float(rng.gamma(4, 10))))
            if len(rows) > 1 and at > firsts[c] and rng.random() < dropout[c]:
                break
            at += rng.exponential(1 / rates[c])
    return rows


END = START + dt.timedelta(days=300)
LATER = END + dt.timedelta(days=100)
HUNDRED = Definitions(churn_horizon_days=100, observed_until=END)


@pytest.fixture(scope="module")
def simulated(order, shop_of) -> Shop:
    """It goes on for the hundred days after END, which no model sees."""
    return shop_of(bg_nbd_rows(order, np.random.default_rng(4), 1_500, 401))


@pytest.fixture(scope="module")
def answer(simulated: Shop):
    return churn(simulated, HUNDRED)


def test_on_customers_who_follow_bg_nbd_the_baseline_is_not_beaten(answer) -> None:
    assert answer.choice.name == BTYD
    assert answer.title == BG_NBD.title
    assert "no better than the baseline" in answer.sentence
    assert {c.name for c in answer.days[0].contenders} == {"boosting", "logistic", "btyd", "recency"}


def test_days_learned_from_end_before_the_day_tried(answer) -> None:
    assert len(answer.days) >= 1
    for one in answer.days:
        assert max(one.training) + dt.timedelta(days=100) <= one.day
    assert answer.days[0].end == answer.end


def test_the_number_of_leavers_is_what_then_happens(answer, simulated: Shop) -> None:
    orders = simulated.orders.select("customer", "ordered_on").execute()
    on = pd.to_datetime(orders.ordered_on).dt.date
    last = on[on <= END].groupby(orders.customer).max()
    active = set(last.index[last > END - dt.timedelta(days=365)])
    stayed = set(orders.customer[(on > END) & (on <= LATER)])
    e = answer.leavers
    assert e.n == answer.active == len(active)
    assert e.low <= len(active - stayed) <= e.high
    assert e.high - e.low < 0.5 * e.n
    assert "will not order within 100 days" in answer.headline


def test_what_drives_it_is_told_of_the_model_in_use(answer) -> None:
    assert {d.group for d in answer.drivers.drivers} == {"recency", "frequency", "rhythm"}
    assert answer.drivers.drivers[0].added_loss.low > 0


def test_the_one_score_is_the_winners_and_its_reasons_add_up(answer, simulated: Shop) -> None:
    found = order_chances(simulated, HUNDRED, churn=answer)
    assert found.model == answer.title
    assert found.days == 100
    fit = BG_NBD.fit(found.base.x, found.base.t, found.base.T)
    p = fit.params_.to_numpy()
    alive = BG_NBD.probability_alive(p, found.base.x, found.base.t, found.base.T)
    expected = alive * BG_NBD.survival_of_count(p, 1, 100.0, found.base.x, found.base.T)
    np.testing.assert_allclose(found.chance, expected, rtol=1e-4)
    at = np.array([3, 100, 1100])
    reasons = found.reasons(at)
    odds = reasons.base + reasons.contributions.sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(odds)), found.chance[at], atol=1e-9)
    assert all(1 <= len(told) <= 3 for told in found.reasons_in_words(at))


def planted_rows(order, rng: np.random.Generator, customers: int) -> list[dict]:
    """Customers who order every 20 days or so; those of one channel stop at random moments, the others never."""
    rows = []
    for c in range(customers):
        channel = ("loyal", "deal")[c % 2]
        at, stop = float(rng.integers(0, 100)), np.inf
        if channel == "deal":
            stop = at + rng.exponential(80)
        while at < min(stop, 231):
            rows.append(order(f"c{c:05}", (START + dt.timedelta(days=int(at))).isoformat(), channel=channel))
            at += rng.exponential(20)
    return rows


def test_a_planted_driver_wins_and_is_named(order, shop_of) -> None:
    rng = np.random.default_rng(8)
    rows = planted_rows(order, rng, 500)
    shop = shop_of(rows)
    definitions = Definitions(churn_horizon_days=90, observed_until=START + dt.timedelta(days=230))
    found = churn(shop, definitions)
    assert found.choice.beaten
    assert "is used" in found.sentence
    chances = order_chances(shop, definitions, churn=found)
    channels = {row["customer"]: row["channel"] for row in rows}
    lately = np.flatnonzero(chances.base.T - chances.base.t < 15)[:40]
    names = [str(chances.base.names[int(i)]) for i in lately]
    reasons = chances.reasons(lately)
    of_channel = reasons.contributions[:, reasons.groups.index("channel")]
    deal = np.array([channels[name] == "deal" for name in names])
    assert deal.any()
    assert of_channel[deal].mean() > 0.1 > -0.1 > of_channel[~deal].mean()
    np.testing.assert_allclose(
        1 / (1 + np.exp(reasons.base + reasons.contributions.sum(axis=1))), chances.chance[lately], atol=1e-7
    )


def test_without_a_signal_the_sentence_says_so(order, shop_of) -> None:
    # Whoever orders on a day is drawn anew every day: nothing about a customer tells anything.
    rng = np.random.default_rng(5)
    bought = rng.random((400, 160)) < 0.012
    bought[:, 0] = True
    rows = [
        order(f"c{c:03}", (START + dt.timedelta(days=int(d))).isoformat(), float(rng.gamma(4, 10)))
        for c, d in np.argwhere(bought)
    ]
    found = churn(shop_of(rows), Definitions(churn_horizon_days=60))
    assert not found.choice.beaten
    assert "no better" in found.sentence


FIGURES = ["auc", "pr_auc", "brier", "log_loss", "calibration_error"]


def test_backtest_on_cdnow(cdnow_sample: Shop) -> None:
    found = backtest(cdnow_sample.orders, 180, ["1998-01-01"])
    assert found.model.tolist() == ["boosting", "logistic", "btyd", "recency"]
    assert found.chosen.sum() == 1
    for figure in FIGURES:
        assert (found[f"{figure}_low"] <= found[figure]).all()
        assert (found[figure] <= found[f"{figure}_high"]).all()
    assert (found.calibration_error_perfect > 0).all()
    # Counted apart: customers of 1997 who bought nothing from 2 January to 30 June 1998.
    orders = cdnow_sample.orders.select("customer", "ordered_on").execute()
    on = pd.to_datetime(orders.ordered_on)
    known = set(orders.customer[on <= "1998-01-01"])
    bought = set(orders.customer[(on > "1998-01-01") & (on <= "1998-06-30")])
    assert found.n.tolist() == [len(known)] * 4
    assert found.base_rate.iloc[0] == pytest.approx(1 - len(known & bought) / len(known))
    assert found.auc.between(0.7, 0.9).all()


def test_the_past_decides_alone(order, shop_of) -> None:
    """Deleting what came after a trial's horizon changes none of its figures."""
    rows = bg_nbd_rows(order, np.random.default_rng(6), 300, 420)
    day, end = START + dt.timedelta(days=110), START + dt.timedelta(days=170)
    whole = backtest(shop_of(rows).orders, 60, [day])
    cut = backtest(shop_of([r for r in rows if r["ordered_on"] <= end]).orders, 60, [day])
    pd.testing.assert_frame_equal(whole, cut)


def test_customers_whom_later_orders_merge_stay_people_of_their_own(order, shop_of, monkeypatch) -> None:
    """Rows are numbered by customer for the bootstrap: who bears another key at the end must not share one number."""
    rows = [order(f"b{c:02}", "2023-01-01", email=f"{c}@x.org") for c in range(20)]
    rows += [order(f"a{c:02}", "2024-01-01", email=f"{c}@x.org") for c in range(20)]
    seen: list[int] = []

    def stop(plan, samples, *_, **__):
        seen.extend(len(np.unique(sample.customer)) for sample in samples.values())
        raise ValueError("seen enough")

    monkeypatch.setattr("models.churn_pick.try_all", stop)
    with pytest.raises(ValueError, match="seen enough"):
        pick(shop_of(rows), Definitions(identity="merged", churn_horizon_days=60))
    assert set(seen) == {20}


def test_reasons_compare_with_active_customers(order, shop_of) -> None:
    """Most of this shop has been gone for years. Who has bought in the last year, but long ago, is not told that the
    silence speaks for them; the contributions still add up to the chance."""
    rows = [
        order(f"gone{c:03}", (START + dt.timedelta(days=c % 50 + 20 * k)).isoformat())
        for c in range(300)
        for k in range(3)
    ]
    rows += [
        order(f"here{c:02}", (START + dt.timedelta(days=1000 + c + 20 * k)).isoformat())
        for c in range(40)
        for k in range(13)
    ]
    silent = [order("silent", (START + dt.timedelta(days=d)).isoformat()) for d in (900, 940, 980, 1008)]
    shop = shop_of([*rows, *silent])
    found = without_test(shop, Definitions(), 100, "")
    names = found.base.names.to_pylist()
    at = np.array([names.index("silent")])
    assert found.base.T[at] - found.base.t[at] == 271
    (told,) = found.reasons_in_words(at)
    assert "days since the last order: 271 (raises)" in told
    reasons = found.reasons(at)
    odds = reasons.base + reasons.contributions.sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(odds)), found.chance[at], atol=1e-9)
    # With the gone among those compared with, the same silence would seem to keep them.
    everyone = replace(found, at_risk_days=10_000)
    (told,) = everyone.reasons_in_words(at)
    assert "days since the last order: 271 (lowers)" in told


@pytest.mark.parametrize(("apart", "worth"), [(90, 3.0), (30, 9 / 5), (0, 1.0)])
def test_days_whose_horizons_overlap_are_worth_fewer(apart: int, worth: float) -> None:
    """Three days of 90: apart by 30 they share two thirds and one third, so 9 / (3 + 2 (2 4/9 + 1/9))."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=apart * k) for k in range(3)]
    tried = [TriedDay(d, d + dt.timedelta(days=90), (), 100, missing("not asked"), ()) for d in days]
    assert standing_alone(tried) == pytest.approx(worth)

"""Satisfaction of a shop: answers counted by hand, differences planted and found, and shops with next to nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from models.definitions import Definitions
from models.satisfaction import nps_scale
from models.satisfaction_groups import groups, mean_scores_differ
from models.satisfaction_orders import after_answer, slope, stratified_log_rank
from models.satisfaction_people import first_answers, unhappy_lately
from models.satisfaction_response import of_everybody, response
from models.satisfaction_trend import FEW, NoAnswers, satisfaction
from models.survival import log_rank

D = Definitions()
START = dt.date(2024, 1, 1)
COLUMNS = ["answered_at", "customer", "order_id", "kind", "question", "score", "scale", "comment"]


def on(days: float) -> str:
    return str(START + dt.timedelta(days=int(days)))


def answered(day: float, customer: str | None, score: float | None, **more: object) -> dict[str, object]:
    when = dt.datetime.combine(START, dt.time(9)) + dt.timedelta(days=day)
    row = {"answered_at": when, "customer": customer, "order_id": None, "kind": "NPS", "question": "friend?"}
    return row | {"score": score, "scale": "0-10", "comment": None} | more


@pytest.fixture
def surveyed():
    def make(shop, rows):  # type: ignore[no-untyped-def]
        frame = pd.DataFrame(rows, columns=COLUMNS).astype({"score": float})
        connection = shop.orders.get_backend().con
        connection.register("answers_frame", frame)
        connection.execute(
            "CREATE OR REPLACE TABLE surveys AS SELECT answered_at::TIMESTAMP AS answered_at, customer::VARCHAR AS customer,"
            " order_id::VARCHAR AS order_id, kind::VARCHAR AS kind, question::VARCHAR AS question, score::DOUBLE AS score,"
            " scale::VARCHAR AS scale, comment::VARCHAR AS comment FROM answers_frame"
        )
        return dataclasses.replace(shop, surveys=ibis.duckdb.from_connection(connection).table("surveys"))

    return make


@pytest.fixture
def plain(order, shop_of):
    """A shop with one order: its answers are what matters."""
    return shop_of([order("a", on(0))])


def test_scores_off_their_scale_are_set_apart_and_never_clipped(plain, surveyed) -> None:
    rows = [answered(1, "a", s) for s in (0, 6, 7, 9, 10, 10)]
    rows += [answered(1, "a", s) for s in (11, -1, 8.5, math.nan)]
    rows += [
        answered(1, "a", 5, scale="1-5"),
        answered(1, "a", 9, scale="nine"),
        answered(1, "a", 9, scale="10-0"),
    ]
    rows += [answered(1, "a", 4, kind="CSAT", scale="1-5"), answered(1, "a", 7, kind="csat ", scale="1-7")]
    shop = surveyed(plain, rows)
    found = satisfaction(shop, D)
    assert found.counts == (1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 2)
    assert found.score.value == pytest.approx((3 - 2) / 6)
    assert found.off_scale == 7
    assert dict(found.kinds) == {"NPS": 13, "CSAT": 2}
    csat = satisfaction(shop, D, kind="CSAT")
    assert (csat.answers, csat.other_scales) == (1, 1)


def test_questions_boxes_and_the_observed_period_are_choices(plain, surveyed) -> None:
    rows = [answered(k, None, 1 + k % 5, kind="CSAT", scale="1-5", question="this order?") for k in range(50)]
    rows += [answered(k, None, 5, kind="CSAT", scale="1-5", question="the shop?") for k in range(10)]
    shop = surveyed(plain, rows)
    assert satisfaction(shop, D, kind="CSAT", question="this order?").score.value == pytest.approx(0.4)
    assert satisfaction(shop, D, kind="CSAT", question="this order?", boxes=1).score.value == pytest.approx(
        0.2
    )
    assert satisfaction(shop, D.but(csat_boxes=3), kind="CSAT").score.value == pytest.approx(40 / 60)
    assert satisfaction(shop, D, kind="CSAT").questions == (("this order?", 50), ("the shop?", 10))
    early = D.but(observed_until=START + dt.timedelta(days=4))
    assert satisfaction(shop, early, kind="CSAT").answers == 10


def test_a_change_that_was_planted_is_seen_and_one_that_was_not_is_noise(plain, surveyed) -> None:
    def month(first: int, promoters: int, passives: int, detractors: int) -> list[dict]:
        scores = [10] * promoters + [8] * passives + [2] * detractors
        return [answered(first + k % 28, None, s) for k, s in enumerate(scores)]

    same = satisfaction(surveyed(plain, month(0, 50, 30, 20) + month(31, 52, 28, 20)), D)
    assert same.width == 1
    assert [p.first for p in same.periods] == [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]
    assert same.change is not None
    assert not same.change.beyond_noise
    # (1.64485 + .84162)^2 * 2 * (.51 + .20 - .31^2) / .02^2 and, for ten points, a 25th of it.
    assert same.change.needed == pytest.approx(18_978, abs=2)
    assert same.change.for_ten == pytest.approx(760, abs=1)
    moved = satisfaction(surveyed(plain, month(0, 50, 30, 20) + month(31, 20, 30, 50)), D).change
    assert moved is not None
    assert moved.beyond_noise
    assert moved.difference.value == pytest.approx(-0.6)


def test_periods_grow_until_they_hold_enough_answers(plain, surveyed) -> None:
    # Eight answers a month: quarters hold 24.
    rows = [answered(30.4 * m + k, None, 9) for m in range(24) for k in range(8)]
    found = satisfaction(surveyed(plain, rows), D)
    assert found.width == 3
    assert sum(p.score.n for p in found.periods) == 192
    by_month = satisfaction(surveyed(plain, rows), D, months=1)
    assert all(p.few for p in by_month.periods)
    assert by_month.change is None
    few = satisfaction(surveyed(plain, rows[:10]), D)
    assert few.score.n == 10 < FEW
    assert few.score.low < 0.6
    assert few.change is None


def test_nothing_to_count_is_said(plain, surveyed) -> None:
    with pytest.raises(NoAnswers, match="no survey answers"):
        satisfaction(plain, D)
    assert "Nobody has answered" in satisfaction(surveyed(plain, [answered(1, "a", 5)]), D, kind="CES").why
    only_bad = satisfaction(surveyed(plain, [answered(1, "a", 55)]), D)
    assert "off its scale" in only_bad.why
    assert not only_bad.score.known


def test_one_answer_a_customer_the_first(order, shop_of, surveyed) -> None:
    shop = shop_of([order("a", on(0), order_id="x"), order("b", on(0)), order("c", on(9))])
    rows = [
        answered(5, "a", 10),
        answered(2, None, 0, order_id="x"),
        answered(8, "b", 7),
        answered(1, None, 9),
    ]
    found = first_answers(surveyed(shop, rows), D, nps_scale()).order_by("customer").execute()
    assert found.customer.tolist() == ["a", "b"]
    assert found.side.tolist() == [-1, 0]


def test_groups_that_differ_are_found_and_others_are_not(order, shop_of, surveyed) -> None:
    rng = np.random.default_rng(1)
    orders, answers = [], []
    for k in range(300):
        good = k % 2 == 0
        orders.append(
            order(
                f"c{k:03}",
                on(k % 60),
                20 + k % 7,
                channel="good" if good else "bad",
                country="AB"[k // 2 % 2],
            )
        )
        answers.append(
            answered(
                k % 60 + 3,
                f"c{k:03}",
                int(rng.choice([10, 8, 3], p=[0.7, 0.2, 0.1] if good else [0.3, 0.3, 0.4])),
            )
        )
    found = groups(surveyed(shop_of(orders), answers), D, scale=nps_scale())
    assert found.customers == 300
    by = {s.name: s for s in found.splits}
    assert found.splits[0].name == "channel"
    assert by["channel"].differs(0.9)
    assert not by["country"].differs(0.9)
    assert by["channel"].corrected == pytest.approx(by["channel"].p * found.comparisons)
    assert {g.label: g.score.n for g in by["channel"].groups} == {"bad": 150, "good": 150}


def test_the_mean_score_statistic_is_pearsons_for_shares() -> None:
    table = np.array([[30, 20, 0], [25, 35, 0], [40, 10, 0]])
    pearson = chi2_contingency(table[:, :2], correction=False)
    n = table.sum()
    ours = mean_scores_differ(table.astype(float))
    from scipy.stats import chi2

    assert ours == pytest.approx(chi2.sf(pearson.statistic * (n - 1) / n, 2))
    assert mean_scores_differ(np.array([[5.0, 0, 0], [9.0, 0, 0]])) == 1.0
    assert math.isnan(mean_scores_differ(np.zeros((1, 3))))


def test_false_alarms_over_groups_stay_below_their_level() -> None:
    rng = np.random.default_rng(2)
    p = [
        mean_scores_differ(rng.multinomial([30, 60, 25], [0.5, 0.3, 0.2]).astype(float)) for _ in range(1500)
    ]
    # Five standard errors of a tenth.
    assert np.mean(np.array(p) < 0.1) == pytest.approx(0.1, abs=0.04)


def test_orders_after_the_answer_by_hand(order, shop_of, surveyed) -> None:
    # 40 promoters order again 10 days after their answer, 40 detractors never; all are watched for 100 days.
    orders, answers = [order("z", on(110))], []
    for k in range(40):
        orders += [order(f"p{k}", on(0), 10), order(f"p{k}", on(20), 30), order(f"d{k}", on(0), 10)]
        answers += [answered(10, f"p{k}", 9), answered(10, f"d{k}", 0), answered(50, f"p{k}", 0)]
    answers.append(answered(3, "nobody", 9))
    found = after_answer(surveyed(shop_of(orders), answers), D, scale=nps_scale())
    assert [(s.side, s.customers) for s in found.sides] == [(-1, 40), (1, 40)]
    assert found.days == 90
    assert [s.within(90).value for s in found.sides] == pytest.approx([0, 1])
    assert found.sides[1].curve.quantile(0.5).value == 10
    assert found.apart.value == pytest.approx(1)
    assert found.apart.low > 0.8
    assert found.test.p < 1e-6
    assert not found.worth.known


def test_ten_points_are_worth_what_was_planted(order, shop_of, surveyed) -> None:
    rng = np.random.default_rng(3)
    orders, answers = [order("z", on(800))], []
    for k in range(400):
        side, name = int(rng.integers(-1, 2)), f"c{k:03}"
        loyal = k % 2 == 0  # two purchases before, happier and richer whatever the answer
        side = 1 if loyal and rng.random() < 0.5 else side
        orders.append(order(name, on(0), 10))
        if loyal:
            orders.append(order(name, on(5), 10))
        orders.append(order(name, on(40), round(60 + 20 * side + 100 * loyal + rng.normal(0, 10), 2)))
        answers.append(answered(10, name, {-1: 3, 0: 8, 1: 9}[side]))
    found = after_answer(surveyed(shop_of(orders), answers), D, scale=nps_scale())
    # A customer who moves one side up brings 20 more: ten points of NPS are a tenth of that.
    assert found.worth.low < 2.0 < found.worth.high
    assert found.worth.high - found.worth.low < 0.5
    assert found.watched == 400


def test_the_slope_is_least_squares_with_strata_and_uneven_scatter() -> None:
    rng = np.random.default_rng(5)
    stratum, side = rng.integers(0, 3, 200), rng.integers(-1, 2, 200)
    money = 5 + 3.0 * side + 10 * stratum + rng.normal(0, 2 + (side == 1) * 3)
    rows = pd.DataFrame({"side": side, "stratum": stratum, "money": money})
    cells = rows.groupby(["side", "stratum"]).money.agg(
        n="count", total="sum", squares=lambda m: (m**2).sum()
    )
    found = slope(cells.reset_index(), 0.9)
    x = np.column_stack([side, *(stratum == k for k in range(3))]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ money
    e = money - x @ b
    variance = (bread @ (x.T * e**2) @ x @ bread)[0, 0] * 200 / (200 - 4)
    assert found.value == pytest.approx(b[0] / 10)
    from scipy.stats import t

    assert found.high - found.value == pytest.approx(t.ppf(0.95, 196) * math.sqrt(variance) / 10)


def test_one_stratum_is_the_plain_log_rank_and_two_alike_double_it() -> None:
    rng = np.random.default_rng(6)
    a, b = (
        (rng.exponential(m, 80).round(), rng.integers(0, 2, 80).astype(float), np.ones(80)) for m in (20, 35)
    )
    plain = log_rank([a, b])
    one = stratified_log_rank([[(-1, a), (1, b)]])
    assert (one.statistic, one.df, one.p) == pytest.approx((plain.statistic, plain.df, plain.p))
    assert stratified_log_rank([[(-1, a), (1, b)]] * 2).statistic == pytest.approx(2 * plain.statistic)
    # A stratum that holds one group only compares nothing.
    assert stratified_log_rank([[(-1, a), (1, b)], [(1, a)]]).statistic == pytest.approx(plain.statistic)


def test_who_answered_against_who_did_not(order, shop_of, surveyed) -> None:
    orders, answers = [], []
    for k in range(40):
        orders += [
            order(f"t{k}", on(0), 50 + k % 2, order_id=f"n{k}"),
            order(f"t{k}", on(30), 50),
            order(f"s{k}", on(20), 20 + k % 2),
        ]
        answers.append(answered(4, None, 9 if k % 4 else 2, order_id=f"n{k}"))
    found = response(surveyed(shop_of(orders), answers), D, scale=nps_scale())
    assert (found.orders, found.orders_answered, found.customers, found.customers_answered) == (
        120,
        40,
        80,
        40,
    )
    by = {c.name: c for c in found.compared}
    assert by["order_value"].answered.value == pytest.approx(50.25)
    assert by["order_value"].silent.value == pytest.approx(20.5)
    assert by["tenure"].apart.value == pytest.approx(20)
    assert by["purchases"].apart.value == pytest.approx(1)
    # All who answered have two purchases, all the silent one: there is nothing to reweight with.
    assert found.reweighted.value == pytest.approx(found.plain.value) == pytest.approx(0.5)
    assert found.weighs == pytest.approx(40)


def test_reweighting_by_hand(order, shop_of, surveyed) -> None:
    # One-time buyers: 100, of whom 10 answered, all detractors; twice: 20, of whom 20 answered, all promoters.
    orders = [order(f"o{k:03}", on(1), 10) for k in range(100)]
    for k in range(20):
        orders += [order(f"t{k:03}", on(1), 10), order(f"t{k:03}", on(5), 10)]
    answers = [answered(6, f"o{k:03}", 0) for k in range(10)] + [
        answered(6, f"t{k:03}", 10) for k in range(20)
    ]
    found = response(surveyed(shop_of(orders), answers), D, scale=nps_scale())
    assert found.plain.value == pytest.approx(10 / 30)
    assert found.reweighted.value == pytest.approx((20 - 100) / 120)
    assert found.weighs == pytest.approx(120**2 / (10 * 100 + 20))


def test_the_silent_and_the_invited() -> None:
    from models.satisfaction import nps

    rate, ends = of_everybody(nps(25, 20, 5), 200)
    assert rate == 0.25
    assert ends == pytest.approx((-0.65, 0.85))
    with pytest.raises(ValueError, match="50 answers came, but 40 invitations"):
        of_everybody(nps(25, 20, 5), 40)


def test_the_unhappy_of_late_are_those_of_the_contact_list(order, shop_of, surveyed) -> None:
    shop = shop_of([order(name, on(d)) for name in "abc" for d in (0, 300)])
    rows = [answered(10, "a", 0), answered(250, "b", 0), answered(260, "b", 10), answered(270, "c", 6)]
    assert unhappy_lately(surveyed(shop, rows), D) == 1
    rows.append(answered(280, "b", 2, kind="CSAT", scale="1-5"))
    assert unhappy_lately(surveyed(shop, rows), D) == 2
    assert unhappy_lately(shop, D) == 0


def test_other_identities_follow_the_order(order, shop_of, surveyed) -> None:
    shop = shop_of(
        [
            order("7", on(0), order_id="x", email="a@b.c"),
            order("8", on(3), order_id="y", email="a@b.c"),
            order("9", on(3)),
        ]
    )
    rows = [answered(2, "7", 10, order_id="x"), answered(1, "8", 0, order_id="y")]
    by_mail = first_answers(surveyed(shop, rows), D.but(identity="email"), nps_scale()).execute()
    assert (by_mail.customer.tolist(), by_mail.side.tolist()) == (["a@b.c"], [-1])


def test_a_shop_without_matched_answers_says_so(order, shop_of, surveyed) -> None:
    shop = surveyed(shop_of([order("a", on(0))]), [answered(3, None, 9) for _ in range(30)])
    assert satisfaction(shop, D).score.n == 30
    assert "matched" in after_answer(shop, D, scale=nps_scale()).why
    assert groups(shop, D, scale=nps_scale()).comparisons == 0
    found = response(shop, D, scale=nps_scale())
    assert (found.answers, found.customers_answered) == (30, 0)
    assert not found.reweighted.known

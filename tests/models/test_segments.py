"""Groups: parts add up to the whole, figures by hand, the top fifth against the bootstrap, and what cannot be said."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from models.customer_table import ranked
from models.definitions import Definitions
from models.order_chance import order_chances
from models.rfm import rfm
from models.segment_figures import average_order, churn_risk, share_of, top_fifth
from models.segment_value import segment_value
from models.segments import (
    ACTIVE,
    GROUP_OF,
    LARGER,
    LARGER_OF,
    NAMES,
    NEW,
    PROSPECTS,
    prospects,
    segments,
)

DEFINITIONS = Definitions()


@pytest.fixture(scope="module")
def cdnow(cdnow_sample):
    chances = order_chances(cdnow_sample, DEFINITIONS)
    return segments(cdnow_sample, DEFINITIONS, chances=chances), chances


def made(shop, definitions=DEFINITIONS):
    return segments(shop, definitions, chances=order_chances(shop, definitions))


def test_groups_add_up_to_the_whole(cdnow, cdnow_sample) -> None:
    found, _ = cdnow
    paid = float(cdnow_sample.orders.net.cast("float64").sum().execute())
    for table in (found.table, found.larger):
        assert table.customers.sum() == 2357
        assert table.revenue.sum() == pytest.approx(paid, abs=0.01)
        assert sum(e.value for e in table["share"]) == pytest.approx(1)


def test_what_groups_will_bring_adds_up(cdnow, cdnow_sample) -> None:
    """To the figure of the Lifetime value page, value and interval: the parameters' error is shared, not added."""
    value = segment_value(cdnow_sample, DEFINITIONS, segments=cdnow[0])
    whole = ranked(cdnow_sample, DEFINITIONS).total
    for parts in (value.eleven, value.larger):
        assert sum(e.value for e in parts) == pytest.approx(whole.value, rel=1e-9)
        assert sum(e.n for e in parts) == 2357
        assert sum(e.high for e in parts) > whole.high
    for end in ("value", "low", "high"):
        assert getattr(value.total, end) == pytest.approx(getattr(whole, end), rel=1e-6)
    for k in range(len(LARGER)):
        mine = [value.eleven[j].value for j in range(len(NAMES)) if LARGER_OF[j] == k]
        assert value.larger[k].value == pytest.approx(sum(mine))


def test_the_mean_of_the_one_score_is_the_risk(cdnow) -> None:
    found, chances = cdnow
    n = len(chances.chance)
    mean = sum(r.customers * r.churn.value for r in found.table.itertuples()) / n
    assert mean == pytest.approx(1 - chances.chance.mean())
    # Poisson-binomial: two customers of chance .5 each; z(90%) sqrt(.5) / 2.
    e = churn_risk(np.array([0.5, 0.5]), 0.9, "")
    assert e.value == 0.5
    assert e.high - e.value == pytest.approx(min(1.6448536 * np.sqrt(0.5) / 2, 0.5), rel=1e-6)


def test_every_customer_is_where_the_table_says(cdnow, cdnow_sample) -> None:
    found, _ = cdnow
    scores, people = rfm(cdnow_sample, DEFINITIONS).scores, found.people
    for k in range(0, len(found.code), 37):
        fm = -(-(scores.frequency[k] + scores.money[k]) // 2)
        expected = GROUP_OF[scores.recency[k] - 1, fm - 1]
        if expected == NEW and people.purchases[k] > 1:
            expected = ACTIVE
        assert found.code[k] == expected
    assert set(GROUP_OF.ravel()) == set(range(len(NAMES))) - {PROSPECTS}
    assert len(LARGER_OF) == len(NAMES)


def test_the_top_fifth_of_cdnow(cdnow_master) -> None:
    """68% (67-68): counted here from the orders with numpy; the interval against 300 bootstrap samples of customers."""
    orders = cdnow_master.orders
    each = orders.group_by("customer").agg(total=orders.net.cast("float64").sum()).execute().total.to_numpy()
    found = top_fifth(each, 0.9)
    ordered = np.sort(each)[::-1]
    assert found.value == pytest.approx(ordered[: len(each) // 5].sum() / each.sum())
    assert (round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (0.68, 0.67, 0.68)
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(300):
        sample = np.sort(rng.choice(each, len(each)))[::-1]
        drawn.append(sample[: len(each) // 5].sum() / sample.sum())
    assert (found.high - found.low) / 2 / 1.6449 == pytest.approx(np.std(drawn), rel=0.15)


def test_the_top_fifth_by_hand() -> None:
    assert top_fifth(np.array([6.0, 1, 1, 1, 1]), 0.9).value == pytest.approx(0.6)
    # A fifth of 7 customers is 1.4 of them: 50 + .4 x 20 of 100.
    assert top_fifth(np.array([50.0, 20, 10, 5, 5, 5, 5]), 0.9).value == pytest.approx(0.58)
    alike = top_fifth(np.full(10, 3.0), 0.9)
    assert (alike.value, alike.low, alike.high) == (
        pytest.approx(0.2),
        pytest.approx(0.2),
        pytest.approx(0.2),
    )
    assert not top_fifth(np.zeros(10), 0.9).known


def test_shares_and_means_cover_what_they_estimate() -> None:
    """200 shops of 300 customers drawn from one population: the 90% intervals hold the truth in about 90%."""
    rng = np.random.default_rng(3)
    covered = np.zeros(2)
    for _ in range(200):
        often = rng.random(300) < 0.3
        orders = 1 + rng.poisson(np.where(often, 4.0, 0.5))
        total = rng.gamma(6.0 * orders, np.where(often, 5.0, 4.0))
        e = share_of(total, often, 0.9)
        # E[total | often] = 5 x 30, else 1.5 x 24.
        covered[0] += e.low <= 0.3 * 150 / (0.3 * 150 + 0.7 * 36) <= e.high
        e = average_order(orders, total, 0.9)
        covered[1] += e.low <= (0.3 * 150 + 0.7 * 36) / (0.3 * 5 + 0.7 * 1.5) <= e.high
    assert (covered / 200 > 0.85).all()
    assert (covered / 200 < 0.95).all()


@pytest.fixture(scope="module")
def forty(order, shop_of):
    """40 customers won on 1 January 2024, one a day older each; 20 buy again in July; watched to 31 December."""
    rows = [order(f"c{i:02}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i)), 10.0 + i) for i in range(40)]
    rows += [order(f"c{i:02}", "2024-07-20", 30.0) for i in range(0, 40, 2)]
    return shop_of([*rows, order(None, "2024-12-31")])


def test_kept_by_hand(forty) -> None:
    """180 days before 31 December is 4 July: then all had bought once, and half of every group has bought since."""
    found = made(forty, Definitions(churn_horizon_days=180))
    assert found.days == 180
    assert sum(e.n for e in found.table.kept if e.known) <= 40
    then = rfm(forty, DEFINITIONS, until=dt.date(2024, 7, 4))
    fm = then.scores.fm
    groups = GROUP_OF[then.scores.recency - 1, fm - 1]
    for row in found.table.itertuples():
        inside = groups == row.group
        if inside.any():
            assert row.kept.n == inside.sum()
            assert row.kept.value == pytest.approx((np.flatnonzero(inside) % 2 == 0).mean())
        else:
            assert "Nobody was in this group" in row.kept.why_missing


def test_prospects_are_people_without_an_order(forty) -> None:
    connection = forty.orders.get_backend()
    connection.raw_sql(
        "CREATE TABLE listed AS SELECT * FROM (VALUES ('c00', 'c00', NULL), ('new1', 'new1', NULL), "
        "('mail@x', NULL, 'mail@x'), (NULL, NULL, 'other@x')) AS people(customer, customer_id, email)"
    )
    table = connection.table("listed")
    assert prospects(dataclasses.replace(forty, customers=table), DEFINITIONS) == 3
    assert prospects(forty, DEFINITIONS) is None


def test_all_alike(order, shop_of) -> None:
    found = made(shop_of([order(f"c{i:02}", day) for i in range(30) for day in ("2024-01-01", "2024-02-01")]))
    assert found.alike
    assert found.top.value == pytest.approx(0.2)
    assert len(found.table) == 1
    assert found.table["share"][0].value == 1


def test_one_time_buyers_only(order, shop_of) -> None:
    rows = [
        order(f"c{i:02}", str(dt.date(2024, 1, 1) + dt.timedelta(days=3 * i)), 5.0 + i) for i in range(50)
    ]
    found = made(shop_of(rows))
    assert found.one_time
    assert not found.alike
    assert found.table.customers.sum() == 50
    assert set(found.scores.frequency) == {3}


def test_too_few_customers_are_said(order, shop_of) -> None:
    two = shop_of([order("a", "2024-01-01"), order("a", "2024-02-01"), order("b", "2024-01-05")])
    with pytest.raises(ValueError, match="There are 2 customers: too few for groups"):
        made(two)


def test_the_scores_of_other_customers_are_refused(cdnow, cdnow_sample) -> None:
    fewer = DEFINITIONS.but(observed_from=dt.date(1997, 2, 1))
    with pytest.raises(ValueError, match="not those of these customers"):
        segments(cdnow_sample, fewer, chances=cdnow[1])

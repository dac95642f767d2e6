"""Value by group: parts add up to the whole, and what was brought is counted by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.btyd.families import FAMILIES
from models.customer_base import NoCustomers
from models.customer_table import ranked
from models.definitions import Definitions
from models.value_groups import value_groups

DEFINITIONS = Definitions()


@pytest.fixture(scope="module", params=FAMILIES)
def both(request, cdnow_sample):
    """(by cohort, all customers ranked) under one model."""
    model = request.param
    return value_groups(cdnow_sample, DEFINITIONS, model=model), ranked(
        cdnow_sample, DEFINITIONS, model=model
    )


def test_groups_add_up_to_all(both) -> None:
    groups, everyone = both
    table = groups.table
    assert table.group.tolist() == [dt.date(1997, month, 1) for month in (1, 2, 3)]
    assert table.customers.sum() == everyone.base.customers == 2357
    assert sum(e.value for e in table.total) == pytest.approx(everyone.total.value, rel=1e-9)
    assert [e.n for e in table.total] == table.customers.tolist()
    assert groups.backtest == everyone.backtest


def test_a_customers_share_is_the_total_over_customers(both) -> None:
    for row in both[0].table.itertuples():
        for end in ("value", "low", "high"):
            assert getattr(row.to_come, end) == pytest.approx(getattr(row.total, end) / row.customers)


def test_a_group_is_known_less_well_than_all(both) -> None:
    groups, everyone = both
    all_of_them = np.log(everyone.total.high / everyone.total.low)
    for total in groups.table.total:
        assert total.low < total.value < total.high
        assert np.log(total.high / total.low) > all_of_them
    # Adding up the ends of the groups' intervals would say less than is known.
    assert sum(e.high for e in groups.table.total) > everyone.total.high


def test_what_the_sample_has_brought(cdnow_sample) -> None:
    """Recorded money: the sum over groups is the sum over orders."""
    table = value_groups(cdnow_sample, DEFINITIONS).table
    orders = cdnow_sample.orders
    paid = float(orders.net.cast("float64").sum().execute())
    assert float((table.brought * table.customers).sum()) == pytest.approx(paid, abs=0.01)


@pytest.fixture(scope="module")
def tiny(order, shop_of):
    """36 customers won in January and February by three channels; every third one comes back each month until June
    and pays 10 more; two orders on one day; a credit note; a first order without a channel."""
    rows = []
    for i in range(36):
        first = dt.date(2024, 1 + i % 2, 1 + i % 20)
        more = {"channel": ("web", "shop")[i % 4 // 2]} if i else {}
        rows.append(order(f"c{i:02}", str(first), 20.0, **more))
        # Later channels do not move a customer into another group.
        back = [f"2024-0{month}-{5 + i % 20:02}" for month in range(3, 7) if i % 3 == 0]
        rows += [order(f"c{i:02}", day, 30.0 + i, channel="app") for day in back]
    rows.append(order("c01", "2024-02-02", 7.0, channel="web"))
    rows.append(order("c03", "2024-06-08", 5.0, channel="web"))
    rows.append(order("c03", "2024-06-08", -4.0))
    return shop_of([*rows, order(None, "2024-07-31", 1000.0)])


def brought_by(member) -> float:
    """By hand, a customer: 20 for the first, 4 times 30 + i for each third, 7 and 1 for two of them."""
    paid = [20 + (4 * (30 + i) if i % 3 == 0 else 0) + {1: 7, 3: 1}.get(i, 0) for i in member]
    return sum(paid) / len(paid)


def test_brought_by_hand_by_channel(tiny) -> None:
    table = value_groups(tiny, DEFINITIONS, by="channel").table.set_index("group")
    members = {
        "not stated": [0],
        "web": [i for i in range(1, 36) if i % 4 < 2],
        "shop": [i for i in range(36) if i % 4 >= 2],
    }
    assert set(table.index) == set(members)
    for name, member in members.items():
        assert table.customers[name] == len(member)
        assert table.brought[name] == pytest.approx(brought_by(member)), name
    assert sum(e.value for e in table.total) == pytest.approx(ranked(tiny, DEFINITIONS).total.value)


@pytest.mark.parametrize("period", ["month", "quarter", "week"])
def test_brought_by_hand_by_cohort(tiny, period) -> None:
    table = value_groups(tiny, DEFINITIONS.but(period=period)).table
    members: dict[dt.date, list[int]] = {}
    for i in range(36):
        first = dt.date(2024, 1 + i % 2, 1 + i % 20)
        if i == 1:
            first = min(first, dt.date(2024, 2, 2))
        start = {
            "month": first.replace(day=1),
            "quarter": dt.date(2024, 1, 1),
            "week": first - dt.timedelta(days=first.weekday()),
        }[period]
        members.setdefault(start, []).append(i)
    assert table.group.tolist() == sorted(members)
    for row in table.itertuples():
        assert row.customers == len(members[row.group])
        assert row.brought == pytest.approx(brought_by(members[row.group]))


def test_a_groups_future_is_that_of_its_customers(tiny) -> None:
    """Each channel's total is the sum of its customers' values, one by one."""
    table = value_groups(tiny, DEFINITIONS, by="channel").table.set_index("group")
    everyone = ranked(tiny, DEFINITIONS)
    values = dict(zip(everyone.base.names.to_pylist(), everyone.value, strict=True))
    in_shop = [values[f"c{i:02}"] for i in range(36) if i % 4 >= 2]
    assert table.total["shop"].value == pytest.approx(sum(in_shop))
    assert table.to_come["shop"].value == pytest.approx(np.mean(in_shop))
    assert table.to_come["shop"].n == 18


def test_what_cannot_be_said_is_said(order, shop_of, tiny) -> None:
    with pytest.raises(NoCustomers, match="No customer has bought anything"):
        value_groups(shop_of([order(None, "2024-01-01")]), DEFINITIONS)
    with pytest.raises(ValueError, match="cannot be split by colour"):
        value_groups(tiny, DEFINITIONS, by="colour")

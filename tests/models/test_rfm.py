"""Scores by mid-rank: by hand, against scipy's ranks, for identical customers, and on a past day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import rankdata

from models.customer_base import NoCustomers
from models.definitions import Definitions
from models.rfm import rfm

DEFINITIONS = Definitions()


@pytest.fixture(scope="module")
def ten(order, shop_of):
    """Customer i of 0..9 buys on day i + 1 of March; 5 to 9 a second time on the same day of May; amounts 10 but for 9's."""
    rows = [order(f"c{i}", f"2024-03-{i + 1:02}", 10.0 if i < 9 else 500.0) for i in range(10)]
    rows += [order(f"c{i}", f"2024-05-{i + 1:02}", 10.0) for i in range(5, 10)]
    return shop_of(rows)


def test_scores_by_hand(ten) -> None:
    """Recency differs for all: pairs get 1 1 2 2 .. 5 5. Half have bought once (mid-rank .25: score 2), half twice (.75:
    4). Money: 5 x 10 (.25: 2), 4 x 20 (.7: 4), 1 x 510 (.95: 5)."""
    found = rfm(ten, DEFINITIONS)
    assert found.scores.recency.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.scores.frequency.tolist() == [2] * 5 + [4] * 5
    assert found.scores.money.tolist() == [2] * 5 + [4] * 4 + [5]
    assert found.scores.fm.tolist() == [2] * 5 + [4] * 4 + [5]


def test_printed_cut_offs_by_hand(ten) -> None:
    """The last day is 10 May. For recency the least recent that still gets 2, 3, 4, 5 bought on 3 and 5 March, 7 and 9 May."""
    found = rfm(ten, DEFINITIONS).cuts
    assert found.silence.tolist() == [68, 66, 3, 1]
    assert found.purchases.tolist() == [1, 2, 2, np.inf]
    assert found.money.tolist() == [10, 20, 20, 510]


def test_on_a_past_day_nothing_later_is_known(ten, order, shop_of) -> None:
    past = rfm(ten, DEFINITIONS, until=dt.date(2024, 3, 31))
    assert past.people.purchases.tolist() == [1] * 10
    assert past.scores.frequency.tolist() == [3] * 10
    assert past.people.silence.tolist() == list(range(30, 20, -1))
    cut = shop_of([order(f"c{i}", f"2024-03-{i + 1:02}", 10.0 if i < 9 else 500.0) for i in range(10)])
    alone = rfm(cut, DEFINITIONS.but(observed_until=dt.date(2024, 3, 31)))
    for name in ("recency", "frequency", "money"):
        assert getattr(past.scores, name).tolist() == getattr(alone.scores, name).tolist()


def test_all_alike_are_in_the_middle(order, shop_of) -> None:
    found = rfm(shop_of([order(f"c{i}", "2024-03-01") for i in range(7)]), DEFINITIONS)
    for scores in vars(found.scores).values():
        assert scores.tolist() == [3] * 7


def test_scores_are_fifths_of_mid_ranks_on_real_orders(cdnow_sample) -> None:
    """Directly from scipy's average ranks, customer by customer; equal customers have equal scores."""
    found = rfm(cdnow_sample, DEFINITIONS)
    n = len(found.people.purchases)
    for values, scores in (
        (-found.people.silence, found.scores.recency),
        (found.people.purchases, found.scores.frequency),
        (found.people.total, found.scores.money),
    ):
        middle = (rankdata(values) - 0.5) / n
        assert np.array_equal(scores, np.minimum(np.floor(5 * middle + 1e-12), 4) + 1)
        assert (np.diff(scores[np.argsort(values, kind="stable")]) >= 0).all()


def test_the_cut_offs_give_the_scores(cdnow_sample) -> None:
    """What is printed decides: reading the three tables by hand gives everybody's score."""
    found = rfm(cdnow_sample, DEFINITIONS)
    people, cuts = found.people, found.cuts
    assert np.array_equal(1 + (people.silence[:, None] <= cuts.silence).sum(axis=1), found.scores.recency)
    assert np.array_equal(
        1 + (people.purchases[:, None] >= cuts.purchases).sum(axis=1), found.scores.frequency
    )
    assert np.array_equal(1 + (people.total[:, None] >= cuts.money).sum(axis=1), found.scores.money)


def test_nobody_is_said(order, shop_of) -> None:
    with pytest.raises(NoCustomers, match="No customer has bought anything"):
        rfm(shop_of([order(None, "2024-01-01")]), DEFINITIONS)

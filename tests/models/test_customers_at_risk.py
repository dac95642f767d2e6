"""Who is shown as at risk, in which order, and what the bands add up to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from models import customers_at_risk as risk
from models.churn_trial import Tried
from models.customer_base import Base
from models.definitions import Definitions
from models.order_chance import OrderChances

N = 40


@pytest.fixture
def chances() -> OrderChances:
    """Customer i ordered last i days ago, has i % 5 repeat purchases, and orders again with chance (i + 0.5) / 40."""
    i = np.arange(N)
    T = np.full(N, 400.0)
    base = Base(
        dt.date(2024, 6, 30),
        (i % 5).astype(np.int64),
        T - i,
        T,
        np.zeros(N),
        pa.chunked_array([[f"c{k:02}" for k in i]]),
    )
    return OrderChances(base, 90, "BG/NBD", (i + 0.5) / N)


def test_the_bands_add_up_to_the_customers_and_to_the_number_that_leaves(chances) -> None:
    found = risk.bands(chances, Definitions())
    assert [b.customers for b in found] == [4] * 10
    assert sum(b.leaving for b in found) == pytest.approx(float((1 - chances.chance).sum()))
    # The four surest to stay have 0.9 and more: (0.0125 + 0.0375 + 0.0625 + 0.0875) of them leave.
    assert found[0].leaving == pytest.approx(0.2)


def test_a_chance_of_exactly_one_falls_into_the_last_band(chances) -> None:
    sure = OrderChances(chances.base, 90, "BG/NBD", np.zeros(N))
    found = risk.bands(sure, Definitions())
    assert [b.customers for b in found] == [0] * 9 + [N]


def test_only_those_who_bought_lately_are_counted(chances) -> None:
    # One customer a day: the last day and the 33 before it, as the retention rate counts them.
    found = risk.bands(chances, Definitions(at_risk_days=34))
    assert sum(b.customers for b in found) == 34


@pytest.mark.parametrize(
    ("days", "said"), [(9, "Only 9 customers have bought"), (1, "Only 1 customer has bought")]
)
def test_too_few_say_nothing(chances, days, said) -> None:
    with pytest.raises(ValueError, match=said):
        risk.bands(chances, Definitions(at_risk_days=days))


def test_the_likeliest_to_leave_come_first(chances) -> None:
    found = risk.at_risk(None, Definitions(), chances=chances, by="chance", top=3)
    assert found.rows.customer.tolist() == ["c00", "c01", "c02"]
    assert (found.matching, found.of) == (N, N)


def test_the_best_of_those_leaving_come_before_all_who_stay(chances) -> None:
    found = risk.at_risk(None, Definitions(), chances=chances, by="regulars", top=N)
    # 0 to 19 are likelier to leave than to stay; of these 4, 9, 14 and 19 have bought most.
    assert found.rows.customer.tolist()[:5] == ["c04", "c09", "c14", "c19", "c03"]
    assert set(found.rows.customer[:20]) == {f"c{k:02}" for k in range(20)}


def test_a_search_looks_anywhere_in_the_key_and_the_download_holds_all_of_it(chances) -> None:
    found = risk.at_risk(None, Definitions(), chances=chances, search=" C1", by="chance", top=4)
    assert found.matching == 10
    assert len(found.rows) == 4
    assert sum(len(part) for part in found.chunks(3)) == 10
    assert found.rows.last_order[0] == dt.date(2024, 6, 20)
    assert found.rows.purchases[0] == 1


def test_a_search_that_finds_nobody(chances) -> None:
    found = risk.at_risk(None, Definitions(), chances=chances, search="nobody")
    assert found.matching == 0
    assert [len(part) for part in found.chunks()] == [0]
    assert found.reasons is None


def test_how_far_a_past_number_was_off() -> None:
    def tried(expected: float, gone: int) -> Tried:
        return Tried("btyd", "BG/NBD", None, None, 0.5, 100, expected, gone, 1.0)

    assert risk.missed(tried(45.0, 50)) == pytest.approx(-0.1)
    assert np.isnan(risk.missed(tried(3.0, 0)))

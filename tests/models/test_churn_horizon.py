"""H from the shop's own time between orders."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

from models.churn_horizon import by_gaps, gap_counts, horizon, share_over
from models.definitions import Definitions
from shop import Shop


def test_the_curve_is_lifelines(cdnow_sample: Shop) -> None:
    days, ended, censored = gap_counts(cdnow_sample, Definitions())
    at, over = share_over(days, ended, censored)
    oracle = KaplanMeierFitter().fit(
        np.repeat(days, 2),
        np.tile([1, 0], len(days)),
        weights=np.stack([ended, censored], axis=1).ravel() + 0.0,
    )
    np.testing.assert_allclose(over, 1 - oracle.predict(at).to_numpy(), atol=1e-9)


def test_open_gaps_count(order, shop_of) -> None:
    # 40 come back after 10 days and 40 after 50; but half of those who might still do so are watched for 20 days only.
    rows = [order(f"s{i}", "2024-01-01") for i in range(40)] + [
        order(f"s{i}", "2024-01-11") for i in range(40)
    ]
    rows += [order(f"l{i}", "2024-01-01") for i in range(40)] + [
        order(f"l{i}", "2024-02-20") for i in range(40)
    ]
    rows += [order(f"n{i}", "2024-03-01") for i in range(40)]
    shop = shop_of(rows)
    definitions = Definitions(observed_until=dt.date(2024, 3, 21))
    # Gaps seen to end: half by day 10, all by day 50.
    assert by_gaps(shop, definitions) == 50
    days, ended, censored = gap_counts(shop, definitions)
    assert dict(zip(days, ended, strict=True)) == {10: 40, 20: 0, 30: 0, 50: 40, 70: 0}
    assert dict(zip(days, censored, strict=True)) == {10: 0, 20: 40, 30: 40, 50: 0, 70: 40}


def test_it_is_proposed_where_it_fits_and_cut_where_not(order, shop_of) -> None:
    def regular(every: int, orders: int):
        start = dt.date(2023, 1, 1)
        return shop_of(
            order(f"c{c}", (start + dt.timedelta(days=every * k)).isoformat())
            for c in range(30)
            for k in range(orders)
        )

    found = horizon(regular(30, 12), Definitions())
    assert (found.days, found.proposed) == (30, 30)
    assert "80%" in found.why
    short = horizon(regular(100, 4), Definitions())
    assert short.proposed == 100
    assert short.days < 100
    assert "too few days" in short.why


def test_who_asks_for_more_than_the_data_hold_is_told(order, shop_of) -> None:
    shop = shop_of([order("a", "2024-01-01"), order("b", "2024-03-01")])
    with pytest.raises(ValueError, match="60 days"):
        horizon(shop, Definitions(churn_horizon_days=60))
    with pytest.raises(ValueError, match="at least 1"):
        horizon(shop, Definitions(churn_horizon_days=0))


def test_where_nobody_came_back_the_usual_horizon_is_taken(order, shop_of) -> None:
    shop = shop_of([order("a", "2021-01-01"), order("b", "2024-03-01")])
    assert horizon(shop, Definitions()).days == 180

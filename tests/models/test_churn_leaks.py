"""A leak planted in the orders is caught, named and held out until it is let in; nothing honest is."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.churn import churn
from models.churn_days import training_days
from models.churn_features import snapshots
from models.churn_leaks import TRUSTED, learnable, sentences
from models.definitions import Definitions
from models.learning import learner
from models.learning.frames import concat
from models.order_chance import order_chances
from models.purchases import observed

START = dt.date(2022, 1, 1)
DEFINITIONS = Definitions(churn_horizon_days=60)


@pytest.fixture(scope="module", autouse=True)
def _few_trees():
    """Which columns are used is the point here, not how well."""
    patch = pytest.MonkeyPatch()
    patch.setattr(learner, "MOST_TREES", 10)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def leaking(order, shop_of):
    """Customers who order every 10 to 30 days and stop at random; once they have, the shop writes "closed" over the
    channel of their last order. The country tells nothing."""
    rng = np.random.default_rng(2)
    rows = []
    for c in range(150):
        at, stop = float(rng.integers(0, 100)), rng.exponential(100)
        days = [at]
        while days[-1] < at + stop:
            days.append(days[-1] + rng.uniform(10, 30))
        days = [int(d) for d in days if d < 231]
        gone = days[-1] < 200
        for k, d in enumerate(days):
            channel = "closed" if gone and k == len(days) - 1 else ("web", "shop")[c % 2]
            on = (START + dt.timedelta(days=d)).isoformat()
            rows.append(order(f"c{c:03}", on, channel=channel, country=("ES", "UA")[c % 3 == 0]))
    return shop_of(rows)


@pytest.fixture(scope="module")
def answer(leaking):
    return churn(leaking, DEFINITIONS)


def test_a_planted_leak_is_named_and_not_used(answer) -> None:
    (leak,) = answer.leaks
    assert (leak.column, leak.let_in) == ("last_channel", False)
    assert leak.auc > 0.98
    (said,) = sentences(answer.leaks)
    assert said.startswith("“Channel of the last order” alone tells who left")
    assert said.endswith("It is held out until it is let in.")
    assert "last_channel" not in answer.score.contender.columns
    for name in ("boosting", "logistic"):
        assert answer.days[0][name].measures.auc.value < 0.97


def test_let_in_it_is_used_still_named_and_the_one_score_can_follow(leaking, answer) -> None:
    found = churn(leaking, DEFINITIONS, allowed=["last_channel"])
    assert [leak.let_in for leak in found.leaks] == [True]
    assert found.choice.beaten
    assert "last_channel" in found.score.contender.columns
    assert found.days[0][found.choice.name].measures.auc.value > 0.98
    let_in = order_chances(leaking, DEFINITIONS, allowed=["last_channel"])
    np.testing.assert_array_equal(let_in.chance, found.score.chance)
    assert np.abs(let_in.chance - answer.score.chance).max() > 0.1


def check_honest(shop, horizon: int, definitions: Definitions) -> None:
    first, last = observed(shop, definitions)
    days = training_days(first, last - dt.timedelta(days=horizon), horizon)
    read = snapshots(shop, definitions, days, horizon, last)
    train = concat([one.sample(read[0].names) for one in read])
    assert len(train) > 1000
    assert learnable(train).leaks == ()


def test_nothing_is_held_out_of_cdnow(cdnow_sample) -> None:
    check_honest(cdnow_sample, 120, Definitions())


def test_days_of_orders_are_never_suspected_whatever_they_tell(order, shop_of) -> None:
    # Clockwork: who is silent for longer than ten days has left, and nothing was written down afterwards.
    rng = np.random.default_rng(3)
    stops = np.where(np.arange(200) % 2, rng.integers(60, 150, 200), 1000)
    rows = [
        order(f"c{c:03}", (START + dt.timedelta(days=at)).isoformat(), float(rng.gamma(4, 10)))
        for c in range(200)
        for at in range(c % 10, min(int(stops[c]), 240), 10)
    ]
    shop, day = shop_of(rows), START + dt.timedelta(days=180)
    read = snapshots(shop, DEFINITIONS, [day], 60, START + dt.timedelta(days=240))
    found = learnable(read[0].sample(read[0].names))
    assert found.leaks == ()
    assert set(TRUSTED) - {"season_now", "last_season"} <= {*found.sample.features.names}

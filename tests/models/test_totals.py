"""Totals of groups, down to a single customer: intervals against simulated futures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.btyd.families import BG_NBD
from models.customer_base import Groups
from models.totals import Totals, totals_ahead

TRUTH = np.array([0.25, 31.0, 0.8, 2.4])
SEEN, AHEAD = 540.0, 365.0
GROUPS = 1500


def followed(customers: int, rng: np.random.Generator):
    """x, t, T at the end of SEEN days and the purchases in the AHEAD days after, of customers won on any day of them:
    each buys until a coin of their own says stop (FHL 2005, section 3)."""
    r, alpha, a, b = TRUTH
    rate, stop = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    T = np.floor(rng.uniform(0, SEEN, customers))
    x, t, later = np.zeros(customers, dtype=np.int64), np.zeros(customers), np.zeros(customers)
    at, stays = rng.exponential(1 / rate), np.ones(customers, dtype=bool)
    while (stays := stays & (at <= T + AHEAD)).any():
        past = stays & (at <= T)
        x[past] += 1
        t[past] = at[past]
        later[stays & ~past] += 1
        stays &= rng.random(customers) >= stop
        at = at + rng.exponential(1 / rate)
    return x, t, T, later


@pytest.mark.parametrize("size", [1, 3, 30])
def test_intervals_of_small_groups_hold_what_they_do(size) -> None:
    """Nominal 90%. Single customers mostly do nothing, and 0 is then in their interval, which has an end."""
    x, t, T, later = followed(size * GROUPS, np.random.default_rng(size))
    each = np.ones(len(x))
    member = np.repeat(np.arange(GROUPS), size)
    fitted = SimpleNamespace(params_=pd.Series(TRUTH), covariance_log_=np.zeros((4, 4)))
    total = totals_ahead(BG_NBD, fitted, Groups(x, t, T, each, 0 * each, 0 * each), AHEAD, member=member)
    estimates = total.estimates(0.9, "purchases", "")
    low, high = (np.array([getattr(e, end) for e in estimates]) for end in ("low", "high"))
    came = np.bincount(member, later)
    assert ((low <= came) & (came <= high)).mean() > 0.87
    assert (came > high).mean() < 0.08
    assert ((low <= total.value) & (total.value <= high)).all()
    assert (high < 20 * total.value + 1e-12).all()
    if size == 1:
        # One purchase at least: P(alive) times what a gamma-Poisson makes of one by then.
        alive = BG_NBD.probability_alive(TRUTH, x, t, T)
        none = 1 - alive * (1 - ((TRUTH[1] + T) / (TRUTH[1] + T + AHEAD)) ** (TRUTH[0] + x))
        assert total.nothing == pytest.approx(none)


def test_each_source_widens_and_none_leaves_no_width() -> None:
    total = Totals(np.array([2.0, 0.0]), np.array([0.1, 0.0]), np.array([3.0, 0.0]), np.array([1, 1]), 0.4)
    zero = np.zeros(2)
    assert [end.tolist() for end in total.bounds(0.9, zero, zero)] == [[2, 0], [2, 0]]
    lucky = total.bounds(0.9, zero, total.chance)
    wide = total.bounds(0.9, total.parameters, total.chance, 0.3)
    assert lucky[0].tolist() == wide[0].tolist() == [0, 0]
    assert 2 < lucky[1][0] < wide[1][0]
    assert wide[1][1] == 0
    # Where nothing is unlikely the lower end is above 0 again.
    sure = Totals(total.value, total.parameters, total.chance, total.customers, 0.01)
    assert sure.bounds(0.9, zero, total.chance)[0][0] > 0


def test_groups_together_are_all_customers_at_once() -> None:
    """Value and luck add up; the parameters' error does not average out, because all groups have the same."""
    x, t, T, _ = followed(600, np.random.default_rng(9))
    each, member = np.ones(len(x)), np.arange(len(x)) % 7
    groups = Groups(x, t, T, each, 0 * each, 0 * each)
    fitted = BG_NBD.fit(x, t, T)
    by_group = totals_ahead(BG_NBD, fitted, groups, AHEAD, member=member)
    at_once, together = totals_ahead(BG_NBD, fitted, groups, AHEAD), by_group.together()
    for figure in ("value", "parameters", "chance", "customers"):
        assert getattr(together, figure) == pytest.approx(getattr(at_once, figure), rel=1e-9)
    J = together.loads
    assert together.parameters[0] ** 2 == pytest.approx(float((J**2).sum()))
    assert together.parameters[0] > np.sqrt((by_group.parameters**2).sum())
    with pytest.raises(ValueError, match="what their groups share"):
        Totals(np.ones(2), np.ones(2), np.ones(2), np.array([1, 1])).together()

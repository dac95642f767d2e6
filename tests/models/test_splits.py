"""Deleting everything after the origin changes no fitted number: real shops, three splits, every model."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

import numpy as np
import pytest

from models.backtest import AHEAD, ORIGINS
from models.btyd.families import FAMILIES
from models.customer_base import Base, fit_groups, fit_spend, grouped
from models.definitions import Definitions
from models.purchases import observed
from models.tracking import split, tracking


@pytest.fixture(params=["cdnow_master", "online_retail"])
def real(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("share", ORIGINS)
def test_deleting_what_came_later_changes_no_fitted_number(real, share) -> None:
    first, last = observed(real, Definitions())
    span = (last - first).days
    origin = first + dt.timedelta(days=round(span * share))
    days = int(span * AHEAD)
    definitions = Definitions(observed_until=origin + dt.timedelta(days=days))
    cut = replace(real, orders=real.orders.filter(real.orders.ordered_on <= origin))

    whole, before = (split(shop, definitions, days) for shop in (real, cut))
    assert before.later.sum() == 0 < whole.later.sum()
    for field in fields(Base):
        one, other = (getattr(past.base, field.name) for past in (whole, before))
        assert np.array_equal(one, other), field.name
    spends = [fit_spend(past.base.x, past.base.m) for past in (whole, before)]
    assert spends[0].parameters.tolist() == spends[1].parameters.tolist()
    assert (spends[0].mean, spends[0].error) == (spends[1].mean, spends[1].error)

    for name, family in FAMILIES.items():
        fits = [fit_groups(grouped(past.base), family) for past in (whole, before)]
        assert fits[0].params_.to_list() == fits[1].params_.to_list()
        assert fits[0].log_likelihood_ == fits[1].log_likelihood_
        assert fits[0].covariance_log_.tolist() == fits[1].covariance_log_.tolist()
        # And as the page asks: forecast and interval, naive guesses, fitted weeks and groups.
        seen, unseen = (tracking(shop, definitions, holdout_days=days, model=name) for shop in (real, cut))
        for figure in ("purchases", "money"):
            one, other = (getattr(found.holdout, figure) for found in (seen, unseen))
            assert (one.forecast, one.average, one.own) == (other.forecast, other.average, other.own)
            assert one.variance == other.variance
        assert seen.weeks.expected.tolist() == unseen.weeks.expected.tolist()
        assert seen.groups.expected.tolist() == unseen.groups.expected.tolist()

"""What the groups of customers are expected to bring, with what they share: one model for all, and its error.

Larger groups are sums of smaller ones: luck is each customer's own, the parameters' error is shared (`totals.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.backtest import Backtest, rolling
from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats, Ints
from models.customer_base import fit_groups, fit_spend, grouped_by
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import weights
from models.segments import LARGER, LARGER_OF, NAMES, Segments
from models.totals import Totals, totals_ahead
from shop import Shop


@dataclass(frozen=True)
class SegmentValue:
    """Value within the horizon, discounted: an Estimate for each of NAMES (`eleven`) and of LARGER (`larger`), and of all
    customers together (`total`). `backtest` says what the model's own error in them is."""

    eleven: list[Estimate]
    larger: list[Estimate]
    total: Estimate
    backtest: Backtest


def segment_value(shop: Shop, definitions: Definitions, *, segments: Segments) -> SegmentValue:
    """Raises ValueError with a sentence where the orders allow no fit."""
    people = segments.people
    base = people.base()
    counts, member = grouped_by(base, segments.code)
    fit = fit_groups(counts, BG_NBD)
    spend = fit_spend(base.x, base.m, fallback=float(np.maximum(people.total, 0).mean()))
    days, worth = weights(definitions)
    past = rolling(shop, definitions, family=BG_NBD)
    method = BG_NBD.title + (", rolling origins" if past.money_error is not None else "")
    found = totals_ahead(BG_NBD, fit, counts, days, spend, worth=worth, member=member)

    def estimates(of: Ints, size: int) -> list[Estimate]:
        return merged(found, of[: len(found.value)], size).estimates(
            definitions.level, "money", method, past.money_error or 0.0
        )

    (total,) = estimates(np.zeros(len(NAMES), dtype=np.int64), 1)
    return SegmentValue(
        estimates(np.arange(len(NAMES)), len(NAMES)), estimates(LARGER_OF, len(LARGER)), total, past
    )


def merged(totals: Totals, of: Ints, size: int) -> Totals:
    """Totals of `size` larger groups, `of` which each one is a part."""
    if totals.loads is None:
        raise ValueError("Totals made by hand do not say what their groups share.")

    def add_up(values: Floats | Ints) -> Floats:
        return np.bincount(of, values, size).astype(float)

    loads = np.array([add_up(load) for load in totals.loads])
    # An empty part brings nothing for certain, and decides nothing about the whole.
    some = totals.customers > 0
    nothing = np.ones(size)
    np.multiply.at(nothing, of[some], np.broadcast_to(totals.nothing, totals.value.shape)[some])
    return Totals(
        add_up(totals.value),
        np.sqrt((loads**2).sum(axis=0)),
        np.sqrt(add_up(totals.chance**2)),
        np.rint(add_up(totals.customers)).astype(np.int64),
        nothing,
        loads,
    )

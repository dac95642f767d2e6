"""How long a silence is churn in this shop: H, proposed from its own time between orders."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np

from models.btyd.inputs import Floats
from models.churn_days import check_horizon, longest
from models.definitions import Definitions
from models.purchases import observed, purchases
from shop import Shop
from words import count, percent, text

SHARE = 0.8
"""Of the gaps that end in another order, so many are over within H. With 0.9 the slowest buyers decide: CDNOW would have
232 days instead of 136, Online Retail 174 instead of 103, longer than either can learn from and be tested on."""
SHORTEST = 7
FEWEST_AT_RISK = 20
FEWEST_GAPS = 30
USUAL = 180
"""Where too few came back to say anything."""


@dataclass(frozen=True)
class Horizon:
    """`days` is H; `why` says where it comes from; `proposed` is what the shop's own rhythm says, None where too few
    came back; `share` of returning gaps are over by it."""

    days: int
    why: str
    proposed: int | None
    share: float = SHARE


def horizon(shop: Shop, definitions: Definitions) -> Horizon:
    """H by the definitions, else the proposal. Raises ValueError with a sentence where H does not fit into the data."""
    first, last = observed(shop, definitions)
    chosen = definitions.churn_horizon_days
    if chosen is not None:
        check_horizon(first, last, chosen)
        return Horizon(chosen, text("{days} days, as this shop’s definitions say.", days=count(chosen)), None)
    proposed = by_gaps(shop, definitions)
    most = longest((last - first).days)
    if most < SHORTEST:
        raise ValueError(
            text(
                "The orders cover {found} days. Even the shortest horizon, {shortest} days, needs a past to learn from and "
                "a period to test on: import more orders.",
                found=count((last - first).days),
                shortest=count(SHORTEST),
            )
        )
    if proposed is None:
        days = min(USUAL, most)
        why = text(
            "Too few customers have ordered again to see a rhythm, so the usual {days} days are taken, as far as the data "
            "allow.",
            days=count(days),
        )
        return Horizon(days, why, None)
    if proposed > most:
        why = text(
            "{share} of the gaps that end in another order are over within {proposed} days, but the orders are too few days "
            "for that: {days} days leave enough past to learn from and to test on.",
            share=percent(SHARE, 0),
            proposed=count(proposed),
            days=count(most),
        )
        return Horizon(most, why, proposed)
    days = max(proposed, SHORTEST)
    why = text(
        "{share} of the gaps that end in another order are over within {days} days.",
        share=percent(SHARE, 0),
        days=count(days),
    )
    return Horizon(days, why, proposed)


def by_gaps(shop: Shop, definitions: Definitions) -> int | None:
    """The first day by which SHARE of the gaps that ever end are over; None where fewer than FEWEST_GAPS have ended.

    Kaplan-Meier (1958, JASA 53, 457-481) on all gaps, those still open counted as censored: the mean of the gaps seen
    would leave out the long ones that have not ended yet. What ever ends is the curve's own last level, as far as
    FEWEST_AT_RISK gaps are watched.
    """
    days, ended, censored = gap_counts(shop, definitions)
    if ended.sum() < FEWEST_GAPS:
        return None
    at, over = share_over(days, ended, censored)
    return int(at[np.argmax(over >= SHARE * over[-1])])


def share_over(days: Floats, ended: Floats, censored: Floats) -> tuple[Floats, Floats]:
    """(days, 1 - S(day)) as far as FEWEST_AT_RISK gaps are watched, at least the first. `days` ascend; `ended` and
    `censored` count the gaps that end, or that stop being watched, on each."""
    both = ended + censored
    at_risk = both.sum() - np.concatenate([[0.0], np.cumsum(both)[:-1]])
    over = 1 - np.cumprod(1 - ended / at_risk)
    seen = max(int((at_risk >= min(FEWEST_AT_RISK, both.sum())).sum()), 1)
    return days[:seen], over[:seen]


def gap_counts(shop: Shop, definitions: Definitions) -> tuple[Floats, Floats, Floats]:
    """Gaps between purchases of one customer, counted by their length in days: (days, ended, still open)."""
    _, last = observed(shop, definitions)
    rows = purchases(shop, definitions, until=last).select("customer", "day")
    following = rows.day.lead().over(group_by=rows.customer, order_by=rows.day)
    gaps = rows.mutate(following=following)
    length = gaps.following.coalesce(ibis.literal(last)).delta(gaps.day, unit="day")
    gaps = gaps.select(days=length, ended=gaps.following.notnull().cast("int64"))
    counted = gaps.group_by("days").agg(ended=gaps.ended.sum(), n=gaps.count()).order_by("days").to_pyarrow()
    days, ended, n = (counted[name].to_numpy().astype(float) for name in ("days", "ended", "n"))
    return days, ended, n - ended

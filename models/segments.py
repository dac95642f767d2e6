"""Groups of customers by recency, frequency and money, named as Shopify names its own.

Shopify does not publish its cut-offs, so these groups are "Shopify-like": ours are the table GROUP_OF, of the scores of
`rfm.py`, whose cut-offs are printed. Prospects are people in the shop's list of customers without an order.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats, Ints
from models.customer_base import fit_groups, grouped
from models.definitions import Definitions
from models.estimate import Estimate, missing, share
from models.order_chance import USUAL_HORIZON, OrderChances
from models.purchases import counted, observed, observed_until
from models.rfm import Cuts, People, Scores, cuts, people_on, scores
from models.segment_figures import average_order, churn_risk, share_of, top_fifth
from shop import Shop
from words import plural, text

ACTIVE, ALMOST_LOST, AT_RISK, CHAMPIONS, DORMANT, LOYAL = range(6)
NEEDS_ATTENTION, NEW, PREVIOUSLY_LOYAL, PROMISING, PROSPECTS = range(6, 11)
NAMES = (
    *("ACTIVE", "ALMOST_LOST", "AT_RISK", "CHAMPIONS", "DORMANT", "LOYAL"),
    *("NEEDS_ATTENTION", "NEW", "PREVIOUSLY_LOYAL", "PROMISING", "PROSPECTS"),
)
GROUP_OF = np.array(
    [
        [DORMANT, DORMANT, DORMANT, PREVIOUSLY_LOYAL, PREVIOUSLY_LOYAL],
        [DORMANT, DORMANT, AT_RISK, AT_RISK, AT_RISK],
        [ALMOST_LOST, ALMOST_LOST, NEEDS_ATTENTION, NEEDS_ATTENTION, NEEDS_ATTENTION],
        [PROMISING, PROMISING, ACTIVE, LOYAL, LOYAL],
        [NEW, NEW, ACTIVE, CHAMPIONS, CHAMPIONS],
    ]
)
"""The group by recency score (row, 1 to 5) and the mean of frequency and money scores (column, 1 to 5). In the cells of
NEW a customer who has bought more than once is ACTIVE."""

LARGER = ("BEST", "ACTIVE_ONES", "BEGINNERS", "SLIPPING", "ASLEEP")
LARGER_OF = np.array([1, 3, 3, 0, 4, 0, 3, 2, 3, 2, 4])
"""Of each of the eleven, the larger group that Plain shows it in."""

FEWEST = 25
"""With fewer customers a fifth is fewer than five people: no groups are formed."""


@dataclass(frozen=True)
class Segments:
    """`code` (an index of NAMES) and `people` have one entry a customer, in the order of the customers' keys.

    `table` has a row for each of the ten groups of customers with orders that is not empty, `larger` for each of the
    five: `group` (an index of NAMES or LARGER), `customers`, `revenue` (until now), and Estimates: `share` (of revenue),
    `kept` (of those who were in the group `days` days ago, the share
    that has bought since), `churn` (no order within `days` days: the mean of the one score), `average_order`.
    `top` is the share of revenue of the fifth of customers that brought most. `prospects` is None where the shop has no
    list of customers. `parameters` are BG/NBD's, None where it cannot be fitted. What groups will bring: `segment_value.py`.
    """

    end: dt.date
    days: int
    people: People
    scores: Scores
    cuts: Cuts
    code: Ints
    table: pd.DataFrame
    larger: pd.DataFrame
    top: Estimate
    prospects: int | None
    parameters: Floats | None

    @property
    def nbytes(self) -> int:
        """What keeping this costs."""
        return self.people.nbytes + self.code.nbytes * 5

    @property
    def alike(self) -> bool:
        """Whether no score tells any two customers apart."""
        return all(len(np.unique(s)) == 1 for s in vars(self.scores).values())

    @property
    def one_time(self) -> bool:
        """Whether nobody has bought twice."""
        return int(self.people.purchases.max()) == 1


def segments(
    shop: Shop, definitions: Definitions, *, chances: OrderChances | None = None, scored: bool = True
) -> Segments:
    """See Segments; `chances` is the one score of the same shop under the same definitions. Without it, where `scored` is
    False because no model could be fitted, groups have no `churn`.

    Raises ValueError with a sentence where there are too few customers for groups.
    """
    level = definitions.level
    score = chances if scored else None
    days = score.days if score else definitions.churn_horizon_days or USUAL_HORIZON
    end = observed_until(shop, definitions)
    before = end - dt.timedelta(days=days)
    people, past = people_on(shop, definitions, [end, before])
    n = len(people.purchases)
    if n < FEWEST:
        raise ValueError(too_few(n))
    if score and (n != score.base.customers or end != score.end):
        raise ValueError(
            text("The chances of an order are not those of these customers. Open the page again.")
        )
    ruler = cuts(people)
    found = scores(people, ruler)
    code = group(found, people)
    then = past_groups(past)
    back = past.known & (people.purchases > past.purchases)
    observed_from = observed(shop, definitions)[0]

    def table(of: Ints, size: int) -> pd.DataFrame:
        mine = of[code]
        rows = []
        was = np.where(then >= 0, of[then], -1)
        for k in range(size):
            inside, earlier = mine == k, was == k
            if not inside.any():
                continue
            kept = share(
                int(back[earlier].sum()), int(earlier.sum()), level=level, why_missing=_nobody(before)
            )
            rows.append(
                {
                    "group": k,
                    "customers": int(inside.sum()),
                    "revenue": float(people.total[inside].sum()),
                    "share": share_of(people.total, inside, level),
                    "kept": kept if before >= observed_from else missing(_young(days), level=level),
                    "churn": churn_risk(score.chance[inside], level, score.model)
                    if score
                    else missing(_no_score(), level=level),
                    "average_order": average_order(people.orders[inside], people.total[inside], level),
                }
            )
        return pd.DataFrame(rows)

    return Segments(
        end,
        days,
        people,
        found,
        ruler,
        code,
        table(np.arange(len(NAMES)), len(NAMES)),
        table(LARGER_OF, len(LARGER)),
        top_fifth(people.total, level),
        prospects(shop, definitions),
        _parameters(people),
    )


def group(found: Scores, people: People) -> Ints:
    """The index of NAMES of each customer."""
    code = GROUP_OF[found.recency - 1, found.fm - 1]
    return np.where((code == NEW) & (people.purchases > 1), ACTIVE, code)


def past_groups(past: People) -> Ints:
    """The same as of a past day, by that day's own cut-offs; -1 for who had not bought yet."""
    code = np.full(len(past.purchases), -1)
    if past.known.any():
        then = past.of(past.known)
        code[past.known] = group(scores(then, cuts(then)), then)
    return code


def prospects(shop: Shop, definitions: Definitions) -> int | None:
    """People in the list of customers of whom no order that counts is known, by any of their keys."""
    if shop.customers is None:
        return None
    listed, orders = shop.customers, counted(shop, definitions)
    for key in ("customer", "customer_id", "email"):
        known = orders.filter(orders[key].notnull()).select(**{f"of_{key}": orders[key]}).distinct()
        listed = listed.anti_join(known, listed[key] == known[f"of_{key}"])
    return int(listed.count().execute())


def too_few(n: int) -> str:
    """Why there are no groups."""
    return plural(
        "There is {n} customer: too few for groups, which are made of fifths; from {least} on there are some.",
        "There are {n} customers: too few for groups, which are made of fifths; from {least} on there are some.",
        n,
        least=FEWEST,
    )


def _parameters(people: People) -> Floats | None:
    try:
        return fit_groups(grouped(people.base()), BG_NBD).params_.to_numpy(float)
    except ValueError:
        # The page that shows the model says why; groups do not need it.
        return None


def _no_score() -> str:
    return text("No model of purchases could be fitted to these orders.")


def _nobody(day: dt.date) -> str:
    return text("Nobody was in this group on {day}.", day=day.isoformat())


def _young(days: int) -> str:
    return text("Who has ordered since is not known: the orders do not reach {days} days back.", days=days)

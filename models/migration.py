"""Who moved from one group to another between a past day and now, beside what would have moved anyway.

Groups are made of counts of a few rare events, so customers cross their borders all the time without changing: 24% to
65% of them in simulations of shops where nothing changes. The comparison is therefore a world in which every customer
keeps the habits shown up to the past day: BG/NBD and Gamma-Gamma are fitted to what was known then, each customer's
purchases until now are drawn from them given that history (`futures.py`), and the customers are put into groups by the
same cut-offs as the real ones. Each repetition also draws the parameters, and a factor on all rates as large as the
model's own error on this shop until the past day (`backtest.rolling`), which all customers share. A flow is named only
where it lies beyond what these worlds hold, corrected for the number of flows looked at (Benjamini and Hochberg 1995,
Journal of the Royal Statistical Society B 57, 289-300).

Both days have the cut-offs of their own fifths: a group is a place among the customers of the day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import poisson
from scipy.stats import t as student_t

from models.backtest import rolling
from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats, Ints
from models.customer_base import Base, Spend, fit_groups, fit_spend, grouped
from models.definitions import Definitions
from models.estimate import Estimate, share
from models.futures import money_ahead, purchases_ahead
from models.purchases import observed
from models.rfm import Cuts, People, cuts, day_number, people_on, scores
from models.segments import FEWEST, LARGER, LARGER_OF, NAMES, group, past_groups
from shop import Shop
from words import day, text

WORLDS = 100
MOST_DRAWS = 4_000_000
"""Customers times worlds; of a large shop fewer worlds tell as much, but never fewer than LEAST_WORLDS."""
LEAST_WORLDS = 24
FALSE_ALARMS = 0.1
FEW = 10
FEWEST_MOVED, NOTABLE = 5, 0.1
"""A flow of which fewer were seen and fewer were expected is not named, however rare; nor one that departs by less than
this share of what was expected: with a million customers every model is wrong by that much somewhere."""


@dataclass(frozen=True)
class Migration:
    """`seen` (groups then, groups now): customers. `worlds` (worlds, then, now): the same where nobody changes. `size`
    of each group then. `eleven` says which groups (NAMES, else LARGER) these are."""

    start: dt.date
    end: dt.date
    eleven: bool
    seen: Ints
    worlds: Ints
    newcomers: int
    level: float

    @property
    def customers(self) -> int:
        return int(self.seen.sum())

    @property
    def moved(self) -> Estimate:
        """The share of customers that is in another group now."""
        return share(self.customers - int(np.trace(self.seen)), self.customers, level=self.level)

    @property
    def moved_anyway(self) -> Estimate:
        """The same where nobody changes, with the interval that the worlds span."""
        stayed = np.trace(self.worlds, axis1=1, axis2=2) / self.customers
        low, high = np.quantile(1 - stayed, [(1 - self.level) / 2, (1 + self.level) / 2])
        method = text("simulated without change")
        return Estimate(
            float(1 - stayed.mean()),
            float(low),
            float(high),
            self.customers,
            self.level,
            "share",
            method,
        )

    @property
    def flows(self) -> pd.DataFrame:
        """A row for each pair of groups that somebody took or was expected to: `then`, `now`, `seen` and `expected`
        (customers), `low`, `high` (what the worlds span), `p`, and `beyond`: whether it is named."""
        then, now = np.nonzero(self.seen + self.worlds.max(axis=0))
        seen, worlds = self.seen[then, now], self.worlds[:, then, now]
        # What is seen is one more world: mean and spread are known from the others only, so Student's t counts.
        drawn = len(self.worlds)
        expected, sd = worlds.mean(axis=0), worlds.std(axis=0, ddof=1) * np.sqrt(1 + 1 / drawn)
        sd = np.maximum(sd, 1 / np.sqrt(drawn))
        normal = 2 * student_t.sf(np.maximum(np.abs(seen - expected) - 0.5, 0) / sd, drawn - 1)
        # A few customers are a count, whose tails are longer than the normal's.
        rare = 2 * np.minimum(poisson.cdf(seen, expected), poisson.sf(seen - 1, expected))
        p = np.minimum(np.where(expected < FEW, np.maximum(normal, rare), normal), 1.0)
        z = float(student_t.ppf((1 + self.level) / 2, drawn - 1))
        asked = (then != now) & (np.maximum(seen, expected) >= FEWEST_MOVED)
        apart = np.abs(seen - expected) >= NOTABLE * expected
        beyond = np.zeros(len(p), dtype=bool)
        beyond[asked] = named(p[asked]) & apart[asked]
        return pd.DataFrame(
            {
                "then": then,
                "now": now,
                "seen": seen,
                "expected": expected,
                "low": np.maximum(expected - z * sd, 0),
                "high": expected + z * sd,
                "p": p,
                "beyond": beyond,
            }
        )


def migration(
    shop: Shop, definitions: Definitions, *, back_days: int, eleven: bool = False, seed: int = 0
) -> Migration:
    """From `back_days` before the last observed day until then.

    Raises ValueError with a sentence where there were too few customers then, or what they did allows no fit.
    """
    first, end = observed(shop, definitions)
    start = end - dt.timedelta(days=back_days)
    if start < first:
        raise ValueError(
            text(
                "The orders begin on {first}, after {start}: nothing is known of the groups then.",
                first=day(first),
                start=day(start),
            )
        )
    past, people = people_on(shop, definitions, [start, end])
    known = past.known
    if known.sum() < FEWEST:
        raise ValueError(
            text(
                "On {start} there were {n} customers: too few for groups.",
                start=day(start),
                n=int(known.sum()),
            )
        )
    ruler = cuts(people)
    now = group(scores(people, ruler), people)[known]
    then = past_groups(past)[known]
    worlds = _worlds(shop, definitions, past.of(known), end, ruler, seed)
    of, size = (np.arange(len(NAMES)), len(NAMES)) if eleven else (LARGER_OF, len(LARGER))
    tables = np.array([_crossed(of[then], of[world], size) for world in worlds])
    return Migration(
        start, end, eleven, _crossed(of[then], of[now], size), tables, int((~known).sum()), definitions.level
    )


def _worlds(
    shop: Shop, definitions: Definitions, past: People, end: dt.date, ruler: Cuts, seed: int
) -> list[Ints]:
    """The groups of today of the customers of the past day, in worlds in which they keep their habits."""
    rng = np.random.default_rng(seed)
    base = past.base()
    fit = fit_groups(grouped(base), BG_NBD)
    # The first purchase counts like any other: groups hang on what a customer has paid in all, and who began small goes on so.
    paid = replace(base, x=past.purchases, m=np.maximum(past.total, 0) / past.purchases)
    spend = fit_spend(paid.x, paid.m)
    # As known then: what has happened since must not widen what it is held against.
    known_then = definitions.but(observed_until=past.end)
    own = rolling(shop, known_then, family=BG_NBD).model_error or 0.0
    theta, root = np.log(fit.params_.to_numpy(float)), np.linalg.cholesky(fit.covariance_log_)
    worlds = int(np.clip(MOST_DRAWS // base.customers, LEAST_WORLDS, WORLDS))
    found = []
    for _ in range(worlds):
        parameters = np.exp(theta + root @ rng.standard_normal(len(theta)))
        found.append(
            _world(
                parameters,
                spend,
                past,
                base,
                paid,
                end,
                ruler,
                rng,
                float(np.exp(own * rng.standard_normal())),
            )
        )
    return found


def _world(
    parameters: Floats,
    spend: Spend,
    past: People,
    base: Base,
    paid: Base,
    end: dt.date,
    ruler: Cuts,
    rng: np.random.Generator,
    faster: float,
) -> Ints:
    days = (end - past.end).days
    bought, at = purchases_ahead(BG_NBD, parameters, base, float(days), rng, faster)
    # Purchases are days: the last one falls on the day that its moment is in.
    last = np.where(bought > 0, day_number(past.end) + np.ceil(at).astype(np.int64), past.last)
    later = People(
        end,
        past.first,
        last,
        past.purchases + bought,
        past.orders + bought,
        past.total + money_ahead(spend, paid, bought, rng),
        past.first_value,
    )
    return group(scores(later, ruler), later)


def _crossed(then: Ints, now: Ints, size: int) -> Ints:
    return np.bincount(then * size + now, minlength=size * size).reshape(size, size)


def named(p: Floats, rate: float = FALSE_ALARMS) -> np.ndarray:
    """Which of these tests to believe, so that of those believed no more than a share `rate` is false on average:
    Benjamini and Hochberg (1995)."""
    order = np.argsort(p, kind="stable")
    within = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1))
    found = np.zeros(len(p), dtype=bool)
    if len(within):
        found[order[: within[-1] + 1]] = True
    return found

"""Everyone worth contacting, each once, with one reason, ordered by the value at stake.

Value at stake = (1 - chance of an order within H days) x what the customer brings over the value horizon if kept. That is
the value of one who is still a customer: the risk of being gone already is in the chance, and must not count twice. It
is what hangs in the balance, not what contacting wins: who is likely to leave need not be open to persuasion.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models import contact_signs as signs
from models.backtest import Backtest, rolling
from models.btyd.inputs import Floats, Ints, pairs
from models.contact_people import consents, mailboxes
from models.contact_signs import Bools, SecondWindow
from models.customer_base import Base, Fit, fit_base
from models.definitions import Definitions
from models.estimate import Estimate
from models.lifetime_value import first_purchase, weights
from models.next_order import alive_by_score, next_order
from models.order_chance import OrderChances
from models.slowing import Slowing
from models.totals import Totals, independent, slope
from shop import Shop
from words import text

REASONS = ("unhappy", "overdue", "slipping", "second")
"""In order of precedence: an unhappy answer first, because a reminder to an unhappy customer makes it worse."""
STAGES = ("first", "growing", "lapsed")
"""First order to second; growing to loyal; lapsed."""
LIKELY_GONE = 0.5
"""Lapsed is who has been silent for longer than the own rhythm, or after one order than those who come back take, and
will more likely than not place no order within H days."""
BEST_SHARE = 0.2
BANDS = ("best", "rest")
"""The fifth of the list with most at stake, and the rest."""


@dataclass(frozen=True)
class ContactList:
    """Those worth contacting, most at stake first; arrays have one row each, but `chances` holds all customers.

    `at` are their places in `chances.base`; `reason`, `stage` and `band` count in REASONS, STAGES and BANDS; `all_reasons`
    has bit k set where reason k applies too. `value` (over the horizon, if still a customer) and `stake` are money. `total` and
    `of_reason` are sums of `stake`; their intervals hold the parameters, chance and the model's own error.
    """

    chances: OrderChances
    fit: Fit
    at: Ints
    reason: Ints
    all_reasons: Ints
    stage: Ints
    band: Ints
    value: Floats
    stake: Floats
    total: Estimate
    of_reason: tuple[Estimate, ...]
    window: SecondWindow
    watched: int
    """Customers with orders enough to be seen slipping; `signs.FALSE_ALARMS` of them would be by chance alone."""
    answers: bool
    """Whether the shop has any answers to read."""
    consent: Ints
    """contact_people.GIVEN, REFUSED or UNKNOWN."""
    mailbox: Ints
    """`contact_people.mailboxes` of all customers of the base, those on the list or not."""

    @property
    def base(self) -> Base:
        return self.chances.base

    @property
    def chance(self) -> Floats:
        return self.chances.chance[self.at]

    @property
    def nbytes(self) -> int:
        """What keeping this costs beside the score."""
        codes = (self.reason, self.all_reasons, self.stage, self.band, self.consent)
        arrays = (self.at, self.value, self.stake, self.mailbox, *codes)
        return sum(a.nbytes for a in arrays) + self.chances.nbytes

    def count(self, reason: str) -> int:
        return int((self.reason == REASONS.index(reason)).sum())

    def names(self, rows: Ints) -> list[str]:
        """The customers' keys at these rows of the list."""
        names = self.base.names
        return [] if names is None else names.take(pa.array(self.at[rows])).to_pylist()

    def rows_of(self, keys: list[str]) -> Ints:
        """The rows of the list at which these customers stand; who is not on it is left out."""
        where = np.full(self.base.customers, -1)
        where[self.at] = np.arange(len(self.at))
        found = where[self._places(keys)]
        return found[found >= 0]

    def reached_with(self, keys: list[str]) -> Bools:
        """Which rows of the list are these customers, on the list or not, or are written to at an address of theirs."""
        places = self._places(keys)
        boxes = self.mailbox[places]
        same = np.isin(self.mailbox[self.at], boxes[boxes >= 0])
        return same | np.isin(self.at, places)

    def _places(self, keys: list[str]) -> Ints:
        names = self.base.names
        if names is None or not keys:
            return np.zeros(0, dtype=np.int64)
        return pc.index_in(pa.array(keys, names.type), value_set=names).drop_null().to_numpy()

    def find(self, search: str = "", reason: str = "", stage: str = "") -> Ints:
        """The rows of the list that a reader asks for, in its order."""
        kept = np.ones(len(self.at), dtype=bool)
        if reason:
            kept &= (self.all_reasons >> REASONS.index(reason)) & 1 == 1
        if stage:
            kept &= self.stage == STAGES.index(stage)
        if search.strip() and self.base.names is not None:
            hits = pc.match_substring(self.base.names, search.strip(), ignore_case=True)
            kept &= hits.to_numpy()[self.at]
        return np.flatnonzero(kept)

    def rows(self, rows: Ints, level: float) -> pd.DataFrame:
        """Columns: customer, reason, also (other reasons, a list), stage, band, chance, next (median days to the next
        order from the last day), next_low, next_high (infinite where none is likely enough), silent (days since the
        last order), value, stake."""
        base, at = self.base, self.at[rows]
        x, t, T = base.x[at], base.t[at], base.T[at]
        family, p = self.fit.family, self.fit.parameters
        # What is said of the days agrees with the one score, whichever model made that.
        alive = alive_by_score(family, p, x, T, self.chances.chance[at], float(self.chances.days))
        middle, low, high = next_order(family, p, x, t, T, level, alive=alive)
        others = [
            [name for k, name in enumerate(REASONS) if bits >> k & 1 and k != main]
            for bits, main in zip(self.all_reasons[rows], self.reason[rows], strict=True)
        ]
        return pd.DataFrame(
            {
                "customer": self.names(rows),
                "reason": [REASONS[k] for k in self.reason[rows]],
                "also": others,
                "stage": [STAGES[k] for k in self.stage[rows]],
                "band": [BANDS[k] for k in self.band[rows]],
                "chance": self.chances.chance[at],
                "next": middle,
                "next_low": low,
                "next_high": high,
                "silent": T - t,
                "value": self.value[rows],
                "stake": self.stake[rows],
            }
        )


def contact_list(
    shop: Shop,
    definitions: Definitions,
    *,
    chances: OrderChances,
    past: Backtest | None = None,
    slow: Slowing | None = None,
) -> ContactList:
    """See ContactList. `past` is `backtest.rolling` of this shop, where it is known already: the model's own error. `slow` are
    the best customers who slow down by `models.slowing`: whoever is named there is on this list too.

    Raises ValueError with a sentence where the orders allow no fit.
    """
    base = chances.base
    fallback = 0.0 if base.x.any() else first_purchase(shop, definitions, fewest=2).value
    fit = fit_base(base, fallback if isfinite(fallback) else 0.0)
    rhythm = signs.rhythm(shop, definitions, base.end)
    window = signs.second_window(definitions, rhythm, base, fit.parameters, fit.family.title)
    answered = signs.unhappy(shop, definitions, base)
    silent = base.T - base.t
    overdue = (base.x > 0) & (silent > signs.own_patience(fit.parameters, base.x, base.t))
    slipping = signs.slower(rhythm, base.x) | signs.smaller(rhythm) | _named(slow, base)
    second = (base.x == 0) & (window.first <= base.T) & (window.last >= base.T)
    unhappy = np.zeros(base.customers, dtype=bool) if answered is None else answered
    # Slipping means still buying: who is overdue has stopped for now.
    bits = _bits((unhappy, overdue, slipping & ~overdue, second))
    listed = np.flatnonzero(bits)
    past = past or rolling(shop, definitions)
    value, totals, reason = _stakes(definitions, chances, fit, listed, _first_of(bits[listed]))
    stake = (1 - chances.chance[listed]) * value
    # A stable sort of a sorted base: equal customers keep the order of their keys.
    order = np.argsort(-stake, kind="stable")
    method = text("{model}, {score}", model=fit.family.title, score=chances.model)
    error = past.money_error or 0.0
    (total,) = totals.together().estimates(definitions.level, "money", method, error)
    of_reason = totals.estimates(definitions.level, "money", method, error)
    late = overdue | ((base.x == 0) & (window.last < base.T))
    lapsed = late & (chances.chance < LIKELY_GONE)
    stage = np.where(lapsed, 2, np.where(base.x == 0, 0, 1))
    rank = np.arange(len(order))
    return ContactList(
        chances,
        fit,
        listed[order],
        reason[order],
        bits[listed][order],
        stage[listed][order],
        (rank >= np.ceil(BEST_SHARE * len(order))).astype(np.int64),
        value[order],
        stake[order],
        total,
        tuple(of_reason),
        window,
        int((rhythm.recent > 0).sum()),
        answered is not None,
        consents(shop, definitions, base)[listed][order],
        mailboxes(shop, definitions, base),
    )


def _named(slow: Slowing | None, base: Base) -> Bools:
    named = np.zeros(base.customers, dtype=bool)
    if slow is not None and base.names is not None:
        who = pa.array(slow.beyond.customer.tolist(), base.names.type)
        named[pc.index_in(who, value_set=base.names).drop_null().to_numpy()] = True
    return named


def _bits(found: tuple[Bools, ...]) -> Ints:
    return sum(flags.astype(np.int64) << k for k, flags in enumerate(found))  # type: ignore[return-value]


def _first_of(bits: Ints) -> Ints:
    """The lowest bit set: the reason that takes precedence."""
    return np.log2(bits & -bits).astype(np.int64)


def _stakes(
    definitions: Definitions, chances: OrderChances, fit: Fit, listed: Ints, reason: Ints
) -> tuple[Floats, Totals, Ints]:
    """(value of each listed customer if kept, value at stake by reason, the reasons).

    Parameters: delta method, the chance moving as the model of purchases says, whichever model made it. Chance: who
    orders within H is a coin of its own for each customer, Var = value^2 c (1 - c).
    """
    base, family = chances.base, fit.family
    x, t, T, m = base.x[listed], base.t[listed], base.T[listed], base.m[listed]
    days, worth = weights(definitions)
    kinds, ages, row = pairs(x, T)
    chance = chances.chance[listed]

    def bought(theta: Floats) -> tuple[Floats, Floats]:
        """(purchases of who is still a customer, chance of an order within H)."""
        p = np.exp(theta)
        alive = family.probability_alive(p, x, t, T)
        ordered = family.survival_of_count(p, 1, float(chances.days), kinds, ages)[row]
        return (family.purchases_if_alive(p, kinds, ages, days) @ worth)[row], alive * ordered

    def amounts(theta: Floats) -> Floats:
        return fit.spend.expected(x, m, np.exp(theta) if len(theta) else None)

    def add_up(values: Floats) -> Floats:
        return np.bincount(reason, values, len(REASONS)).astype(float)

    theta, spend_theta = np.log(fit.parameters), np.log(fit.spend.parameters)
    (expected, modelled), each_worth = bought(theta), amounts(spend_theta)
    value = expected * each_worth

    def at_stake(theta: Floats) -> Floats:
        expected, ordered = bought(theta)
        moved = np.clip(chance + ordered - modelled, 0.0, 1.0)
        return add_up((1 - moved) * expected * each_worth)

    loads = independent(fit.purchases.covariance_log_, slope(at_stake, theta))
    if len(spend_theta):
        J = slope(lambda at: add_up((1 - chance) * expected * amounts(at)), spend_theta)
        loads = np.vstack([loads, independent(fit.spend.covariance_log, J)])
    counts = np.bincount(reason, minlength=len(REASONS)).astype(np.int64)
    luck = np.sqrt(add_up(value**2 * chance * (1 - chance)))
    nothing = np.exp(add_up(np.log(np.maximum(chance, 1e-300))))
    parameters = np.sqrt((loads**2).sum(axis=0))
    totals = Totals(add_up((1 - chance) * value), parameters, luck, counts, nothing, loads)
    return value, totals, reason

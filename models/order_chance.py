"""The one score: each customer's chance of an order within H days after the last observed day.

Every page that speaks of leaving shows this figure and no other. It comes from the model that won the test on the shop's
own past (`churn.py`); where no test is possible, from BG/NBD.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats, Ints
from models.churn import Churn
from models.churn_baselines import BTYD, Btyd
from models.churn_contenders import Contender
from models.churn_horizon import USUAL, horizon
from models.churn_pick import pick, span
from models.churn_score import Score, score
from models.churn_words import written
from models.customer_base import Base, load, still_customer
from models.definitions import Definitions
from models.learning.frames import Features
from models.learning.reasons import Reasons, explain
from shop import Shop
from words import plural, text

USUAL_HORIZON = USUAL
FEWEST = 30
"""Of fewer active customers no chance is told on any page: their number says nothing about how many will leave."""
COMPARED = 24
"""Customers that each one is compared with to find what is special about it."""


@dataclass(frozen=True)
class OrderChances:
    """`chance` is in the order of `base`, whose `names` are the customers' keys. `days` is H, `model` the title of the
    model that made it; `why` says why that one. Who has not bought for more than `at_risk_days` has left already."""

    base: Base
    days: int
    model: str
    chance: Floats
    score: Score | None = None
    why: str = ""
    currency: str = ""
    at_risk_days: int = Definitions().at_risk_days

    @property
    def end(self) -> dt.date:
        return self.base.end

    @property
    def nbytes(self) -> int:
        """What keeping this costs."""
        names = self.base.names.nbytes if self.base.names is not None else 0
        return self.chance.nbytes * 5 + names + (self.score.nbytes if self.score is not None else 0)

    @property
    def _known(self) -> Score:
        if self.score is None:
            raise ValueError(text("These chances hold no model, so there are no reasons to give."))
        return self.score

    @cached_property
    def _background(self) -> Features:
        """The customers that each one is compared with, drawn from the active: beside those long gone every customer who has
        bought in the last year seems to have bought just now."""
        those = active(self, self.at_risk_days)
        at = np.random.default_rng(0).choice(those, min(COMPARED, len(those)), replace=False)
        return self._known.contender.view(self._known.features(np.sort(at)))

    def reasons(self, at: Ints) -> Reasons:
        """What moves the predictions of the customers at these positions of `base` most, strongest first.

        The contributions are to the log odds of leaving and add up: `reasons.base` plus the sum of a row's contributions
        is the log odds of 1 - chance. Raises ValueError where only chances were kept.
        """
        used = self._known.contender
        seen = used.view(self._known.features(np.asarray(at, np.intp)))
        return explain(used.chance, seen, self._background, np.arange(len(seen)))

    def reasons_in_words(self, at: Ints) -> list[tuple[str, ...]]:
        """The same as sentences, three a customer at most."""
        write = written(self.currency)
        return [tuple(reason.sentence(write) for reason in most) for most in self.reasons(at).most]


def active(chances: OrderChances, at_risk_days: int) -> Ints:
    """The positions of those who bought within so many days before the last one, and can still be said to leave.

    Raises ValueError with a sentence where they are fewer than FEWEST.
    """
    found = np.flatnonzero(still_customer(chances.base.T - chances.base.t, at_risk_days))
    if len(found) < FEWEST:
        raise ValueError(
            plural(
                "Only {n} customer has bought within the last {days} days. Fewer than {fewest} say nothing about how many "
                "will leave.",
                "Only {n} customers have bought within the last {days} days. Fewer than {fewest} say nothing about how many "
                "will leave.",
                len(found),
                days=at_risk_days,
                fewest=FEWEST,
            )
        )
    return found


def order_chances(
    shop: Shop,
    definitions: Definitions,
    *,
    churn: Churn | None = None,
    allowed: Collection[str] = (),
    progress: Callable[[float, str], None] | None = None,
) -> OrderChances:
    """The winner's score at the last observed day. `churn` is the answer of `models.churn.churn` to the same question,
    where it is known already: then nothing is fitted again. `allowed` is as there.

    Where the past allows no test BG/NBD's chance is given, and `why` says so. Raises ValueError with a sentence where
    not even that can be fitted, where H does not fit into the data, or where fewer than FEWEST customers are active.
    """
    if churn is not None:
        return _of(churn.score, churn.horizon.days, churn.sentence, shop, definitions)
    span(shop, definitions)
    h = horizon(shop, definitions)
    try:
        picked = pick(shop, definitions, allowed=allowed, progress=progress)
    except ValueError as problem:
        return without_test(shop, definitions, h.days, str(problem))
    return _of(picked.score, h.days, picked.sentence, shop, definitions)


def _of(found: Score, days: int, why: str, shop: Shop, definitions: Definitions) -> OrderChances:
    """Every way to a score leads through here, so that no page has one where another says that there is none."""
    made = OrderChances(
        found.base,
        days,
        found.contender.title,
        found.chance,
        found,
        why,
        shop.currency,
        definitions.at_risk_days,
    )
    active(made, definitions.at_risk_days)
    return made


def without_test(shop: Shop, definitions: Definitions, days: int, why: str) -> OrderChances:
    """BG/NBD's chance of an order within `days`, fitted to all histories; nothing says how good it is here."""
    base = load(shop, definitions, named=True)
    fitted = BG_NBD.fit(base.x, base.t, base.T)
    btyd = Btyd(BG_NBD, fitted.params_.to_numpy(float), days)
    found = score(base, Contender(BTYD, BG_NBD.title, btyd, Btyd.columns))
    told = text("{model} is used, untested: {reason}", model=BG_NBD.title, reason=why)
    return _of(found, days, told, shop, definitions)

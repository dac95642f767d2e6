"""The one score: each customer's chance of an order within H days after the last observed day.

Every page that speaks of leaving shows this figure and no other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from models.btyd.families import BG_NBD
from models.btyd.inputs import Floats
from models.customer_base import Base, fit_base, load
from models.definitions import Definitions
from shop import Shop

USUAL_HORIZON = 180


@dataclass(frozen=True)
class OrderChances:
    """`chance` is in the order of `base`, whose `names` are the customers' keys. `days` is H, `model` the title of the
    model that made it."""

    base: Base
    days: int
    model: str
    chance: Floats

    @property
    def end(self) -> dt.date:
        return self.base.end

    @property
    def nbytes(self) -> int:
        """What keeping this costs."""
        names = self.base.names.nbytes if self.base.names is not None else 0
        return self.chance.nbytes * 5 + names


def order_chances(shop: Shop, definitions: Definitions) -> OrderChances:
    """Raises ValueError with a sentence where the orders allow no score.

    P(at least one purchase within H) = P(alive) [1 - ((alpha + T) / (alpha + T + H))^(r + x)]: Fader, Hardie and Lee
    (2005), Marketing Science 24, 275-284, from equations 6 and 7.
    """
    base = load(shop, definitions, named=True)
    fit = fit_base(base)
    days = definitions.churn_horizon_days or USUAL_HORIZON
    alive = BG_NBD.probability_alive(fit.parameters, base.x, base.t, base.T)
    chance = alive * BG_NBD.survival_of_count(fit.parameters, 1, float(days), base.x, base.T)
    return OrderChances(base, days, BG_NBD.title, chance)

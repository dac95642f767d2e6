"""Who may be leaving: how many customers stand at which chance, and each one's reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models.btyd.inputs import Ints
from models.churn_trial import Tried
from models.churn_words import written
from models.definitions import Definitions
from models.learning.reasons import Reasons
from models.order_chance import OrderChances, active
from shop import Shop

SHOWN = 200
"""Customers whose reasons are worked out: with boosted trees that takes some 30 ms each."""
BANDS = 10

Order = Literal["regulars", "chance"]


@dataclass(frozen=True)
class Band:
    """Customers whose chance of leaving lies in `low`..`high`; `leaving` of them are expected to leave."""

    low: float
    high: float
    customers: int
    leaving: float


@dataclass(frozen=True)
class AtRisk:
    """The customers shown, at these positions `at` of the base: `rows` as of `rows_of`, `reasons` in the same order,
    `told` in words (nothing where only chances were kept). `matching` were found, of `of` who bought lately enough to be counted."""

    chances: OrderChances
    order: Ints
    rows: pd.DataFrame
    reasons: Reasons | None
    told: tuple[tuple[str, ...], ...]
    matching: int
    of: int

    @property
    def nbytes(self) -> int:
        """What keeping this costs, beside the chances, which are kept anyway."""
        return self.order.nbytes + 2000 * len(self.rows)

    def chunks(self, size: int = 50_000) -> Iterator[pd.DataFrame]:
        """All that were found, some at a time: for a download."""
        for start in range(0, max(len(self.order), 1), size):
            yield rows_of(self.chances, self.order[start : start + size])


def bands(chances: OrderChances, definitions: Definitions) -> tuple[Band, ...]:
    """The active customers by their chance of leaving, in BANDS equally wide bands, the surest to stay first."""
    leaving = 1 - chances.chance[active(chances, definitions.at_risk_days)]
    which = np.minimum((leaving * BANDS).astype(np.intp), BANDS - 1)
    n = np.bincount(which, minlength=BANDS)
    expected = np.bincount(which, weights=leaving, minlength=BANDS)
    return tuple(Band(k / BANDS, (k + 1) / BANDS, int(n[k]), float(expected[k])) for k in range(BANDS))


def missed(one: Tried) -> float:
    """How far off the number that was said to leave was, as a share of those who did; NaN where nobody left."""
    return one.expected / one.gone - 1 if one.gone else nan


def at_risk(
    shop: Shop,  # noqa: ARG001 (what every question gets)
    definitions: Definitions,
    *,
    chances: OrderChances,
    search: str = "",
    by: Order = "regulars",
    top: int = SHOWN,
    allowed: Collection[str] = (),  # noqa: ARG001 (says which chances these are, so that answers are kept apart)
) -> AtRisk:
    """The `top` active customers with `search` in their key, and their reasons.

    `by` "chance": the likeliest to leave first; "regulars": those likelier to leave than to stay before the others, most
    purchases first. Raises ValueError with a sentence where too few are active.
    """
    everyone = active(chances, definitions.at_risk_days)
    found = everyone
    if search.strip() and chances.base.names is not None:
        hits = pc.match_substring(chances.base.names, search.strip(), ignore_case=True)
        found = everyone[hits.to_numpy()[everyone]]
    chance = chances.chance[found]
    if by == "chance":
        order = found[np.argsort(chance, kind="stable")]
    else:
        order = found[np.lexsort((chance, -chances.base.x[found], chance > 0.5))]
    shown = order[:top]
    known = chances.score is not None and len(shown) > 0
    reasons = chances.reasons(shown) if known else None
    write = written(chances.currency)
    told = tuple(tuple(one.sentence(write) for one in most) for most in reasons.most) if reasons else ()
    return AtRisk(chances, order, rows_of(chances, shown), reasons, told, len(found), len(everyone))


def rows_of(chances: OrderChances, at: Ints) -> pd.DataFrame:
    """Columns: customer, chance (of an order within H days), last_order (a day), purchases (in all)."""
    base = chances.base
    names = base.names.take(pa.array(at)).to_pylist() if base.names is not None else [""] * len(at)
    silent = (base.T[at] - base.t[at]).astype(int)
    return pd.DataFrame(
        {
            "customer": names,
            "chance": chances.chance[at],
            "last_order": [base.end - dt.timedelta(days=int(d)) for d in silent],
            "purchases": base.x[at] + 1,
        }
    )

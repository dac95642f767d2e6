"""A randomised hold-out group: drawn with a contact list, and read out once its days are over.

Who is held out is not contacted, and shows what would have happened anyway. Without such a group nobody can tell saved
customers from those who would have ordered in any case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import ibis
import numpy as np
from scipy.stats import norm

from models import estimate
from models.btyd.inputs import Ints
from models.contact_signs import Bools
from models.definitions import Definitions
from models.estimate import Estimate, difference
from models.purchases import added, observed_until, purchases
from shop import Shop
from words import day, text

POWER = 0.8
SMALLEST_SHARE, LARGEST_SHARE = 0.1, 0.5
GRID = 801
"""Points at which the distribution of a statistic is followed from one look to the next."""


def draw(strata: Ints, share: float, seed: int) -> Bools:
    """Who is held out: `share` (0..1) of all, and of each stratum (whole numbers from 0, one a customer) as nearly as
    whole customers allow. The same strata in the same order and the same seed give the same draw."""
    if not 0 <= share <= 1:
        raise ValueError(
            text("The share held out is {share}; expected a share from 0 to 1.", share=f"{share:g}")
        )
    rng = np.random.default_rng(seed)
    held = np.zeros(len(strata), dtype=bool)
    # Cumulative rounding: every stratum gets its share to within one, and all together theirs to within a half.
    passed = taken = 0
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        passed += len(members)
        wanted = round(passed * share) - taken
        taken += wanted
        held[rng.permutation(members)[:wanted]] = True
    return held


def sample_size(one: float, other: float, *, power: float = POWER, level: float) -> float:
    """Customers in each of two equal groups that show a difference of the shares `one` and `other` (two-sided test at
    1 - level): Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, equation 4.14 without the
    correction for continuity. Infinite where they are equal."""
    if one == other:
        return float("inf")
    z, z_power = norm.ppf((1 + level) / 2), norm.ppf(power)
    middle = (one + other) / 2
    apart = z * sqrt(2 * middle * (1 - middle)) + z_power * sqrt(one * (1 - one) + other * (1 - other))
    return float((apart / (one - other)) ** 2)


def power_of(contacted: int, held: int, base: float, effect: float, *, level: float) -> float:
    """The chance that two groups of these sizes show a difference between `base` and `base + effect`."""
    if not contacted or not held:
        return 0.0
    one, other = base, min(base + effect, 1.0)
    middle = (held * one + contacted * other) / (held + contacted)
    null = sqrt(middle * (1 - middle) * (1 / held + 1 / contacted))
    real = sqrt(one * (1 - one) / held + other * (1 - other) / contacted)
    if real == 0:
        return 1.0 if other != one else 0.0
    z = norm.ppf((1 + level) / 2)
    return float(norm.sf((z * null - abs(other - one)) / real))


@dataclass(frozen=True)
class Proposal:
    """The share to hold out, how many that is, and the chance (`power`) to see the effect assumed: an order rate of
    `base` without contact and `base + effect` with it."""

    share: float
    held: int
    power: float
    base: float
    effect: float


def propose(customers: int, base: float, saved: float, *, level: float) -> Proposal:
    """The smallest share from SMALLEST_SHARE to LARGEST_SHARE, in steps of 5%, that reaches POWER; the largest where
    none does. `base` is the mean chance of an order, `saved` the share of the others that contacting saves, `level` that
    of the interval of the read-out: a difference is shown where that interval leaves out 0."""
    effect = saved * (1 - base)
    for share in np.arange(SMALLEST_SHARE, LARGEST_SHARE + 1e-9, 0.05):
        found = of_share(customers, float(share), base, effect, level)
        if found.power >= POWER:
            break
    return found


def of_share(customers: int, share: float, base: float, effect: float, level: float) -> Proposal:
    """What holding out this share allows to see."""
    held = round(customers * share)
    power = power_of(customers - held, held, base, effect, level=level)
    return Proposal(round(share, 4), held, power, base, effect)


@dataclass(frozen=True)
class Group:
    """Customers of one group, how many ordered, their order rate, and the mean revenue a customer."""

    customers: int
    ordered: int
    rate: Estimate
    revenue: Estimate


@dataclass(frozen=True)
class ReadOut:
    """What contacting did: `rate` and `revenue` are contacted less held out, by the groups drawn, whether or not
    somebody was reached. `extra` is the orders' worth of customers that contacting won. `preliminary` where the days
    from `first` to `last` are not over: the orders end on `seen`."""

    contacted: Group
    held: Group
    rate: Estimate
    revenue: Estimate
    extra: Estimate
    first: dt.date
    last: dt.date
    seen: dt.date
    preliminary: bool


class TooEarly(ValueError):
    """The days to wait for are not over; the message says when they are."""


def read_out(
    shop: Shop,
    definitions: Definitions,
    *,
    contacted: Sequence[str],
    held: Sequence[str],
    after: dt.date,
    days: int,
    early: bool = False,
) -> ReadOut:
    """Orders of both groups on the `days` days after the day `after`.

    Difference of order rates: Newcombe (1998), method 10; of revenue a customer: MOVER on two t intervals. Raises
    TooEarly before the days are over unless `early`, which gives a preliminary answer, and ValueError where a group is
    empty or no order lies after `after`, and where most members are unknown here: on another identity rule than the one
    the list was drawn under everybody would seem to have ordered nothing.
    """
    if not len(held) or not len(contacted):
        raise ValueError(
            text("Nobody was held out with this list, so there is nothing to compare the others with.")
        )
    last = after + dt.timedelta(days=days)
    seen = observed_until(shop, definitions)
    if seen <= after:
        raise TooEarly(
            text(
                "The orders end on {seen}, when the list was drawn. Import orders up to {last}, then it can be read.",
                seen=day(seen),
                last=day(last),
            )
        )
    if seen < last and not early:
        raise TooEarly(
            text(
                "The orders end on {seen}; the days to wait for end on {last}. Read before then, chance looks like an effect more "
                "often than it should.",
                seen=day(seen),
                last=day(last),
            )
        )
    groups = {"contacted": list(contacted), "held": list(held)}
    members = ibis.memtable(
        {
            "member": [key for keys in groups.values() for key in keys],
            "part": [name for name, keys in groups.items() for _ in keys],
        },
        schema={"member": "string", "part": "string"},
    )
    bought = purchases(shop, definitions, until=last)
    known = members.semi_join(bought, members.member == bought.customer).count().execute()
    if 2 * known < len(contacted) + len(held):
        raise ValueError(
            text(
                "Of the {n} customers of this list {known} are known here: it was drawn under another rule of who is one customer, "
                "or from other orders. It is not read out.",
                n=len(contacted) + len(held),
                known=int(known),
            )
        )
    bought = bought.filter(bought.day > ibis.literal(after))
    each = bought.group_by("customer").agg(value=added(bought.value))
    joined = members.inner_join(each, members.member == each.customer)
    rows = (
        joined.group_by("part")
        .agg(ordered=joined.count(), total=joined.value.sum(), squares=(joined.value**2).sum())
        .execute()
        .set_index("part")
        .reindex(groups.keys(), fill_value=0)
    )
    level = definitions.level

    def group(name: str) -> Group:
        n, row = len(groups[name]), rows.loc[name]
        why = text("Fewer than {least} customers: no mean is shown.", least=estimate.FEWEST_FOR_MEAN)
        revenue = estimate.mean(n, float(row.total), float(row.squares), level=level, why_missing=why)
        ordered = int(row.ordered)
        return Group(n, ordered, estimate.share(ordered, n, level=level), revenue)

    a, b = group("contacted"), group("held")
    rate, revenue = difference(a.rate, b.rate), difference(a.revenue, b.revenue)
    n = a.customers
    extra = Estimate(rate.value * n, rate.low * n, rate.high * n, n, level, "customers", rate.method)
    return ReadOut(a, b, rate, revenue, extra, after + dt.timedelta(days=1), last, seen, seen < last)


def false_alarms(looks: int, *, level: float) -> float:
    """The chance that at least one of `looks` equally spaced looks shows a difference at `level` where there is none.

    Armitage, McPherson and Rowe (1969), JRSS A 132, 235-244: the sum of k independent normals is followed from look to
    look while it stays inside the bounds.
    """
    z = float(norm.ppf((1 + level) / 2))
    inside = np.linspace(-z, z, GRID)
    density, step = norm.pdf(inside), inside[1] - inside[0]
    for k in range(1, looks):
        after = np.linspace(-z, z, GRID) * sqrt(k + 1)
        width = inside[1] - inside[0]
        reached = np.zeros(GRID)
        weights = np.full(GRID, width)
        weights[[0, -1]] /= 2
        for start in range(0, GRID, 500):
            part = slice(start, start + 500)
            reached[part] = norm.pdf(after[part, None] - inside[None, :]) @ (density * weights)
        inside, density = after, reached
        step = inside[1] - inside[0]
    return 1 - float(density.sum() * step - (density[0] + density[-1]) * step / 2)


def enough_a_group(base: float, effect: float, *, level: float, power: float = POWER) -> int:
    """Customers in each group that an even split would need."""
    size = sample_size(base, min(base + effect, 1.0), power=power, level=level)
    return ceil(size) if np.isfinite(size) else 0


def ordered_since(
    shop: Shop, definitions: Definitions, *, customers: Sequence[str], after: dt.date
) -> dict[str, dt.date]:
    """Who of these customers has ordered after the day `after`, and on which day first."""
    members = ibis.memtable({"customer": list(customers)}, schema={"customer": "string"})
    bought = purchases(shop, definitions)
    bought = bought.filter(bought.day > ibis.literal(after)).inner_join(members, "customer")
    rows = bought.group_by("customer").agg(day=bought.day.min()).order_by("customer").to_pyarrow()
    return dict(zip(rows["customer"].to_pylist(), rows["day"].to_pylist(), strict=True))

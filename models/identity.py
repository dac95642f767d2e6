"""What each identity rule does to the number of customers and to the repeat rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from models import purchases, repeat
from models.definitions import Definitions, Identity
from models.estimate import Estimate
from shop import Shop


@dataclass(frozen=True)
class Effect:
    """What one identity rule makes of the shop; the two counts are plain."""

    rule: Identity
    customers: int
    orders_without_customer: int
    repeat_rate: Estimate


def effect(shop: Shop, definitions: Definitions) -> tuple[Effect, ...]:
    """For each identity rule the number of customers and the repeat rate within the window."""
    return tuple(_effect(shop, definitions.but(identity=rule)) for rule in get_args(Identity))


def _effect(shop: Shop, definitions: Definitions) -> Effect:
    guests = purchases.counted(shop, definitions).customer.isnull().sum().execute()
    result = repeat.within(shop, definitions, months=definitions.repeat_window_months)
    return Effect(definitions.identity, result.customers, int(guests or 0), result.rate)

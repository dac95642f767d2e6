"""Who may be written to, and at which address: consent, e-mails and names as the shop's tables have them."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
import pyarrow.compute as pc

from models.btyd.inputs import Ints
from models.customer_base import Base
from models.customer_key import with_customer
from models.definitions import Definitions
from shop import Shop

UNKNOWN, REFUSED, GIVEN = -1, 0, 1
YES = ("yes", "y", "true", "t", "1", "subscribed", "accepted", "opted in", "opt in", "granted")
NO = (
    "no",
    "n",
    "false",
    "f",
    "0",
    "unsubscribed",
    "refused",
    "opted out",
    "opt out",
    "denied",
    "declined",
    "never subscribed",
    "not subscribed",
)


def consents(shop: Shop, definitions: Definitions, base: Base) -> Ints:
    """GIVEN, REFUSED or UNKNOWN for each customer of the base. Of a customer with several accounts the strictest
    counts: who refused once has refused."""
    found = np.full(base.customers, UNKNOWN, dtype=np.int64)
    if shop.customers is None or base.names is None:
        return found
    people = shop.customers
    said = people.consent.strip().lower().replace("_", " ").replace("-", " ")
    code = ibis.cases((said.isin(NO), REFUSED), (said.isin(YES), GIVEN))
    known = people.select("customer", code=code).filter(lambda t: t.code.notnull())
    if definitions.identity != "default":
        known = known.inner_join(_accounts(shop, definitions), "customer")
        known = known.select("code", customer=known.who)
    rows = known.group_by("customer").agg(code=known.code.min()).to_pyarrow()
    at = pc.index_in(rows["customer"].cast(base.names.type), value_set=base.names).to_numpy()
    inside = np.isfinite(at.astype(float))
    found[at[inside].astype(np.int64)] = rows["code"].to_numpy()[inside]
    return found


def _accounts(shop: Shop, definitions: Definitions) -> ibis.expr.types.Table:
    """Keys made at import (`customer`) and whose they are by the identity rule (`who`)."""
    given = shop.orders.select("order_id", "customer").filter(lambda t: t.customer.notnull())
    ruled = with_customer(shop.orders, definitions.identity).select("order_id", who="customer")
    return (
        given.inner_join(ruled, "order_id")
        .filter(lambda t: t.who.notnull())
        .select("customer", "who")
        .distinct()
    )


def people(shop: Shop, definitions: Definitions, customers: Sequence[str]) -> pd.DataFrame:
    """Columns customer, email, first_name and last_name of these customers, in this order; "" where unknown.

    Of a customer with several e-mails or names, that of the last order; the customers' table fills what orders lack.
    """
    wanted = ibis.memtable({"customer": list(customers)}, schema={"customer": "string"})
    orders = with_customer(shop.orders, definitions.identity)
    orders = orders.inner_join(wanted, "customer")
    found = orders.group_by("customer").agg(
        email=orders.email.argmax(orders.ordered_at, where=orders.email.notnull()),
        name=orders.name.argmax(orders.ordered_at, where=orders.name.notnull()),
    )
    frame = found.execute().set_index("customer").reindex(list(customers))
    if shop.customers is not None and definitions.identity == "default":
        known = shop.customers.inner_join(wanted, "customer")
        more = known.group_by("customer").agg(email=known.email.max(), name=known.name.max()).execute()
        frame = frame.fillna(more.set_index("customer").reindex(frame.index))
    frame = frame.fillna("").astype(str)
    parts = frame.name.str.strip().str.split(n=1)
    return pd.DataFrame(
        {
            "customer": list(customers),
            "email": frame.email.str.strip().to_numpy(),
            "first_name": parts.str[0].fillna("").to_numpy(),
            "last_name": parts.str[1].fillna("").to_numpy(),
        }
    )

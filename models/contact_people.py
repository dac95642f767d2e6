"""Who may be written to, and at which address: consent, e-mails and names as the shop's tables have them."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from models.btyd.inputs import Ints
from models.contact_signs import Bools
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
    counts: who refused once has refused. So has whoever is written to at an address that ever was a refuser's."""
    found = np.full(base.customers, UNKNOWN, dtype=np.int64)
    if shop.customers is None or base.names is None:
        return found
    known = _said(shop.customers).filter(lambda t: t.code.notnull()).select("customer", "code")
    if definitions.identity != "default":
        known = known.inner_join(_accounts(shop, definitions), "customer")
        known = known.select("code", customer=known.who)
    rows = known.group_by("customer").agg(code=known.code.min()).to_pyarrow()
    at = _places(rows["customer"], base.names)
    found[at[at >= 0]] = rows["code"].to_numpy()[at >= 0]
    written = _written_to(shop, definitions)
    rows = (
        written.semi_join(_refused_addresses(shop.customers, shop.orders), "address")
        .select("customer")
        .to_pyarrow()
    )
    at = _places(rows["customer"], base.names)
    found[at[at >= 0]] = REFUSED
    return found


def mailboxes(shop: Shop, definitions: Definitions, base: Base) -> Ints:
    """A number for each customer of the base, the same for all who are written to at one address; -1 without any."""
    found = np.full(base.customers, -1, dtype=np.int64)
    if base.names is None:
        return found
    rows = _written_to(shop, definitions).order_by("address", "customer").to_pyarrow()
    at = _places(rows["customer"], base.names)
    code = rows["address"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    found[at[at >= 0]] = code[at >= 0]
    return found


def barred(shop: Shop, definitions: Definitions, found: pd.DataFrame, held: Sequence[str]) -> Bools:
    """Which rows of `people` must not be written to now: they refused, or their address is one that somebody who
    refused, or one of those held out (`held`), ever had."""
    asked = found.customer
    mail = {"customer": asked.tolist(), "address": found.email.str.strip().str.lower().tolist()}
    written = ibis.memtable(mail, schema={"customer": "string", "address": "string"})
    closed = _addresses(with_customer(shop.orders, definitions.identity).semi_join(_keys(held), "customer"))
    of_held = _written_to(shop, definitions).semi_join(_keys(held), "customer").select("address")
    closed = closed.union(of_held)
    out = set(held)
    if shop.customers is not None:
        closed = closed.union(_refused_addresses(shop.customers, shop.orders))
        refused = _said(shop.customers).filter(lambda t: t.code == REFUSED).select("customer")
        if definitions.identity != "default":
            who = _accounts(shop, definitions)
            refused = who.semi_join(refused, "customer").select(customer=who.who)
        out |= set(refused.semi_join(_keys(asked), "customer").to_pyarrow()["customer"].to_pylist())
    out |= set(written.semi_join(closed, "address").to_pyarrow()["customer"].to_pylist())
    return asked.isin(list(out)).to_numpy()


def _keys(customers: Sequence[str] | pd.Series) -> ibis.expr.types.Table:
    return ibis.memtable({"customer": list(customers)}, schema={"customer": "string"})


def _places(keys: pa.ChunkedArray, names: pa.Array) -> Ints:
    """Where among `names` these keys stand; -1 for who is not there."""
    at = pc.index_in(keys.cast(names.type), value_set=names)
    return pc.fill_null(at, -1).to_numpy().astype(np.int64)


def _said(people: ibis.expr.types.Table) -> ibis.expr.types.Table:
    """The customers' table with `code`, what was said on consent: null where nothing that is understood."""
    said = people.consent.strip().lower().replace("_", " ").replace("-", " ")
    return people.mutate(code=ibis.cases((said.isin(NO), REFUSED), (said.isin(YES), GIVEN)))


def _addresses(rows: ibis.expr.types.Table) -> ibis.expr.types.Table:
    """The addresses (`address`: lower case, trimmed) in the e-mails of a table."""
    found = rows.select(address=rows.email.strip().lower().nullif(""))
    return found.filter(found.address.notnull()).distinct()


def _refused_addresses(people: ibis.expr.types.Table, orders: ibis.expr.types.Table) -> ibis.expr.types.Table:
    """Every address of an account that refused: that of the customers' table, and those of its orders."""
    said = _said(people)
    refused = said.filter(said.code == REFUSED)
    return _addresses(refused).union(_addresses(orders.semi_join(refused, "customer")), distinct=True)


def _written_to(shop: Shop, definitions: Definitions) -> ibis.expr.types.Table:
    """Columns customer and address: where each customer is written to, as `people` says."""
    orders = with_customer(shop.orders, definitions.identity)
    orders = orders.filter(orders.customer.notnull())
    found = orders.group_by("customer").agg(email=_last(orders, "email"))
    if shop.customers is not None and definitions.identity == "default":
        table = shop.customers
        more = table.group_by("customer").agg(more=table.email.max())
        found = found.left_join(more, "customer").select("customer", email=lambda t: t.email.coalesce(t.more))
    found = found.select("customer", address=found.email.strip().lower().nullif(""))
    return found.filter(found.address.notnull())


def _last(orders: ibis.expr.types.Table, column: str) -> ibis.expr.types.Value:
    return orders[column].argmax(orders.ordered_at, where=orders[column].notnull())


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
    found = orders.group_by("customer").agg(email=_last(orders, "email"), name=_last(orders, "name"))
    frame = found.execute().set_index("customer").reindex(list(customers))
    if shop.customers is not None and definitions.identity == "default":
        known = shop.customers.inner_join(wanted, "customer")
        more = known.group_by("customer").agg(email=known.email.max(), name=known.name.max()).execute()
        frame = frame.fillna(more.set_index("customer").reindex(frame.index))
    # A column that nobody has anything in comes as one of numbers.
    frame = frame.astype(object).fillna("").astype(str)
    parts = frame.name.str.strip().str.split(n=1)
    return pd.DataFrame(
        {
            "customer": list(customers),
            "email": frame.email.str.strip().to_numpy(),
            "first_name": parts.str[0].astype(object).fillna("").to_numpy(),
            "last_name": parts.str[1].astype(object).fillna("").to_numpy(),
        }
    )

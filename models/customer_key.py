"""Which orders are one customer's: the identity rules."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.definitions import Identity


def with_customer(orders: ir.Table, rule: Identity) -> ir.Table:
    """`orders` with `customer` decided by `rule`; null where the rule finds nobody.

    "default" is the key made at import (customer id, else e-mail), "customer_id" and "email" know only
    that column, "name" takes equal names (without regard to case and outer blanks) for one person, and
    "merged" joins every customer id and e-mail that ever stood on one order.
    """
    if rule == "default":
        return orders
    if rule == "merged":
        return _merged(orders)
    key = {
        "customer_id": orders.customer_id,
        "email": orders.email.strip().lower(),
        "name": orders.name.strip().lower(),
    }[rule]
    return orders.mutate(customer=key.nullif(""))


def _merged(orders: ir.Table) -> ir.Table:
    """Connected components of customer ids and e-mails.

    Most pairs are one id with one e-mail and nothing else; the engine settles those. Only pairs whose id
    or e-mail occurs in another pair too are fetched, and their components found here.
    """
    pairs = (
        orders.select("customer_id", "email")
        .filter(lambda t: t.customer_id.notnull() & t.email.notnull())
        .distinct()
    )
    of_email = pairs.group_by("email").agg(
        ids=pairs.customer_id.nunique(), id_of_email=pairs.customer_id.min()
    )
    of_id = pairs.group_by("customer_id").agg(emails=pairs.email.nunique())
    tangled = (
        pairs.join(of_email, "email")
        .join(of_id, "customer_id")
        .filter(lambda t: (t.ids > 1) | (t.emails > 1))
        .select("customer_id", "email")
        .execute()
    )
    roots = ibis.memtable(_roots(tangled), schema={"tangled_id": "string", "root": "string"})
    by_mail = orders.filter(orders.customer_id.isnull() & orders.email.notnull()).count().execute()
    if by_mail:  # an e-mail alone belongs to the id it stood beside on another order
        ids = of_email.select(its_email=of_email.email, id_of_email=of_email.id_of_email)
        known = orders.left_join(ids, orders.email == ids.its_email)
        known = known.mutate(any_id=ibis.coalesce(known.customer_id, known.id_of_email))
    else:
        known = orders.mutate(any_id=orders.customer_id)
    known = known.left_join(roots, known.any_id == roots.tangled_id)
    return known.mutate(customer=ibis.coalesce(known.root, known.any_id, known.email)).select(*orders.columns)


def _roots(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each customer id of `pairs` with the first id (in sort order) of its connected component."""
    ids, id_of_pair = np.unique(pairs["customer_id"].to_numpy(str), return_inverse=True)
    emails, email_of_pair = np.unique(pairs["email"].to_numpy(str), return_inverse=True)
    size = len(ids) + len(emails)
    edges = coo_array((np.ones(len(pairs)), (id_of_pair, len(ids) + email_of_pair)), shape=(size, size))
    _, component = connected_components(edges, directed=False) if size else (0, np.zeros(0, int))
    frame = pd.DataFrame({"tangled_id": ids.astype(object), "component": component[: len(ids)]})
    frame["root"] = frame.groupby("component")["tangled_id"].transform("min")
    return frame[["tangled_id", "root"]]

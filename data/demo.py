"""The demo shop: every table, made from a seed by a known process, and marked as synthetic everywhere.

What is true of it stands in demo_truth.json, fixed before any estimator saw its data; demo_process.py makes
the numbers, demo_orders.py and demo_side_tables.py the tables. Two thousand to a million customers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data import demo_orders, demo_process, scratch, snapshots
from data import demo_side_tables as side
from data.catalog import LOCAL, Catalog, DataSet
from data.demo_process import TRUTH_FILE, season, truth
from data.ledger import ACCEPTED, FLAGGED, reason
from shop import Flag
from words import count, text

FEWEST, MOST = 2_000, 1_000_000

_LEDGER = pa.schema(
    [
        *((name, pa.string()) for name in ("disposition", "code", "reason")),
        ("rows", pa.int64()),
        ("money", pa.decimal128(38, 4)),
        ("currency", pa.string()),
    ]
)


Progress = Callable[[float, str], None]


def _quiet(_fraction: float, _doing: str) -> None:
    return


def import_demo(
    customers: int = 20_000,
    seed: int = 1,
    *,
    home: Path | None = None,
    tenant: str = LOCAL,
    progress: Progress = _quiet,
) -> DataSet:
    """Make a demo shop and keep it as a data set; the same customers and seed again give the one there is.

    `progress` is told the share that is done (0..1) and what is being done. Raises ValueError outside
    FEWEST .. MOST customers.
    """
    home = home or snapshots.home()
    t = truth()
    name = f"Demo shop, {customers:,} customers, seed {seed}"
    drafts = scratch.room(home, tenant) / "drafts"
    with scratch.folder(drafts) as draft:
        make(customers, seed, draft, progress)
        progress(0.95, text("Keeping the shop"))
        catalog = Catalog(home)
        known = [d for d in catalog.data_sets(tenant) if d.kind == "demo" and d.name == name]
        data_set = (
            known[0] if known else catalog.create_data_set(tenant, name, "demo", t["currency"], t["zone"])
        )
        snapshots.keep(draft, home=home, tenant=tenant, data_set=data_set.id)
    return data_set


def make(customers: int, seed: int, folder: Path, progress: Progress = _quiet) -> Path:
    """Write a draft folder (see snapshots.keep) and return it. Raises ValueError outside FEWEST .. MOST."""
    if not FEWEST <= customers <= MOST:
        raise ValueError(
            text(
                "A demo shop has {fewest} to {most} customers; {found} were asked for.",
                fewest=count(FEWEST),
                most=count(MOST),
                found=count(customers),
            )
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    progress(0.0, text("Winning customers and letting them buy"))
    plan = demo_process.plan(customers, rng)
    people = demo_process.customers(plan.won, rng)
    made = demo_process.orders(people, rng)
    shop = demo_orders.book(people, made, rng)
    names = side.names(people, rng)
    progress(0.3, text("Writing down the orders"))
    written = demo_orders.write(folder, shop, names, rng)
    progress(0.8, text("Asking customers what they think"))
    side.write_customers(folder, people, made, names, rng)
    side.write_spend(folder, plan, customers)
    side.write_surveys(folder, shop, made, names, rng)
    pq.write_table(_ledger(written), folder / "ledger.parquet")
    facts = _facts(customers, seed, shop)
    (folder / "draft.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return folder


def source_sha256(customers: int, seed: int) -> str:
    """Stands for the bytes of a source file: the parameters, and the program that turns them into a shop."""
    digest = hashlib.sha256(f"{customers} {seed} {np.__version__}".encode())
    for part in (TRUTH_FILE, *sorted(Path(__file__).parent.glob("demo*.py"))):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _facts(customers: int, seed: int, shop: demo_orders.Book) -> dict[str, Any]:
    t, s = truth(), season()
    orders = len(shop.at)
    days = [str(np.datetime64(int(s.local_day(moment)), "D")) for moment in (shop.at.min(), shop.at.max())]
    newest = dt.datetime.fromtimestamp(int(shop.at.max()) / 1_000_000, dt.UTC).replace(tzinfo=None)
    return {
        "name": f"Demo shop, {customers:,} customers, seed {seed}",
        "synthetic": True,
        "demo": {"customers": customers, "seed": seed},
        "source": {"name": "", "sha256": source_sha256(customers, seed), "bytes": 0, "encoding": "utf-8"},
        "mapping": {"format": "demo"},
        "format": "demo",
        "zone": t["zone"],
        "currency": t["currency"],
        "rows_in": orders,
        "rows_accepted": orders,
        "rows_set_aside": 0,
        "orders": orders,
        "customers": customers + (1 if t["test_orders"] else 0),
        "first_day": days[0],
        "last_day": days[1],
        "newest": newest.isoformat(),
        "splits": [],
        "numbered": True,
    }


def _ledger(written: demo_orders.Written) -> pa.Table:
    t = truth()

    def row(disposition: str, code: str, those: Any) -> dict[str, Any]:
        money = Decimal(int(written.net[those].sum())).scaleb(-2)
        rows = int(np.count_nonzero(those))
        facts = {"disposition": disposition, "code": code, "reason": reason(code)}
        return {**facts, "rows": rows, "money": money, "currency": t["currency"]}

    rows = [row(ACCEPTED, "", np.ones(len(written.flags), bool))]
    rows += [row(FLAGGED, flag.name.lower(), written.flags & flag > 0) for flag in Flag if flag.name]
    return pa.Table.from_pylist([r for r in rows if r["rows"]], schema=_LEDGER)

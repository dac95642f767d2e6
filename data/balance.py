"""The ledger of one snapshot as a page needs it: the shares accepted, and the records set aside page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from data import snapshots
from data.ledger import ACCEPTED, COLUMNS, FLAGGED, SET_ASIDE

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

SHOWN = ("record", "column", "value", "reason", "text", "code", "codes", "money", "currency")


@dataclass(frozen=True)
class Balance:
    """`rows_in` records came in; the rest says where they went. `money_share` is None where no money could be
    read, or where it stands in several currencies, which are never added."""

    rows_in: int
    rows_accepted: int
    rows_set_aside: int
    money_share: float | None

    @property
    def rows_share(self) -> float:
        return self.rows_accepted / self.rows_in if self.rows_in else 1.0


def of(ledger: pd.DataFrame) -> Balance:
    """The balance of a ledger with the columns of `data.ledger.COLUMNS`."""
    kept = ledger[ledger["disposition"] == ACCEPTED]
    aside = ledger[ledger["disposition"] == SET_ASIDE]
    accepted, set_aside = int(kept["rows"].sum()), int(aside["rows"].sum())
    return Balance(accepted + set_aside, accepted, set_aside, _money_share(kept, aside))


def _money_share(kept: pd.DataFrame, aside: pd.DataFrame) -> float | None:
    readable = pd.concat([kept, aside])
    readable = readable[readable["money"].notna()]
    if readable["currency"].nunique() != 1:
        return None
    accepted = float(kept["money"].dropna().sum())
    total = accepted + float(aside["money"].dropna().sum())
    # Credit notes can make either side negative: then a share of money means nothing.
    return accepted / total if total > 0 and 0 <= accepted <= total else None


def ledger(connection: Backend, folder: Path) -> pd.DataFrame:
    """The ledger of a snapshot, some tens of rows."""
    table = snapshots.open_table(connection, folder, "ledger")
    if table is None:
        return pd.DataFrame(columns=list(COLUMNS))
    return table.select(*COLUMNS).execute()


def set_aside(
    connection: Backend, folder: Path, *, code: str | None = None, limit: int, offset: int = 0
) -> pd.DataFrame:
    """At most `limit` records set aside, in the order of the file, from `offset` on; of one code or of all."""
    table = _set_aside(connection, folder, code)
    if table is None:
        return pd.DataFrame(columns=list(SHOWN))
    names = [name for name in SHOWN if name in table.columns]
    return table.select(*names).order_by("record").limit(limit, offset=offset).execute()


def sample(connection: Backend, draft: Path, numbers: Sequence[str], limit: int) -> pd.DataFrame:
    """A few orders of a draft: those with these order numbers in their order, without numbers the earliest."""
    orders = connection.read_parquet(draft / "orders.parquet")
    texts = {name: orders[name].fill_null("") for name in ("customer", "currency", "status")}
    orders = orders.select("order_id", "ordered_at", "ordered_on", "net", **texts)
    if not numbers:
        return orders.order_by("ordered_at").limit(limit).execute()
    found = orders.filter(orders.order_id.isin(list(numbers))).limit(limit).execute()
    place = {number: n for n, number in enumerate(numbers)}
    return found.sort_values("order_id", key=lambda ids: ids.map(place)).reset_index(drop=True)


def aside_by_code(ledger: pd.DataFrame) -> dict[str, int]:
    """Records set aside for each primary code, in the ledger's order."""
    aside = ledger[ledger["disposition"] == SET_ASIDE]
    return {str(code): int(n) for code, n in aside.groupby("code", sort=False)["rows"].sum().items()}


def flagged(ledger: pd.DataFrame, code: str) -> int:
    """Accepted records that carry a flag, by its code."""
    return int(ledger.loc[(ledger["disposition"] == FLAGGED) & (ledger["code"] == code), "rows"].sum())


def _set_aside(connection: Backend, folder: Path, code: str | None) -> ir.Table | None:
    table = snapshots.open_table(connection, folder, "set_aside")
    return table.filter(table.code == code) if table is not None and code else table

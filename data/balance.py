"""The ledger of one snapshot as a page needs it: the shares accepted, of all its files and of each, and the records set
aside page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from data import snapshots
from data.ledger import ACCEPTED, COLUMNS, FLAGGED, REPLACED, SET_ASIDE, STANDING
from words import text

if TYPE_CHECKING:
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
    """The ledger of a snapshot, some tens of rows a file: `data.ledger.COLUMNS`, then `source`, the place of the file
    that a row speaks of, and `file`, its name."""
    table = snapshots.open_table(connection, folder, "ledger")
    if table is None:
        return pd.DataFrame(columns=[*COLUMNS, "source", "file"])
    names = files(folder)
    # Where a snapshot of several files does not say it, it is an old one, whose ledger is its last file's.
    said = "source" in table.columns
    found = table.select(*COLUMNS, *(["source"] if said else [])).execute()
    found["source"] = found["source"].astype(int) if said else len(names) - 1
    return found.assign(file=[names[place] for place in found["source"]])


def files(folder: Path) -> list[str]:
    """The names of the files behind a snapshot, the first imported first; a name that comes again gets a number."""
    sources = snapshots.read_manifest(folder)["sources"]
    names = [source.get("name") or text("made by Holdfast") for source in sources]
    return [
        f"{name} ({n + 1})" if (n := names[:place].count(name)) else name for place, name in enumerate(names)
    ]


def lines(ledger: pd.DataFrame, source: int | None = None) -> pd.DataFrame:
    """The ledger of one file, or of all of them together: `data.ledger.COLUMNS`."""
    if source is not None:
        return ledger.loc[ledger["source"] == source, list(COLUMNS)].reset_index(drop=True)
    kinds = ["disposition", "code", "currency"]
    summed = ledger.groupby(kinds, sort=False, as_index=False, dropna=False).agg(
        {"reason": "first", "rows": "sum", "money": _sum}
    )
    return summed[list(COLUMNS)]


def by_file(ledger: pd.DataFrame) -> pd.DataFrame:
    """What became of each file's records: `file`, `rows_in`, then a column a disposition, `ACCEPTED` to `REPLACED`.
    rows_in = accepted + set aside, and accepted = in the data set + replaced."""
    kinds = [ACCEPTED, SET_ASIDE, STANDING, REPLACED]
    counted = ledger.pivot_table(
        index=["source", "file"], columns="disposition", values="rows", aggfunc="sum", fill_value=0
    )
    counted = counted.reindex(columns=kinds, fill_value=0).astype(int).reset_index().drop(columns="source")
    counted.insert(1, "rows_in", counted[ACCEPTED] + counted[SET_ASIDE])
    return counted.rename_axis(columns=None)


def _sum(money: pd.Series) -> Decimal | None:
    readable = money.dropna()
    return sum(readable, Decimal(0)) if len(readable) else None


def set_aside(
    connection: Backend,
    folder: Path,
    *,
    code: str | None = None,
    source: int | None = None,
    limit: int,
    offset: int = 0,
) -> pd.DataFrame:
    """At most `limit` records set aside, in the order of the files, from `offset` on; of one code and file or of all.
    `file` is the name of each one's file."""
    table = snapshots.open_table(connection, folder, "set_aside")
    if table is None:
        return pd.DataFrame(columns=[*SHOWN, "file"])
    names = files(folder)
    if "source" not in table.columns:
        table = table.mutate(source=len(names) - 1)
    if code:
        table = table.filter(table.code == code)
    if source is not None:
        table = table.filter(table.source == source)
    shown = [name for name in SHOWN if name in table.columns]
    found = table.select(*shown, "source").order_by("source", "record").limit(limit, offset=offset).execute()
    return found.assign(file=[names[place] for place in found.pop("source")])


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

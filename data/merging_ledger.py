"""The ledger of a data set that grew: those of all its files, which add up, and what each merge made of their orders.

Every line says which of the sources it speaks of (`source`, their number in the manifest), and so does every record set
aside. A file whose tables were all replaced has no part in the figures any more, nor in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from data import ledger
from data import merging_sql as sql
from data.connections import quoted
from words import text

MERGED = "merged"
CODES = ("added", "changed", "gone", "back", "unchanged", "replaced")
LINE = "disposition, code, reason, rows, money, currency"


def reason(code: str) -> str:
    """A code of the ledger's "merged" rows in the reader's words."""
    return {
        "added": text("Not there before this file."),
        "changed": text("There before; this file holds a newer version, such as a late refund."),
        "gone": ledger.reason("gone"),
        "back": text("Missing from an earlier file, and found again in this one."),
        "unchanged": text("There before, and this file says nothing newer."),
        "replaced": text("There before this file took its place."),
    }[code]


def statements(
    old: Path, new: Path, out: Path, sources: Sequence[dict[str, Any]], told: str
) -> list[sql.Statement]:
    """Write ledger.parquet and set_aside.parquet of the merge of the folders `old` and `new`; the working table `counted`
    holds what became of the rows of the table `told`."""
    mine = len(sources) - 1
    stay = [place for place, source in enumerate(sources[:mine]) if source["tables"]]
    reasons = " ".join(f"WHEN '{code}' THEN {quoted(reason(code))}" for code in CODES)
    merged = f"""SELECT '{MERGED}', code, CASE code {reasons} END, rows, money, currency, {mine} FROM counted
        WHERE tbl = '{told}' AND rows > 0"""
    made = [
        sql.copy(
            f"{_both(LINE, old / 'ledger.parquet', new / 'ledger.parquet', stay, mine)} UNION ALL {merged}",
            out / "ledger.parquet",
        )
    ]
    before, comes = old / "set_aside.parquet", new / "set_aside.parquet"
    columns = [set(pq.read_schema(path).names) - {"source"} for path in (before, comes) if path.exists()]
    if columns:
        shared = ", ".join(f'"{name}"' for name in sorted(set.intersection(*columns)))
        made.append(
            sql.copy(
                f"{_both(shared, before, comes, stay, mine)} ORDER BY source, record",
                out / "set_aside.parquet",
            )
        )
    return made


def _both(columns: str, old: Path, new: Path, stay: Sequence[int], mine: int) -> str:
    """The rows of the sources that stay, then those of the new one."""
    parts = [f"SELECT {columns}, {mine} AS source FROM {sql.file(new)}"] if new.exists() else []
    if stay and old.exists():
        numbered = "source" in pq.read_schema(old).names
        kept = ", ".join(map(str, stay))
        source = (
            f"source FROM {sql.file(old)} WHERE source IN ({kept})"
            if numbered
            else f"{stay[0]} AS source FROM {sql.file(old)}"
        )
        parts.insert(0, f"SELECT {columns}, {source}")
    return " UNION ALL ".join(parts)


def records(folder: Path) -> tuple[int, int]:
    """(records accepted, records set aside) by the ledger in `folder`."""
    lines = pq.read_table(folder / "ledger.parquet", columns=["disposition", "rows"])

    def of(disposition: str) -> int:
        return pc.sum(lines.filter(pc.equal(lines["disposition"], disposition))["rows"]).as_py() or 0

    return of(ledger.ACCEPTED), of(ledger.SET_ASIDE)

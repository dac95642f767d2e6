"""Which version of a row is newer, and which exports have a say about an order that they do not hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Source = dict[str, Any]


@dataclass(frozen=True)
class Versions:
    """What a merge of one table has to know of the sources.

    `new` is the number of the file that comes in and `ranks[i]` how new source i is. `lone` is the source of
    all rows that are there, where there is only one; else `path` says it row by row. `window` is the first
    and last moment the new file covers, None where its silence about an order says nothing; `newer` are
    those of sources newer than the new file and not sent together with it. `held` lists the orders of all
    files that were: none of them is gone because the new file lacks it.
    """

    new: int
    ranks: Sequence[int]
    lone: int | None
    path: Path | None
    window: Sequence[str] | None = None
    newer: Sequence[Sequence[str]] = ()
    held: Path | None = None


def of(table: str, sources: list[Source], path: Path | None, held: Path | None = None) -> Versions:
    """How the sources of a table rank: by how far they reach in time, then by when they were imported. Files that were
    sent together reach as far as the furthest of them; among themselves they rank as any others do."""
    holders = [place for place, s in enumerate(sources) if table in s["tables"]]
    reach = {place: moment(sources[place].get("newest")) for place in holders}
    if all(reach.values()):
        holders.sort(key=lambda place: (*_upload(sources, place), reach[place], place))
    ranks = [holders.index(place) if place in holders else -1 for place in range(len(sources))]
    new = len(sources) - 1
    before = [place for place in holders if place != new]
    windows = (
        {place: s["window"] for place, s in enumerate(sources) if s.get("window")}
        if table == "orders"
        else {}
    )
    return Versions(
        new=new,
        ranks=ranks,
        lone=before[0] if len(before) == 1 else None,
        path=path,
        window=windows.get(new),
        newer=[
            window
            for place, window in windows.items()
            if ranks[place] > ranks[new] and _upload(sources, place) != _upload(sources, new)
        ],
        held=held if table == "orders" else None,
    )


def _upload(sources: list[Source], place: int) -> tuple[dt.datetime | None, int]:
    """How far the upload that a source came with reaches, and where it begins: the source itself where it came alone."""
    source = sources[place]
    upload = source.get("upload")
    if not upload:
        return moment(source.get("newest")), place
    return moment(upload["newest"]), next(n for n, s in enumerate(sources) if s.get("upload") == upload)


def moment(written: str | None) -> dt.datetime | None:
    """An ISO moment as UTC without a zone."""
    if not written:
        return None
    moment = dt.datetime.fromisoformat(written)
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment

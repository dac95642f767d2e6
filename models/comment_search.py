"""Searching all comments, in the engine: newest first, as they may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from models.comment_masking import mask
from models.comments import local, written
from models.definitions import Definitions
from shop import Shop
from words import text

SHOWN = 200
_PIECE = 10_000
COLUMNS = ("on", "kind", "score", "scale", "comment")


@dataclass(frozen=True)
class Found:
    """`matching` comments of which the newest are in `newest`, a row each: on, kind, score, scale, comment (masked)."""

    matching: int
    newest: pd.DataFrame


def search(shop: Shop, definitions: Definitions, *, asked: str = "", limit: int = SHOWN) -> Found:
    """Comments that hold every word of `asked`, whatever their case; all of them where nothing is asked."""
    found = _matching(shop, definitions, asked)
    rows = found.limit(limit).to_pandas()
    return Found(int(found.count().execute()), _shown(rows, shop.zone))


def everything(shop: Shop, definitions: Definitions, asked: str = "") -> Iterator[pd.DataFrame]:
    """All that `search` counts, some at a time, with headers in the reader's language: for an export."""
    headers = {
        "on": text("Day"),
        "kind": text("Question"),
        "score": text("Answer"),
        "scale": text("Scale"),
        "comment": text("Comment"),
    }
    found = _matching(shop, definitions, asked)
    for begin in range(0, max(int(found.count().execute()), 1), _PIECE):
        rows = found.limit(_PIECE, offset=begin).to_pandas()
        yield _shown(rows, shop.zone).rename(columns=headers)


def _matching(shop: Shop, definitions: Definitions, asked: str) -> ir.Table:
    found = written(shop, definitions)
    comment = found.comment.lower()
    for word in asked.lower().split():
        found = found.filter(comment.contains(ibis.literal(word)))
    order = [found.answered_at.desc(), *(found[c] for c in ("comment", "order_id", "kind", "score"))]
    return found.order_by(order).select("answered_at", "kind", "score", "scale", "comment")


def _shown(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    on = local(rows.answered_at, zone).dt.date
    comment = [mask(c.strip()) for c in rows.comment]
    return rows.assign(on=on, comment=comment)[list(COLUMNS)]

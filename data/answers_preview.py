"""A survey file before it is kept: its questions with what they got, its first answers, and whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from data import matching, snapshots

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

SHOWN = ("answered_at", "customer", "order_id", "question", "score", "scale", "comment")


def by_question(connection: Backend, draft: Path) -> pd.DataFrame:
    """Columns `question`, `kind`, `scale`, `answers`, `comments`, and `aside`: answers set aside for what they say."""
    answers = connection.read_parquet(draft / "surveys.parquet")
    kinds = ["question", "kind", "scale"]
    found = answers.group_by(kinds).agg(answers=answers.count(), comments=answers.comment.count()).execute()
    lost = connection.read_parquet(draft / "set_aside.parquet")
    lost = lost.filter(lost.code.isin(["bad_score", "off_scale"]))
    counted = lost.group_by(question=lost.column).agg(aside=lost.count()).execute()
    found = found.merge(counted, "left", "question").fillna({"question": "", "aside": 0})
    return found.astype({"aside": int}).sort_values(kinds).reset_index(drop=True)


def first(connection: Backend, draft: Path, limit: int) -> pd.DataFrame:
    """The earliest answers, columns SHOWN."""
    answers = connection.read_parquet(draft / "surveys.parquet")
    return answers.select(*SHOWN).order_by("answered_at", "question").limit(limit).execute()


def matched(connection: Backend, draft: Path, snapshot: Path) -> tuple[int, int]:
    """(answers, those that belong to the orders of a snapshot)."""
    orders = snapshots.open_table(connection, snapshot, "orders")
    answers = connection.read_parquet(draft / "surveys.parquet")
    if orders is None:
        return int(answers.count().execute()), 0
    return matching.counted(answers, orders)

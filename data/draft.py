"""From a staged file and a mapping to a draft folder: the tables, what was set aside, the ledger, and draft.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from data import checks, ledger, times, values
from data.layout import Layout, slugs
from data.ledger import ACCEPTED, COLUMNS, SET_ASIDE, Unbalanced
from data.mapping import Mapping, MappingProblem
from data.opening import Staged
from data.reading import Reading
from data.survey import survey
from data.values import literal
from words import text

Statement = tuple[str, bool, str]
Progress = Callable[[float, str], None]

LOOK = 0.3
"""The share of the work that looking at the whole file takes, before it is checked."""


def part(progress: Progress | None, start: float, end: float) -> Progress | None:
    """The same progress, for a part of the road."""
    if progress is None:
        return None
    told = progress

    def within(fraction: float, message: str = "") -> None:
        told(start + (end - start) * fraction, message)

    return within


@dataclass(frozen=True)
class Task:
    """One file to be checked into `folder`. `run` has the shape of `opening.run`."""

    staged: Staged
    mapping: Mapping
    zone: str
    folder: Path
    run: Callable[..., Any]
    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None

    def ask(self, statements: list[Statement], start: float = LOOK, end: float = 1.0) -> list[Any]:
        """Run statements over the staged file in a child that may touch only the two folders; progress from
        `start` to `end`."""
        return self.run(
            self.folder,
            statements,
            also=[self.staged.folder],
            name=self.staged.name,
            progress=part(self.progress, start, end),
            cancelled=self.cancelled,
        )

    @cached_property
    def reading(self) -> Reading:
        """How every cell is read, decided over the whole file. Raises Undecided, MappingProblem."""
        layout = Layout(self.staged, self.mapping, self.zone)
        label = text("Looking at how {file} is written", file=self.staged.name)
        return Reading(layout, survey(layout, lambda asked: self.ask(asked, 0.0, LOOK), label))

    @property
    def macros(self) -> list[Statement]:
        return [(sql, False, "") for sql in (*values.MACROS, *times.MACROS)]


@dataclass(frozen=True)
class Draft:
    """A draft folder, what draft.json says of it, and its ledger (the columns of `data.ledger.COLUMNS`)."""

    folder: Path
    facts: dict[str, Any]
    ledger: pd.DataFrame

    def named(self, name: str) -> Draft:
        """The same draft under a name that people know the shop by."""
        facts = {**self.facts, "name": name}
        _write(self.folder, facts)
        return Draft(self.folder, facts, self.ledger)


def orders_draft(task: Task) -> Draft:
    """Check a file of orders. Raises MappingProblem, Undecided, FileProblem; Unbalanced is a fault of ours."""
    _needed(task)
    reading, folder = task.reading, task.folder
    reading_label = text("Checking every record of {file}", file=task.staged.name)
    orders, aside = (
        f"read_parquet({literal(str(folder / f))})" for f in ("orders.parquet", "set_aside.parquet")
    )
    made = ledger.statement(orders, aside, money="net", records="records", flags=True)
    statements: list[Statement] = [
        *task.macros,
        *((sql, False, reading_label) for sql in checks.shape(reading)),
        *((sql, False, reading_label) for sql in checks.copies(reading, folder)),
        (f"COPY ({made}) TO {literal(str(folder / 'ledger.parquet'))} (FORMAT parquet)", False, ""),
        (f"FROM read_parquet({literal(str(folder / 'ledger.parquet'))})", True, ""),
        (checks.money_in(reading), True, text("Counting the money")),
        (_facts_sql(orders, reading), True, ""),
    ]
    *_, rows, money, (facts,) = [answer for answer in task.ask(statements) if answer is not None]
    frame = frame_of(rows)
    balance(frame, money, task.staged.records)
    names = ("orders", "customers", "first_day", "last_day", "newest")
    return written(
        task,
        frame,
        **dict(zip(names, facts, strict=True)),
        currency=reading.currency,
        splits=[[slug, header] for header, slug in slugs(reading.survey.extras).items()],
        numbered=reading.layout.has("order_id"),
    )


def frame_of(rows: list[list[Any]]) -> pd.DataFrame:
    """The ledger as a frame: `rows` whole numbers, `money` exact decimals or None."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["rows"] = frame["rows"].astype("int64")
    frame["money"] = [None if m is None else Decimal(m) for m in frame["money"]]
    return frame


def written(task: Task, frame: pd.DataFrame, **more: Any) -> Draft:
    """Write draft.json and give the draft."""
    staged = task.staged
    accepted = int(frame.loc[frame["disposition"] == ACCEPTED, "rows"].sum())
    aside = int(frame.loc[frame["disposition"] == SET_ASIDE, "rows"].sum())
    facts = {
        "source": {
            "name": staged.name,
            "sha256": staged.sha256,
            "bytes": staged.bytes,
            "encoding": staged.encoding,
        },
        "mapping": json.loads(task.mapping.to_json()),
        "format": task.mapping.format,
        "zone": task.zone,
        "rows_in": staged.records,
        "rows_accepted": accepted,
        "rows_set_aside": aside,
        **more,
    }
    _write(task.folder, facts)
    return Draft(task.folder, facts, frame)


def _write(folder: Path, facts: dict[str, Any]) -> None:
    (folder / "draft.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def _needed(task: Task) -> None:
    """Say which of the three things every order has are not mapped."""
    columns, lacking = task.mapping.columns, []
    if not any(task.mapping.headers(c) for c in ("customer_id", "email", "name")):
        lacking.append(text("who ordered (a customer number, an e-mail or a name)"))
    if not columns.get("ordered_at"):
        lacking.append(text("when it was ordered"))
    if task.mapping.amount is None and not (task.mapping.settled and columns.get("settled_amount")):
        lacking.append(text("the amount"))
    if lacking:
        raise MappingProblem(
            text(
                "In {file} no column was found for {lacking}. Its columns are {columns}. Choose in the mapping which of them it is.",
                file=task.staged.name,
                lacking="; ".join(lacking),
                columns=", ".join(task.staged.header[:20]),
            )
        )


def _facts_sql(orders: str, reading: Reading) -> str:
    # What was promised lies ahead, and says nothing about how far an export reaches.
    later = [c for c in ("refunded_at", "delivered_at") if reading.layout.has(c)]
    newest = ", ".join(f"max({c})" for c in ("ordered_at", *later))
    return f"""SELECT count(*), count(DISTINCT customer), min(ordered_on), max(ordered_on),
        strftime(greatest({newest}), '%Y-%m-%dT%H:%M:%S.%f') FROM {orders}"""


def balance(frame: pd.DataFrame, money: list[list[Any]], records: int) -> None:
    """Everything that came in was accepted or set aside, counted apart; raises Unbalanced, a fault of ours."""
    ends = frame[frame["disposition"].isin([ACCEPTED, SET_ASIDE])]
    counted = sum(n for _, n, _ in money)
    if int(ends["rows"].sum()) != records or counted != records:
        raise Unbalanced(
            f"{records} records came in, {counted} were counted, {ends['rows'].sum()} ended somewhere"
        )
    for currency in {code for code, _, _ in money} | set(ends["currency"]):
        came = sum((Decimal(m) for code, _, m in money if code == currency and m is not None), Decimal(0))
        went = sum(ends.loc[ends["currency"] == currency, "money"].dropna(), Decimal(0))
        # Every amount is rounded to four places once; the sums of both sides are exact.
        if came != went:
            raise Unbalanced(f"{came} {currency} came in, {went} ended somewhere")

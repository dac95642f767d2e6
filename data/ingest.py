"""The road in: recognise -> map -> check -> snapshot, with a ledger.

stage (a child opens the file) -> recognise, guess (which export, which columns) -> check (a draft folder, in SQL,
every fault at once) -> keep (merged into the data set, an immutable snapshot)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import pandas as pd

from data import connections, keeping, merging, opening, scratch, side_tables, snapshots
from data.catalog import LOCAL
from data.draft import Draft, Progress, Task, orders_draft, part
from data.formats import registry
from data.formats.base import Format
from data.guessing import guess_mapping
from data.mapping import Mapping, MappingProblem, Undecided
from data.opening import FileProblem, Staged
from data.question_guessing import is_survey, with_questions
from shop import Shop
from words import text

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "Draft",
    "FileProblem",
    "Imported",
    "MappingProblem",
    "Undecided",
    "check",
    "guess",
    "import_customers",
    "import_orders",
    "import_spend",
    "import_surveys",
    "recognise",
]

SURE = 0.9
"""From this share of its signature on, a format is taken without asking."""

ALIASES = {"customer": "customer_id", "date": "ordered_at", "time": "ordered_at", "amount": "net"}
"""What a mapping written by hand may call a column of orders."""


@dataclass(frozen=True)
class Imported:
    """A file that is now part of a data set. `ledger` has the columns of `data.ledger.COLUMNS` and counts this file's
    records, `rows_*` likewise; `shop` and `orders` are the whole data set. `to_confirm` names what was guessed and
    a person should confirm: "zone", "guests", "margin"."""

    shop: Shop
    ledger: pd.DataFrame
    rows_in: int
    rows_accepted: int
    rows_set_aside: int
    data_set: int
    fingerprint: str
    mapping: Mapping
    merged: merging.Merged | None = None
    to_confirm: tuple[str, ...] = ("zone", "guests", "margin")

    @property
    def orders(self) -> ir.Table:
        return self.shop.orders


def recognise(staged: Staged, table: str | None = None) -> list[tuple[Format, float]]:
    """Every format with how sure it is of this file (0..1), the surest first; "generic" is always among them."""
    known = [
        (found, found.sureness(staged.header, staged.head))
        for found in registry().values()
        if table is None or found.table == table or found.name == "generic"
    ]
    # Of two that are equally sure, the one with the longer signature says more.
    return sorted(known, key=lambda pair: (-pair[1], -len(pair[0].signature)))


def guess(staged: Staged, table: str | None = None) -> Mapping:
    """The mapping of the format recognised, or one guessed from names and values."""
    best, sureness = recognise(staged, table)[0]
    if sureness >= SURE:
        found = best.mapping(staged.header)
    else:
        likely = "surveys" if is_survey(staged.header, staged.head) else "orders"
        found = guess_mapping(staged.header, staged.head, table or likely)
    return with_questions(found, staged.header, staged.head) if found.table == "surveys" else found


def check(
    staged: Staged,
    mapping: Mapping,
    folder: Path,
    *,
    zone: str = "UTC",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    run: Callable[..., Any] = opening.run,
) -> Draft:
    """Check the whole file under a mapping and write a draft folder: tables, set_aside, ledger, draft.json.

    `run` is `opening.run` (a child process), or a function of the same shape. Raises MappingProblem where the mapping
    does not fit, Undecided where the file leaves something open, FileProblem and Cancelled as `opening.run`.
    """
    refusal = registry()[mapping.format].refusal if mapping.format in registry() else ""
    if refusal:
        raise MappingProblem(text(refusal))
    zone = mapping.zone or zone
    if zone not in {"UTC", *available_timezones()}:
        raise MappingProblem(
            text(
                "{zone} is not a time zone that is known here. Name the shop’s time zone as a place, such as "
                "Europe/Berlin or America/New_York.",
                zone=f"“{zone}”",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    task = Task(staged, mapping, zone, folder, run, progress, cancelled)
    return orders_draft(task) if mapping.table == "orders" else side_tables.draft(task)


def import_orders(
    path: Path | str, mapping: Mapping | AnyMapping[str, Any] | None = None, **how: Any
) -> Imported:
    """Bring an order export into a data set; the keywords are those of `import_file`."""
    return import_file(path, mapping, table="orders", **how)


def import_customers(
    path: Path | str, mapping: Mapping | AnyMapping[str, Any] | None = None, **how: Any
) -> Imported:
    """Bring a list of customers into a data set; the keywords are those of `import_file`."""
    return import_file(path, mapping, table="customers", **how)


def import_spend(
    path: Path | str, mapping: Mapping | AnyMapping[str, Any] | None = None, **how: Any
) -> Imported:
    """Bring marketing spend into a data set; the keywords are those of `import_file`."""
    return import_file(path, mapping, table="spend", **how)


def import_surveys(
    path: Path | str, mapping: Mapping | AnyMapping[str, Any] | None = None, **how: Any
) -> Imported:
    """Bring survey answers into a data set; the keywords are those of `import_file`."""
    return import_file(path, mapping, table="surveys", **how)


def import_file(
    path: Path | str,
    mapping: Mapping | AnyMapping[str, Any] | None = None,
    *,
    table: str = "orders",
    home: Path | None = None,
    tenant: str = LOCAL,
    data_set: int | None = None,
    zone: str = "UTC",
    name: str | None = None,
    merge: bool = True,
    append: bool = False,
    replace: bool = False,
    encoding: str | None = None,
    sheet: str | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Imported:
    """The whole road for one file, without a person.

    `mapping` None: recognised or guessed; a plain dict maps columns of the table to headers. `home` None:
    `$HOLDFAST_HOME`. `data_set` None: a new one called `name`. `merge` False takes the file's contents for the whole data
    set; `append` and `replace` answer what to do with files without order numbers. `zone`: the shop's IANA zone.

    Raises FileProblem (the file), MappingProblem (its columns), Undecided (a question that the file leaves open): each a
    ValueError whose text is a sentence. Nothing that was kept before is changed then.
    """
    home = Path(home or snapshots.home())
    path = Path(path)
    with ExitStack() as hold:
        hold.enter_context(opening.one_child())
        room = hold.enter_context(scratch.folder(scratch.room(home, tenant) / "drafts"))
        staged = stage_likeliest(
            path,
            room / "staged",
            table,
            name=path.name,
            encoding=encoding,
            sheet=sheet,
            progress=part(progress, 0.0, 0.4),
            cancelled=cancelled,
        )
        chosen = _mapping(staged, mapping, table)
        made = check(
            staged, chosen, room / "draft", zone=zone, progress=part(progress, 0.4, 0.9), cancelled=cancelled
        ).named(name or path.stem)
        frame = made.ledger
        merged, kept, where = keeping.keep(
            made,
            home=home,
            tenant=tenant,
            data_set=data_set,
            name=name or path.stem,
            merge=merge,
            append=append,
            replace=replace,
        )
        shop = snapshots.open_shop(connections.cursor(home), kept)
        facts = made.facts
    return Imported(
        shop,
        frame,
        facts["rows_in"],
        facts["rows_accepted"],
        facts["rows_set_aside"],
        where,
        shop.fingerprint,
        chosen,
        merged,
    )


def stage_likeliest(path: Path, folder: Path, table: str, *, sheet: str | None = None, **how: Any) -> Staged:
    """Stage a file; of several sheets or members, and without a choice, the first that is known to hold `table`."""
    staged = opening.stage(path, folder, sheet=sheet, **how)
    if sheet is not None or len(staged.choices) < 2:
        return staged
    for choice in [staged.chosen, *(c for c in staged.choices if c != staged.chosen)]:
        if choice != staged.chosen:
            staged = opening.stage(path, folder, sheet=choice, **how)
        best, sureness = recognise(staged)[0]
        if sureness >= SURE and best.table == table:
            return staged
    return opening.stage(path, folder, **how)


def _mapping(staged: Staged, given: Mapping | AnyMapping[str, Any] | None, table: str) -> Mapping:
    if isinstance(given, Mapping):
        return given
    if given is not None:
        if set(given) <= {f.name for f in fields(Mapping)} and "columns" in given:
            return Mapping.from_dict(given)
        aliases = ALIASES if table == "orders" else {}
        return Mapping(table=table, columns={aliases.get(c, c): h for c, h in given.items()})
    best, sureness = recognise(staged)[0]
    if sureness >= SURE and best.table != table:
        raise MappingProblem(
            text(
                "{file} is a file of {found} ({title}); a file of {wanted} was expected here.",
                file=staged.name,
                found=best.table,
                title=best.title,
                wanted=table,
            )
        )
    return guess(staged, table)


def read_draft(folder: Path) -> dict[str, Any]:
    """What draft.json of a draft folder says."""
    return json.loads((folder / "draft.json").read_text(encoding="utf-8"))

"""The dashboard's side of opening a stranger's file: what goes into the child process and what comes back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.child import Cancelled, Limits, Progress, ask, one_child
from data.faults import FileProblem, warning

__all__ = ["Cancelled", "FileProblem", "Limits", "Staged", "one_child", "run", "stage"]


@dataclass(frozen=True)
class Staged:
    """A file opened and split into records: raw.parquet and rejects.parquet lie in `folder`.

    `records` counts what is below the header, readable and `rejected`. `choices` are the sheets of a workbook
    or the members of a zip where there are several, `chosen` the one read. `warnings` are sentences.
    """

    folder: Path
    kind: str
    name: str
    sha256: str
    bytes: int
    encoding: str
    delimiter: str
    header: list[str]
    records: int
    rejected: int
    head: list[dict[str, str | None]]
    choices: list[str]
    chosen: str
    warnings: list[str]


def stage(
    path: Path | str,
    folder: Path | str,
    *,
    name: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Staged:
    """Open a stranger's file in a child process and split it into records, in `folder`.

    `encoding` and `sheet` (of a workbook, or member of a zip) override what the content says. Raises
    FileProblem with a sentence, or Cancelled when `cancelled()` says so; then nothing is left in `folder`.
    """
    path, folder = Path(path), Path(folder)
    known = name or path.name
    existed = folder.exists()
    request = {
        "task": "stage",
        "path": str(path.resolve()),
        "folder": str(folder.resolve()),
        "encoding": encoding,
        "sheet": sheet,
    }
    try:
        answer = ask(request, known, limits or Limits(), progress, cancelled)
    except BaseException:
        _clear(folder, existed)
        raise
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    return Staged(
        folder=folder,
        name=known,
        chosen=answer.get("member", ""),
        warnings=[warning(known, facts) for facts in answer["warnings"]],
        **{
            key: answer[key]
            for key in (
                *(
                    "kind",
                    "sha256",
                    "bytes",
                    "encoding",
                    "delimiter",
                    "header",
                    "records",
                    "rejected",
                    "head",
                ),
                "choices",
            )
        },
    )


def run(
    folder: Path | str,
    statements: Iterable[tuple[str, bool, str]],
    *,
    also: Sequence[Path | str] = (),
    name: str = "",
    limits: Limits | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[list[Any]] | None]:
    """Run SQL in a child whose DuckDB may touch only `folder` and `also`.

    `statements` are (sql, fetch, label), run in order on one connection. Views `raw` and `rejects` stand for
    a file staged in one of the folders. Returns rows for fetched statements (decimals as text, dates as ISO
    text), None for the others. Raises FileProblem and Cancelled; what was written is the caller's to remove.
    """
    request = {
        "task": "run",
        "folder": str(Path(folder).resolve()),
        "also": [str(Path(place).resolve()) for place in also],
        "statements": [list(statement) for statement in statements],
    }
    return ask(request, name, limits or Limits(), progress, cancelled)["results"]


def _clear(folder: Path, existed: bool) -> None:
    for item in ("work", "tmp"):
        shutil.rmtree(folder / item, ignore_errors=True)
    for item in ("raw.parquet", "rejects.parquet", "numbers.json"):
        (folder / item).unlink(missing_ok=True)
    if not existed and folder.exists():
        folder.rmdir()

"""A stranger's table that is no order log, as plain text: opened by the child process, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from data import opening, scratch
from data.child import Progress
from words import count, text

MOST_ROWS, MOST_COLUMNS = 200_000, 200
MOST_BYTES = 200 << 20


class TooLarge(ValueError):
    """A table of more rows, columns or bytes than is read whole into memory."""


def read_table(
    content: bytes,
    name: str,
    room: Path,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Every cell as text (None where empty), and the reader's warnings; nothing stays in `room`.

    Raises TooLarge or FileProblem with a sentence.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(text("The file has more than {most} megabytes.", most=count(MOST_BYTES >> 20)))
    with scratch.folder(room) as place:
        # The name is a stranger's: it is told in sentences and never becomes a path.
        source = place / "table"
        source.write_bytes(content)
        staged = opening.stage(source, place / "staged", name=name, progress=progress, cancelled=cancelled)
        if staged.records > MOST_ROWS or len(staged.header) > MOST_COLUMNS:
            raise TooLarge(
                text(
                    "The table has {rows} rows and {columns} columns; at most {most} rows and {widest} columns are read here.",
                    rows=count(staged.records),
                    columns=count(len(staged.header)),
                    most=count(MOST_ROWS),
                    widest=count(MOST_COLUMNS),
                )
            )
        rows = opening.run(
            staged.folder,
            [("SELECT * EXCLUDE (record) FROM raw ORDER BY record", True, "")],
            name=name,
            cancelled=cancelled,
        )[0]
    warnings = list(staged.warnings)
    if staged.rejected:
        warnings.append(text("{n} rows could not be read and are left out.", n=count(staged.rejected)))
    return pd.DataFrame(rows or [], columns=staged.header, dtype=object), tuple(warnings)

"""Files that were sent in, held between the runs of a page until they are kept or dropped. Knows no Streamlit.

    receive -> read (staged, recognised, mapped) -> check (a draft with its ledger) -> keep (merged, a snapshot)

The steps are in data_steps.py. The folder of a Road goes when the Road is let go, and is swept out by whoever comes
next if the process dies.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import jobs
from data import ingest, opening, scratch
from data.formats.base import Format
from data.mapping import Mapping, Undecided
from words import count, text

LARGEST = 2048 << 20


@dataclass
class Incoming:
    """One file on its way: what is known of it so far, and what a person chose.

    `encoding`, `sheet` and `mapping` are what it is read with; `settled` says that the mapping needs no
    confirmation. What stops it is a `problem` (with `choices` where the file holds several tables), a `question`
    that only a person can answer, or a mapping that is not settled.
    """

    name: str
    path: Path
    folder: Path
    encoding: str | None = None
    sheet: str | None = None
    staged: opening.Staged | None = None
    format: Format | None = None
    sureness: float = 0.0
    resembles: str = ""
    remembered: bool = False
    mapping: Mapping | None = None
    settled: bool = False
    by_hand: bool = False
    draft: ingest.Draft | None = None
    question: Undecided | None = None
    problem: str = ""
    choices: tuple[str, ...] = ()
    kept: bool = False

    def reread(self, **chosen: str | None) -> None:
        """Open the file again with another encoding or sheet."""
        self.encoding, self.sheet = chosen.get("encoding", self.encoding), chosen.get("sheet", self.sheet)
        self.staged, self.mapping, self.settled, self.choices = None, None, False, ()
        self._afresh()

    def map_by_hand(self) -> None:
        """Ask for the columns although they were recognised."""
        self.settled = False
        self._afresh()

    def change(self, mapping: Mapping) -> None:
        """Read with other settings; a mapping that still waits for a person goes on waiting."""
        self.mapping = mapping
        self._afresh()

    def remap(self, mapping: Mapping) -> None:
        """Check the file again under another mapping."""
        self.mapping, self.settled, self.by_hand = mapping, True, True
        self._afresh()

    def _afresh(self) -> None:
        self.draft, self.question, self.problem = None, None, ""

    @property
    def refused(self) -> bool:
        """Whether the export is known and can answer nothing, such as one without customers."""
        return self.format is not None and bool(self.format.refusal)

    @property
    def open(self) -> bool:
        """Whether anything that a person says could still lead to its being kept."""
        return not self.problem or bool(self.choices) or (self.staged is not None and not self.refused)

    @property
    def work_to_do(self) -> bool:
        return not self.problem and (
            self.staged is None or (self.settled and not self.draft and not self.question)
        )


@dataclass
class Road:
    """The files that were sent in together, and the job that works on them. `zone` is the shop's time zone,
    chosen or guessed; `target` the data set it goes to (None: a new one called `name`); `how` is "append" or
    "replace" for files without order numbers, once somebody said so; `held` lists the orders of all of them. At the end `kept` is the data set and `news` what
    happened, as a sentence."""

    files: list[Incoming]
    zone: str
    hold: ExitStack
    tenant: str
    home: Path
    job: jobs.Job | None = None
    target: int | None = None
    name: str = ""
    how: str | None = None
    held: Path | None = None
    question: Undecided | None = None
    kept: int | None = None
    news: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    steps: int = 0

    @property
    def ready(self) -> bool:
        """Whether something can be kept and nothing else waits for a person."""
        return any(f.draft for f in self.files) and all(f.draft or not f.open for f in self.files)

    def start(self, label: str, work: Callable[[Road, jobs.Job], object]) -> None:
        self.steps += 1
        self.job = jobs.start(("road", self.key, self.steps), label, lambda job: work(self, job))

    def read_for(self, zone: str) -> None:
        """Another time zone means other days: every file is checked again."""
        if zone != self.zone:
            self.zone = zone
            for file in self.files:
                file.draft = None

    def leave_out(self, file: Incoming) -> None:
        self.files.remove(file)

    def close(self) -> None:
        """Let the files go."""
        self.hold.close()


def receive(
    sent: Iterable[tuple[str, int, BinaryIO]], *, home: Path, tenant: str, room: Path, zone: str
) -> Road:
    """Write what was sent (name, bytes, stream) into a folder of its own. The size is checked here again: the limit of
    the upload widget is the browser's promise only."""
    scratch.sweep(room)
    hold = ExitStack()
    place = hold.enter_context(scratch.folder(room))
    files = []
    for number, (name, size, stream) in enumerate(sent):
        folder = place / str(number)
        folder.mkdir()
        file = Incoming(Path(name).name or text("file"), folder / "sent", folder / "staged")
        if size > LARGEST:
            file.problem = text(
                "{name} has {found} MB; at most {most} MB can be sent at once. Split it by period and send the parts.",
                name=file.name,
                found=count(size >> 20),
                most=count(LARGEST >> 20),
            )
        else:
            with file.path.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
        files.append(file)
    return Road(files, zone, hold, tenant, home)

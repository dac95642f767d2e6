"""A file's way from the upload to a snapshot, held between the runs of a page. Knows no Streamlit.

    receive -> read (staged, recognised, mapped) -> check (a draft with its ledger) -> keep (merged, a snapshot)

Nothing that a person sees elsewhere changes before `keep`. The folder of a Road goes when the Road is let go, and is
swept out by whoever comes next if the process dies.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import jobs
from data import ingest, opening, scratch
from data.catalog import Catalog
from data.formats.base import Format
from data.mapping import Mapping, Undecided
from words import count, text

LARGEST = 2048 << 20
SURE = 0.9
"""A format recognised with less is shown with the mapping form, for a person to confirm."""


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
    remembered: bool = False
    mapping: Mapping | None = None
    settled: bool = False
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
        self.mapping, self.settled = mapping, True
        self._afresh()

    def _afresh(self) -> None:
        self.draft, self.question, self.problem = None, None, ""

    @property
    def work_to_do(self) -> bool:
        return not self.problem and (
            self.staged is None or (self.settled and not self.draft and not self.question)
        )


@dataclass
class Road:
    """The files that were sent in together, and the job that works on them. `zone` is the shop's time zone,
    chosen or guessed; `target` the data set it goes to (None: a new one called `name`); `how` is "append" or
    "replace" for files without order numbers, once somebody said so. At the end `kept` is the data set and `news` what
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
    question: Undecided | None = None
    kept: int | None = None
    news: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    steps: int = 0

    @property
    def ready(self) -> bool:
        return bool(self.files) and all(f.draft is not None for f in self.files)

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


def draft_folder(file: Incoming) -> Path:
    return file.folder.with_name("draft")


def facts(file: Incoming) -> dict[str, Any]:
    """What draft.json says of a checked file."""
    found = json.loads((draft_folder(file) / "draft.json").read_text(encoding="utf-8"))
    return found


def prepare(road: Road, job: jobs.Job) -> None:
    """Read and check every file as far as it goes without a person."""
    waiting = [f for f in road.files if f.work_to_do]
    for place, file in enumerate(waiting):

        def progress(fraction: float, message: str = "", place: int = place) -> None:
            job.progress((place + fraction) / len(waiting), message)

        try:
            if file.staged is None:
                _read(road, file, job, progress)
            if file.settled:
                _check(road, file, job, progress)
        except opening.FileProblem as problem:
            file.problem, file.choices = str(problem), tuple(problem.facts.get("choices", ()))
        except Undecided as question:
            file.question = question
        except opening.Cancelled as cancelled:
            raise jobs.Cancelled from cancelled
        except ValueError as problem:
            file.problem = str(problem)


def _read(road: Road, file: Incoming, job: jobs.Job, progress: opening.Progress) -> None:
    shutil.rmtree(file.folder, ignore_errors=True)
    file.staged = opening.stage(
        file.path,
        file.folder,
        name=file.name,
        encoding=file.encoding,
        sheet=file.sheet,
        progress=progress,
        cancelled=job.cancelled,
    )
    known = ingest.recognise(file.staged)
    file.format, file.sureness = known[0]
    file.mapping = ingest.guess(file.staged)
    file.settled = file.sureness >= SURE and file.format.name != "generic"
    kept = Catalog(road.home).mapping_for(file.staged.header, road.tenant)
    if kept is not None:
        file.mapping, file.settled, file.remembered = Mapping.from_json(kept), True, True

"""What happens to files that were sent in, as jobs: read, check, keep.

Nothing that a person sees elsewhere changes before `keep`.
"""

from __future__ import annotations

import shutil

import jobs
from data import formats, ingest, keeping, merging, opening
from data.catalog import Catalog
from data.mapping import Mapping, MappingProblem, Undecided
from pages.start.data_road import Incoming, Road
from words import count, text

LIKE = 0.5
"""From this share of its headers on, an unknown file is said to be like a known export."""


READING = 0.4
"""The part of the bar that opening a file takes; checking it takes the rest."""


def _part(job: jobs.Job, start: float, end: float, of: int) -> opening.Progress:
    """Progress of one step as a part of the whole job's."""

    def progress(fraction: float, message: str = "") -> None:
        job.progress((start + (end - start) * fraction) / of, message)

    return progress


def prepare(road: Road, job: jobs.Job) -> None:
    """Read and check every file as far as it goes without a person."""
    waiting = [f for f in road.files if f.work_to_do]
    for place, file in enumerate(waiting):
        try:
            staged = file.staged or _read(road, file, job, _part(job, place, place + READING, len(waiting)))
            if file.settled and file.mapping is not None:
                progress = _part(job, place + READING, place + 1, len(waiting))
                _check(road, file, staged, file.mapping, job, progress)
        except opening.FileProblem as problem:
            file.problem, file.choices = str(problem), tuple(problem.facts.get("choices", ()))
            # Columns that a person chose are the likeliest fault: they are asked for again.
            file.settled = file.settled and not file.by_hand
        except Undecided as question:
            file.question = question
        except opening.Cancelled as cancelled:
            raise jobs.Cancelled from cancelled
        except MappingProblem as problem:
            file.problem, file.settled = str(problem), False
        except ValueError as problem:
            file.problem = str(problem)


def _read(road: Road, file: Incoming, job: jobs.Job, progress: opening.Progress) -> opening.Staged:
    shutil.rmtree(file.folder, ignore_errors=True)
    staged = file.staged = opening.stage(
        file.path,
        file.folder,
        name=file.name,
        encoding=file.encoding,
        sheet=file.sheet,
        progress=progress,
        cancelled=job.cancelled,
    )
    best, file.sureness = ingest.recognise(staged)[0]
    file.settled = file.sureness >= ingest.SURE
    file.format = best if file.settled else formats.named("generic")
    file.resembles = best.title if not file.settled and file.sureness >= LIKE else ""
    file.mapping = ingest.guess(staged)
    kept = Catalog(road.home).mapping_for(staged.header, road.tenant)
    if kept is not None:
        file.mapping, file.settled, file.remembered = Mapping.from_json(kept), True, True
    return staged


def _check(
    road: Road,
    file: Incoming,
    staged: opening.Staged,
    mapping: Mapping,
    job: jobs.Job,
    progress: opening.Progress,
) -> None:
    folder = file.folder.with_name("draft")
    shutil.rmtree(folder, ignore_errors=True)
    made = ingest.check(staged, mapping, folder, zone=road.zone, progress=progress, cancelled=job.cancelled)
    keeping.refuse_empty(made)
    file.draft = made


def keep(road: Road, job: jobs.Job) -> None:
    """Merge the drafts one after another into the data set, orders first; each is a snapshot of its own. A question
    that arises stops here (`road.question`); what was kept until then stays kept. Files sent together are parts of one
    export: none of them takes another's place, and orders without numbers are added to each other's."""
    catalog = Catalog(road.home)
    waiting = [(f, f.draft) for f in road.files if f.draft is not None and not f.kept]
    waiting.sort(key=lambda pair: not _has_orders(pair[1]))
    if road.target is None and not _has_orders(waiting[0][1]):
        raise ValueError(
            text(
                "{name} holds no orders. Send it together with the orders, or add it to a data set that has them.",
                name=waiting[0][0].name,
            )
        )
    if not any(f.kept for f in road.files):
        road.held = keeping.together([d for _, d in waiting], waiting[0][0].folder.with_name("held.parquet"))
    merged = []
    for place, (file, draft) in enumerate(waiting):
        job.progress(place / len(waiting), text("Keeping {name}", name=file.name))
        further = any(f.kept and f.draft is not None and _has_orders(f.draft) for f in road.files)
        try:
            done, _, road.target = keeping.keep(
                draft,
                home=road.home,
                tenant=road.tenant,
                data_set=road.target,
                name=road.name,
                append=further or road.how == "append",
                replace=not further and road.how == "replace",
                held=road.held,
            )
        except Undecided as question:
            road.question = question
            return
        merged.append(done)
        file.kept = True
        if file.by_hand and file.staged and file.mapping:
            catalog.remember_mapping(file.staged.header, file.mapping.to_json(), road.tenant)
    road.news, road.kept = _news(road, merged), road.target


def _has_orders(draft: ingest.Draft) -> bool:
    return bool(draft.facts["mapping"]["table"] == "orders")


def _news(road: Road, merged: list[merging.Merged | None]) -> str:
    """What happened, in a sentence."""
    if merged[0] is None:
        return text("Kept as a new data set, {name}.", name=road.name)
    done = [m for m in merged if m is not None]
    return text(
        "Kept: {added} added, {changed} changed, {gone} gone, {unchanged} as before.",
        added=count(sum(m.added for m in done)),
        changed=count(sum(m.changed for m in done)),
        gone=count(sum(m.gone for m in done)),
        unchanged=count(sum(m.unchanged for m in done)),
    )

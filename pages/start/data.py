"""Data: what came in, how much of it the figures rest on, and the doors for more."""

from __future__ import annotations

import workspace
from data import balance
from pages.common import controls, definitions_form, show
from pages.start import (
    data_confirm,
    data_doors,
    data_health,
    data_identity,
    data_incoming,
    data_ledger,
    data_snapshots,
)
from words import text

show.guard("data")
kept = workspace.snapshot()
found = balance.of(workspace.ledger(kept)) if kept else None
if kept is None or found is None:
    show.header(text("Data"), text("No orders here yet: bring your own, or look at an example"))
else:
    show.header(
        text("Data"), data_ledger.sentence(found), data_ledger.counts(found), *data_ledger.whose(kept)
    )
    data_ledger.next_step(found)

busy = data_incoming.draw()
if not busy:
    data_confirm.draw()
    data_doors.draw()


def sections() -> dict[str, str]:
    return {
        "ledger": text("Ledger"),
        "health": text("Health"),
        "identity": text("Identity"),
        "snapshots": text("Snapshots"),
        "definitions": text("Definitions"),
    }


def draw_section(kept: workspace.Snapshot) -> None:
    section = controls.choice(text("Section"), sections(), "data.section", "ledger")
    draw = {
        "ledger": lambda: data_ledger.draw(kept),
        "health": data_health.draw,
        "identity": data_identity.draw,
        "snapshots": data_snapshots.draw,
        "definitions": definitions_form.form,
    }
    draw[section]()


if kept is not None and found is not None and not busy:
    if show.full():
        draw_section(kept)
    else:
        data_ledger.short(kept, found)

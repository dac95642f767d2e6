"""Who of a contact list can be drawn today: rested, with consent, and with something to do for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from models import hold_out
from models.btyd.inputs import Floats, Ints
from models.contact_list import BANDS, REASONS, STAGES, ContactList
from models.contact_people import GIVEN, REFUSED, UNKNOWN
from models.contact_playbook import Step
from models.contact_profit import Profit
from models.contact_signs import Bools

Consent = Literal["given", "not_refused"]


@dataclass(frozen=True)
class Eligible:
    """`rows` of the list that can be drawn, in its order. Why others cannot, each counted once in this order: `resting`
    (on a list not long ago, or at an address of one who was), `nothing` (the playbook says so), `refused`, `unknown`
    (consent), `shared` (written to at the address of one further up the list: who is held out must get no mail)."""

    rows: Ints
    resting: int
    nothing: int
    refused: int
    unknown: int
    shared: int


def eligible(
    found: ContactList, steps: Sequence[Step], resting: Collection[str], consent: Consent
) -> Eligible:
    """Whoever refused is never drawn; with "given" nobody either whose consent is unknown."""
    left = np.ones(len(found.at), dtype=bool)

    def take_out(these: np.ndarray) -> int:
        gone = left & these
        left[gone] = False
        return int(gone.sum())

    counts = [
        take_out(found.reached_with(sorted(resting))),
        take_out(np.array([step == "nothing" for step in steps], dtype=bool)),
        take_out(found.consent == REFUSED),
        take_out((found.consent == UNKNOWN) & (consent == "given")),
    ]
    box = found.mailbox[found.at]
    first = np.zeros(len(left), dtype=bool)
    rows = np.flatnonzero(left)
    first[rows[np.unique(box[rows], return_index=True)[1]]] = True
    counts.append(take_out(~first & (box >= 0)))
    return Eligible(np.flatnonzero(left), *counts)


def worth_it(who: Eligible, profit: Profit) -> int:
    """How many of those eligible stand above the best cut-off: who is left out is not replaced by somebody further
    down, who costs more than contacting brings. 0 where contacting anybody does."""
    cut = profit.cut.value if profit.cut.known else 0.0
    return int((who.rows < cut).sum())


def may_be_written_to(found: ContactList, rows: Ints, held_out: Collection[str]) -> Bools:
    """Which of these rows neither refused nor are held out, nor have the address of one who is: only they belong in a
    file, for a key can be an address."""
    return (found.consent[rows] != REFUSED) & ~found.reached_with(sorted(held_out))[rows]


def known(found: ContactList) -> tuple[int, int, int]:
    """How many on the list have given consent, refused it, and never said."""
    given, refused, unknown = (int((found.consent == code).sum()) for code in (GIVEN, REFUSED, UNKNOWN))
    return given, refused, unknown


def drawn(
    found: ContactList, steps: Sequence[Step], rows: Ints, share: float, seed: int
) -> list[dict[str, Any]]:
    """One record for each of these rows, with who is held out: `share` of each reason and band, by `seed`."""
    strata = found.reason[rows] * len(BANDS) + found.band[rows]
    held = hold_out.draw(strata, share, seed)
    return [
        {
            "customer": name,
            "place": int(row),
            "held_out": bool(out),
            "reason": REASONS[found.reason[row]],
            "stage": STAGES[found.stage[row]],
            "step": steps[row],
            "chance": round(float(chance), 6),
            "stake": round(float(found.stake[row]), 2),
        }
        for name, row, out, chance in zip(found.names(rows), rows, held, found.chance[rows], strict=True)
    ]


def mean_chance(found: ContactList, rows: Ints) -> float:
    """The order rate to expect of these customers without contact; 0 where there are none."""
    chances: Floats = found.chance[rows]
    return float(chances.mean()) if len(chances) else 0.0

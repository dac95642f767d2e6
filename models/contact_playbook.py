"""What to do for whom: a step for each stage of keeping, reason, and size of what is at stake."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Literal, cast, get_args

from models.contact_list import BANDS, REASONS, STAGES, ContactList
from words import text

Step = Literal["call", "offer", "points", "reminder", "nothing"]
STEPS: tuple[Step, ...] = get_args(Step)

PLACES = tuple(
    f"{stage}.{reason}.{band}"
    for stage, reason, band in product(STAGES, REASONS, BANDS)
    # One-time buyers have no rhythm to be late against, and repeat buyers no second order to come.
    if (stage == "first") == (reason == "second") or reason == "unhappy"
    if not (stage == "lapsed" and reason in ("slipping", "second"))
)
"""Every combination that can stand on a list, as "stage.reason.band"."""

_USUAL: dict[str, Step] = {
    # A complaint is answered by a person, and never with a discount.
    "unhappy": "call",
    "second": "reminder",
    "slipping": "points",
    "overdue": "reminder",
}


def usual(place: str) -> Step:
    """The step that a shop starts with: an offer, which costs money, only for the fifth with most at stake, and only where
    they slip away or are gone."""
    stage, reason, band = place.split(".")
    dear = band == "best" and (reason == "slipping" or (stage == "lapsed" and reason == "overdue"))
    return "offer" if dear else _USUAL[reason]


def playbook(changes: Mapping[str, str]) -> dict[str, Step]:
    """The usual steps with a shop's own `changes`. Raises ValueError naming a place or step that does not exist."""
    for place, step in changes.items():
        if place not in PLACES or step not in STEPS:
            raise ValueError(
                text(
                    "The playbook says “{step}” for “{place}”; one of them does not exist. Steps are {steps}.",
                    step=step,
                    place=place,
                    steps=", ".join(STEPS),
                )
            )
    return {place: cast(Step, changes.get(place, usual(place))) for place in PLACES}


def steps(found: ContactList, book: Mapping[str, Step]) -> list[Step]:
    """The step of each row of the list."""
    each = [[[book.get(f"{s}.{r}.{b}", "reminder") for b in BANDS] for r in REASONS] for s in STAGES]
    return [each[s][r][b] for s, r, b in zip(found.stage, found.reason, found.band, strict=True)]

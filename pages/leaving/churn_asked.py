"""Asking for the one score, so that the tests behind it and the score itself are computed once for every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import workspace
from models.churn import Churn, churn
from models.definitions import Definitions
from models.order_chance import OrderChances, order_chances
from pages.common.later import later
from words import text


def label() -> str:
    return text("Learning from the shop’s past who leaves, and testing it …")


def score(
    draw: Callable[[OrderChances, Churn | None], None],
    view: Definitions,
    otherwise: Callable[[str], None],
    let_in: tuple[str, ...] = (),
) -> None:
    """`draw(chances, churn)` once both are there; without `churn` where the past allows no test. `otherwise(why)` until
    then, and where there is no score at all. Suspected leaks are `let_in` for this page only: without any it is the one score,
    under the same key as on every other page."""
    settings: dict[str, Any] = {"allowed": let_in} if let_in else {}

    def tested(found: Churn) -> None:
        later(
            label(),
            lambda chances: draw(chances, found),
            order_chances,
            view,
            otherwise=otherwise,
            _churn=found,
            **settings,
        )

    def untested(why: str) -> None:
        # The same job again: it tells a refusal, after which BG/NBD still has a score, from work that is not over.
        if workspace.ask_in_background(churn, label(), view, **settings).hopeless:
            later(
                label(),
                lambda chances: draw(chances, None),
                order_chances,
                view,
                otherwise=otherwise,
                **settings,
            )
        else:
            otherwise(why)

    later(label(), tested, churn, view, otherwise=untested, **settings)

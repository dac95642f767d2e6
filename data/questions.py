"""The questions of a survey file: which column asks what, on which scale."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any

KINDS = ("NPS", "CSAT", "CES")

SCALES = ("0-10", "1-5", "1-7", "1-10", "1-3", "1-4", "1-6", "0-5", "0-100")
"""Those offered first to last; a mapping may name any other from a whole number to a higher one."""

USUAL = {"NPS": "0-10", "CSAT": "1-5", "CES": "1-7"}
"""The scale of a kind where neither a person nor the file says which."""


@dataclass(frozen=True)
class Question:
    """One column of a survey file with answers of `kind` on `scale` ("0-10": lowest and highest possible score), and
    the columns with what was written about it; several are put together."""

    header: str
    kind: str
    scale: str
    comment: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, raw: AnyMapping[str, Any]) -> Question:
        return cls(raw["header"], raw["kind"], raw["scale"], tuple(raw.get("comment") or ()))


def ends(scale: str) -> tuple[int, int] | None:
    """(lowest, highest) of a scale; None where it is not written as one."""
    found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", scale)
    if found is None or int(found[1]) >= int(found[2]):
        return None
    return int(found[1]), int(found[2])

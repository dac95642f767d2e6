"""A fit kept under a name with all that is needed to repeat it, as JSON; checked by fitting again, never unpickled."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from math import isfinite, nan
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pandas as pd

from models.btyd.families import FAMILIES
from models.definitions import Definitions
from models.model_bench import Bench, bench
from shop import Shop
from words import listing, text

FORMAT = "holdfast fit 1"
LARGEST = 100_000
"""Characters of a saved fit; one has some two thousand."""
NAME = 80
"""Characters of a name that are shown."""
SAME = 1e-4
"""Figures that differ by a smaller share are the same: optimisers stop within far less of the optimum."""


def saved(
    found: Bench, definitions: Definitions, *, name: str, fingerprint: str, code: str, **settings: Any
) -> str:
    """The fit as JSON text: no customer is in it. `settings` are those that the fit itself does not depend on (holdout,
    unit), kept so that the whole page can be set as it was."""
    kept = {
        "format": FORMAT,
        "name": name,
        "model": found.fit.family.name,
        "penalizer": found.penalizer,
        "settings": settings,
        "definitions": json.loads(definitions.to_json()),
        "data": fingerprint,
        "observed_until": found.until.isoformat(),
        "code": code,
        "customers": found.fit.customers,
        "repeat_purchases": found.repeats,
        "unit": "days",
        **_figures(found),
    }
    return json.dumps(kept, indent=1, ensure_ascii=False)


def _figures(found: Bench) -> dict[str, Any]:
    models = {"purchases": found.fit.purchases, "spend": found.fit.spend.model}
    return {
        part: {
            "log_likelihood": model.log_likelihood_,
            "parameters": {name: float(model.params_[name]) for name in model.names},
        }
        for part, model in models.items()
        if model is not None
    }


@dataclass(frozen=True)
class Checked:
    """A saved fit beside the same question asked again. `table`: `what` (a parameter, or "log_likelihood"), `part`
    ("purchases", "spend"), `kept`, `now`, `difference` (a share). `same_data`: whether the orders are those of the saved fit;
    `same_code`: whether the program is."""

    name: str
    model: str
    table: pd.DataFrame
    same_data: bool
    same_code: bool

    @property
    def agrees(self) -> bool:
        return bool((self.table.difference.abs() <= SAME).all())


def check(shop: Shop, definitions: Definitions, *, written: str, fingerprint: str, code: str) -> Checked:  # noqa: ARG001 (the saved ones apply)
    """Fit again what `written` holds, under its own definitions and settings, to this shop's orders.

    Raises ValueError with a sentence where the text is no saved fit, or nothing can be fitted.
    """
    kept = read(written)
    found = bench(shop, kept["definitions"], model=kept["model"], penalizer=kept["penalizer"])
    rows = []
    for part, now in _figures(found).items():
        then = kept.get(part, {})
        pairs = {"log_likelihood": (then.get("log_likelihood"), now["log_likelihood"])}
        pairs |= {n: (then.get("parameters", {}).get(n), v) for n, v in now["parameters"].items()}
        rows += [
            {"part": part, "what": what, "kept": _number(old), "now": new}
            for what, (old, new) in pairs.items()
        ]
    table = pd.DataFrame(rows)
    table["difference"] = (table.now - table.kept) / table.kept.abs()
    # What the saved fit lacks does not agree with what there is now.
    table["difference"] = table.difference.fillna(float("inf"))
    return Checked(str(kept["name"]), kept["model"], table, kept["data"] == fingerprint, kept["code"] == code)


def read(written: str) -> dict[str, Any]:
    """The saved fit, its "definitions" as Definitions. Raises ValueError saying what is wrong with it."""
    if len(written) > LARGEST:
        raise ValueError(text("This file is too large to be a saved fit of Holdfast."))
    try:
        kept = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ValueError(text("This file is not JSON, so it is no saved fit of Holdfast.")) from error
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise ValueError(
            text("This file is no saved fit of Holdfast: it does not say “{format}”.", format=FORMAT)
        )
    lacking = [
        k for k in ("name", "model", "penalizer", "definitions", "data", "code", "purchases") if k not in kept
    ]
    if lacking:
        raise ValueError(text("The saved fit lacks {names}.", names=listing(lacking)))
    if kept["model"] not in FAMILIES:
        raise ValueError(
            text("The saved fit is of a model that is not known here: {model}.", model=str(kept["model"]))
        )
    if not _number(kept["penalizer"]) >= 0:
        raise ValueError(text("The penaliser in the saved fit is not a number of 0 or more."))
    for part in ("purchases", "spend"):
        held = kept.get(part, {})
        if not isinstance(held, dict) or not isinstance(held.get("parameters", {}), dict):
            raise ValueError(text("The saved fit lacks {names}.", names=text("its parameters")))
    kept["definitions"] = _definitions(kept["definitions"])
    return kept


def _definitions(raw: Any) -> Definitions:
    """Definitions from a stranger's file: of the right kinds, and such as this version knows."""
    hints = get_type_hints(Definitions)
    if not isinstance(raw, dict):
        raise ValueError(text("The saved fit lacks {names}.", names=text("its definitions")))
    for f in fields(Definitions):
        days = f.name in ("observed_from", "observed_until")
        if f.name in raw and not _fits(raw[f.name], str | None if days else hints[f.name]):
            raise ValueError(
                text("The saved fit holds a definition that is not known here: {name}.", name=f.name)
            )
    try:
        return Definitions.from_json(json.dumps(raw))
    except ValueError as why:
        raise ValueError(
            text("The definitions of the saved fit cannot be used. {why}", why=str(why))
        ) from why


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if isinstance(hint, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if hint is float:
        return isfinite(_number(value))
    if hint in (int, bool, str, NoneType):
        return type(value) is hint
    return False


def _number(value: Any) -> float:
    """NaN for what is no number, or none that a figure here could be."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e300 else nan

"""A second opinion: the same histories fitted by `lifetimes`, side by side with ours.

lifetimes is archived, but many trust it: where the two agree, a reader who knows it may trust us. Its
log-likelihood is computed here, by our formula at its parameters, because its own is a mean in rescaled time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.btyd import beta_geometric as bg
from models.customer_base import MONTH, Fit, Groups, fit_base, grouped, load
from models.definitions import Definitions
from shop import Shop
from words import text

ADAPTER = Path(__file__).with_name("lifetimes_adapter.py")
PATIENCE = 900


@dataclass(frozen=True)
class SecondOpinion:
    """`figures`: `what`, `ours`, `theirs` and `difference` (theirs / ours - 1). `version` is that of lifetimes.

    The figures are two programs' readings of one likelihood, to be compared digit by digit, so they carry no
    intervals; those of the parameters stand with the fit.
    """

    figures: pd.DataFrame
    version: str
    ours_likelier: bool
    notes: tuple[str, ...]


def second_opinion(shop: Shop, definitions: Definitions) -> SecondOpinion:
    """Fit the shop's histories with lifetimes, in its own process. Raises ValueError where it cannot be asked."""
    base = load(shop, definitions)
    horizon = definitions.ltv_horizon_months * MONTH
    fit, groups = fit_base(base), grouped(base)
    repeaters = (base.x > 0) & (base.m > 0)
    theirs = ask(
        {
            "x": groups.x.astype(float),
            "t": groups.t,
            "T": groups.T,
            "n": groups.n,
            "spend_x": base.x[repeaters].astype(float),
            "spend_m": base.m[repeaters],
            "horizon": np.array(horizon),
        }
    )
    return compare(fit, groups, horizon, theirs)


def compare(fit: Fit, groups: Groups, horizon: float, theirs: dict[str, Any]) -> SecondOpinion:
    """Our fit beside what the adapter printed."""
    ours = fit.purchases
    rows = [
        (text("BG/NBD {parameter}", parameter=name), float(ours.params_[name]), theirs["purchases"][name])
        for name in ours.names
    ]
    likelihood = [
        float(bg.log_likelihood(np.array(p), groups.x.astype(float), groups.t, groups.T) @ groups.n)
        for p in (list(ours.params_), [theirs["purchases"][name] for name in ours.names])
    ]
    rows.append((text("Log-likelihood"), likelihood[0], likelihood[1]))
    if fit.spend.model is not None and "spend" in theirs:
        mine = fit.spend.model.params_
        rows += [
            (text("Gamma-Gamma {parameter}", parameter=name), float(mine[name]), theirs["spend"][name])
            for name in ("p", "q", "v")
        ]
    days = round(horizon)
    ahead = ours.predict(horizon, groups.x, groups.t, groups.T)
    rows += [
        (text("Purchases in {n} days, everyone", n=days), float(ahead @ groups.n), theirs["expected"]),
        (
            text("Purchases in {n} days, a new customer", n=days),
            float(ours.expected_number_of_purchases_up_to_time(horizon)),
            theirs["new"],
        ),
    ]
    figures = pd.DataFrame(rows, columns=["what", "ours", "theirs"])
    figures["difference"] = figures.theirs / figures.ours - 1
    notes = []
    if not isfinite(theirs["expected"]):
        notes.append(
            text(
                "lifetimes has no answer for one-time buyers where a + b is below 1, so its total is missing: a known fault."
            )
        )
    return SecondOpinion(figures, theirs["version"], likelihood[0] >= likelihood[1] - 1e-6, tuple(notes))


def ask(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """What lifetimes finds in these histories; the arrays are those that its adapter names. Raises ValueError with a
    sentence where it fails or takes too long."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        path = Path(folder) / "histories.npz"
        np.savez(path, allow_pickle=False, **arrays)
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(ADAPTER), str(path)],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise ValueError(
                text("lifetimes has not answered within {n} minutes; it was stopped.", n=PATIENCE // 60)
            ) from late
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise ValueError(text("lifetimes could not fit these histories. It said: {said}", said=last[:300]))
    return json.loads(done.stdout)

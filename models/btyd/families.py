"""The models of purchases under one shape: whoever forecasts takes a family and need not know which it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from models.btyd import beta_geometric, pareto
from models.btyd.bg_nbd import BetaGeoFitter
from models.btyd.inputs import Floats
from models.btyd.mbg_nbd import ModifiedBetaGeoFitter
from models.btyd.pareto_nbd import ParetoNBDFitter

PurchaseFitter = BetaGeoFitter | ParetoNBDFitter


@dataclass(frozen=True)
class Family:
    """A model of purchases: its fitter, and its formulas as functions of the parameters (arrays throughout).

    log_likelihood(p, x, t, T) and probability_alive(p, x, t, T), a row each; purchases_if_alive(p, x, T, horizons,
    second=False): E[Y(H)], or E[Y(H) (Y(H) - 1)], of customers alive at T, (rows, horizons); survival_of_count(p, n,
    H, x, T): P(Y(H) >= n | alive at T).
    """

    name: str
    title: str
    fitter: type[PurchaseFitter]
    log_likelihood: Callable[..., Floats]
    probability_alive: Callable[..., Floats]
    purchases_if_alive: Callable[..., Floats]
    survival_of_count: Callable[..., Floats]

    def fit(self, x: Any, t: Any, T: Any, weights: Any = None, *, penalizer: float = 0.0) -> Any:
        """The fitted model. Raises ValueError with a sentence where there is nothing to fit."""
        return self.fitter(penalizer_coef=penalizer).fit(x, t, T, weights=weights)


def _beta_geometric(name: str, title: str, fitter: type[BetaGeoFitter], modified: bool) -> Family:
    formulas = (
        beta_geometric.log_likelihood,
        beta_geometric.probability_alive,
        beta_geometric.purchases_if_alive,
        beta_geometric.survival_of_count,
    )
    return Family(name, title, fitter, *(partial(formula, modified=modified) for formula in formulas))


BG_NBD = _beta_geometric("bg_nbd", "BG/NBD", BetaGeoFitter, False)
MBG_NBD = _beta_geometric("mbg_nbd", "MBG/NBD", ModifiedBetaGeoFitter, True)
PARETO_NBD = Family(
    "pareto_nbd",
    "Pareto/NBD",
    ParetoNBDFitter,
    pareto.log_likelihood,
    pareto.probability_alive,
    pareto.purchases_if_alive,
    pareto.survival_of_count,
)
FAMILIES = {family.name: family for family in (BG_NBD, MBG_NBD, PARETO_NBD)}
"""By the name that settings and addresses use."""

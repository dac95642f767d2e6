"""Buy-till-you-die models: one file a model, pure functions on arrays under a thin fitter."""

from models.btyd.bg_bb import BetaGeoBetaBinomFitter
from models.btyd.bg_nbd import BetaGeoFitter
from models.btyd.covariates import (
    BetaGeoCovariatesFitter,
    ModifiedBetaGeoCovariatesFitter,
    ParetoNBDCovariatesFitter,
)
from models.btyd.gamma_gamma import GammaGammaFitter
from models.btyd.mbg_nbd import ModifiedBetaGeoFitter
from models.btyd.pareto_nbd import ParetoNBDFitter
from models.btyd.sbg import ShiftedBetaGeoFitter

__all__ = [
    "BetaGeoBetaBinomFitter",
    "BetaGeoCovariatesFitter",
    "BetaGeoFitter",
    "GammaGammaFitter",
    "ModifiedBetaGeoCovariatesFitter",
    "ModifiedBetaGeoFitter",
    "ParetoNBDCovariatesFitter",
    "ParetoNBDFitter",
    "ShiftedBetaGeoFitter",
]

"""Figures printed in the papers, to the digits printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.btyd import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter
from models.btyd import beta_geometric as bg

PARAMETERS = np.array([0.2426, 4.4136, 0.7929, 2.4259])


@pytest.fixture(scope="module")
def bg_nbd(cdnow: pd.DataFrame) -> BetaGeoFitter:
    """The paper's own input: weeks rounded to two decimals."""
    return BetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])


@pytest.fixture(scope="module")
def in_days(cdnow_spend: pd.DataFrame) -> BetaGeoFitter:
    """The same customers in exact days, as weeks."""
    return BetaGeoFitter().fit(cdnow_spend["frequency"], cdnow_spend["recency"] / 7, cdnow_spend["T"] / 7)


def test_bg_nbd_parameters_and_log_likelihood(bg_nbd: BetaGeoFitter) -> None:
    """Fader, Hardie and Lee (2005), Marketing Science 24, table 2: .243, 4.414, .793, 2.426, LL -9582.4."""
    assert bg_nbd.params_.round(3).tolist() == [0.243, 4.414, 0.793, 2.426]
    assert bg_nbd.log_likelihood_ == pytest.approx(-9582.4256, abs=2e-4)
    assert bg_nbd.params_.to_numpy() == pytest.approx([0.24259, 4.41353, 0.79289, 2.42575], rel=2e-5)
    assert not bg_nbd.prior_applied_
    assert bg_nbd.notes_ == []


def test_mbg_nbd_parameters_and_log_likelihood(cdnow: pd.DataFrame) -> None:
    """Batislam, Denizel and Filiztekin (2007), IJRM 24, and its re-estimation in BTYDplus' vignette."""
    fitted = ModifiedBetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    assert fitted.params_.round(3).tolist() == [0.525, 6.183, 0.891, 1.614]
    assert fitted.log_likelihood_ == pytest.approx(-9582.1327, abs=2e-4)


def test_customer_1516(in_days: BetaGeoFitter) -> None:
    """Fader, Hardie and Lee's example (x = 26, t_x = 30.857, T = 31): 25.757 in the next 52 weeks."""
    expected = in_days.conditional_expected_number_of_purchases_up_to_time(52, 26, 30.857, 31)
    assert expected == pytest.approx(25.757, abs=5.1e-4)
    assert in_days.conditional_probability_alive(26, 30.857, 31)[0] == pytest.approx(0.96885, abs=6e-6)


def test_purchases_of_a_new_customer(in_days: BetaGeoFitter) -> None:
    """Fader, Hardie and Lee's spreadsheet, E[X(t)] at 1, 32, 52 and 78 weeks: .0532, 1.0437, 1.4440, 1.8576.

    The spreadsheet sums the series of 2F1 to 150 terms, which is short of converged at 78 weeks: its 1.8576
    is reproduced by stopping there, and 1.8580 is what the formula gives.
    """
    found = in_days.expected_number_of_purchases_up_to_time(np.array([1, 32, 52, 78]))
    assert found.round(4).tolist() == [0.0532, 1.0437, 1.4440, 1.8580]
    r, alpha, a, b = in_days.params_
    z = 78 / (alpha + 78)
    j = np.arange(149)
    terms = np.cumprod(np.concatenate([[1.0], (r + j) * (b + j) / (a + b - 1 + j) / (j + 1) * z]))
    stopped = (a + b - 1) / (a - 1) * (1 - terms.sum() * (alpha / (alpha + 78)) ** r)
    assert round(stopped, 4) == 1.8576


def test_log_likelihood_of_single_customers() -> None:
    """Two rows of the paper's spreadsheet, and one whose two terms are both far outside a double."""
    rows = bg.log_likelihood(
        PARAMETERS, np.array([0.0, 2.0]), np.array([0.0, 30.43]), np.array([38.86, 38.86])
    )
    # The printed -9.4596 follows from parameters with more digits than the four printed.
    assert rows == pytest.approx([-0.5538, -9.4596], abs=1e-4)
    steep = bg.log_likelihood([0.25, 4, 0.8, 2.5], np.array([200.0]), np.array([38.0]), np.array([40.0]))
    assert steep[0] == pytest.approx(100.7957, abs=6e-5)


def test_holdout_by_number_of_past_purchases(bg_nbd: BetaGeoFitter, cdnow: pd.DataFrame) -> None:
    """FHL (2005), figure 4: mean purchases in the next 39 weeks by x = 0..6, 7+; total 1653.4."""
    expected = bg_nbd.predict(39, cdnow["frequency"], cdnow["recency"], cdnow["T"])
    by_past = expected.groupby(cdnow["frequency"].clip(upper=7)).mean()
    assert by_past.round(3).tolist() == [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert expected.sum() == pytest.approx(1653.4, abs=0.06)


def test_gamma_gamma(cdnow_spend: pd.DataFrame) -> None:
    """Fader and Hardie (2013), note 025, section 5: p 6.25, q 3.74, gamma 15.44, LL -4055.92, mean 35.17."""
    again = cdnow_spend[cdnow_spend["frequency"] > 0]
    assert len(again) == 946
    fitted = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
    assert fitted.params_.round(2).tolist() == [6.25, 3.74, 15.44]
    assert fitted.log_likelihood_ == pytest.approx(-4055.92, abs=6e-3)
    assert fitted.population_mean == pytest.approx(35.17, abs=6e-3)
    # Fader, Hardie and Lee (2005), JMR 42, p. 420: correlation of spend and frequency .11.
    assert fitted.correlation_ == pytest.approx(0.11, abs=6e-3)

"""What holds for every model of purchases and for the model of spend."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from models.btyd import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter
from models.btyd import beta_geometric as bg
from models.btyd import gamma_gamma_likelihood as gg
from models.btyd.inputs import pack
from models.btyd.simulate import beta_geometric_customers, gamma_gamma_spend

MODELS = [BetaGeoFitter, ModifiedBetaGeoFitter]
TRUTH = np.array([0.6, 40.0, 0.9, 2.5])
SPEND = np.array([6.0, 4.0, 15.0])


def customers(n: int, modified: bool, seed: int = 7, truth: np.ndarray = TRUTH) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ages = rng.integers(60, 730, n).astype(float)
    found = beta_geometric_customers(truth, ages, rng, modified=modified)
    found["monetary_value"] = gamma_gamma_spend(SPEND, found["frequency"], rng)
    return found


@pytest.fixture(params=MODELS, ids=["BG/NBD", "MBG/NBD"], scope="module")
def model(request: pytest.FixtureRequest) -> type[BetaGeoFitter]:
    return request.param


@pytest.fixture(scope="module")
def shop(model: type[BetaGeoFitter]) -> pd.DataFrame:
    return customers(4000, model.modified)


@pytest.fixture(scope="module")
def fitted(model: type[BetaGeoFitter], shop: pd.DataFrame) -> BetaGeoFitter:
    return model().fit(shop["frequency"], shop["recency"], shop["T"])


def test_recovers_what_customers_were_simulated_with(fitted: BetaGeoFitter) -> None:
    off = np.log(fitted.params_.to_numpy() / TRUTH) / np.sqrt(np.diag(fitted.covariance_log_))
    assert np.abs(off).max() < 3
    assert np.isfinite(fitted.standard_errors_).all()
    assert fitted.notes_ == []


def test_recovers_spend(shop: pd.DataFrame) -> None:
    again = shop[shop["frequency"] > 0]
    found = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
    off = np.log(found.params_.to_numpy() / SPEND) / np.sqrt(np.diag(found.covariance_log_))
    assert np.abs(off).max() < 3
    assert found.population_mean == pytest.approx(30, rel=0.05)


def test_simulated_means_are_those_expected(model: type[BetaGeoFitter]) -> None:
    """E[X(t)], P(X = n) and P(alive) against 200,000 simulated customers with known truth."""
    rng = np.random.default_rng(3)
    sample = beta_geometric_customers(TRUTH, np.full(200_000, 365.0), rng, modified=model.modified)
    known = model()
    known.params_ = pd.Series(TRUTH, index=list(model.names))
    mean, error = sample["frequency"].mean(), sample["frequency"].std() / np.sqrt(len(sample))
    assert known.expected_number_of_purchases_up_to_time(365.0) == pytest.approx(mean, abs=4 * error)
    for n in range(4):
        share = known.probability_of_n_purchases_up_to_time(365.0, n)
        assert (sample["frequency"] == n).mean() == pytest.approx(share, abs=4 * np.sqrt(share / len(sample)))
    p_alive = known.conditional_probability_alive(sample["frequency"], sample["recency"], sample["T"])
    assert p_alive.mean() == pytest.approx(sample["alive"].mean(), abs=0.005)


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(
    model: type[BetaGeoFitter], shop: pd.DataFrame
) -> None:
    counts = pack(shop["frequency"].to_numpy(), shop["recency"].to_numpy(), shop["T"].to_numpy())
    at = np.array([0.4, 0.2, 1.3, 0.7])
    value, gradient, hessian = bg.derivatives(at, counts, model.modified)
    rows = bg.log_likelihood(
        at, counts.x.astype(float), counts.times[counts.t], counts.times[counts.T], model.modified
    )
    assert value == pytest.approx(counts.weight @ rows, rel=1e-12)
    slope = approx_fprime(at, lambda p: bg.derivatives(p, counts, model.modified)[0], 1e-6)
    assert gradient == pytest.approx(slope, rel=1e-3)
    curve = approx_fprime(at, lambda p: bg.derivatives(p, counts, model.modified)[1], 1e-6)
    assert hessian == pytest.approx(curve, rel=1e-3)


def test_gradient_and_hessian_of_spend(shop: pd.DataFrame) -> None:
    again = shop[shop["frequency"] > 0]
    x, m = again["frequency"].to_numpy(float), again["monetary_value"].to_numpy()
    spent = gg.pack_spend(x, m, np.ones(len(again)))
    at = np.array([3.0, 2.0, 12.0])
    value, gradient, hessian = gg.derivatives(at, spent)
    assert value == pytest.approx(gg.log_likelihood(at, x, m).sum(), rel=1e-12)
    assert gradient == pytest.approx(approx_fprime(at, lambda p: gg.derivatives(p, spent)[0], 1e-6), rel=1e-3)
    assert hessian == pytest.approx(approx_fprime(at, lambda p: gg.derivatives(p, spent)[1], 1e-6), rel=1e-3)


def test_counts_and_rows_give_the_same_fit(
    model: type[BetaGeoFitter], shop: pd.DataFrame, fitted: BetaGeoFitter
) -> None:
    whole = shop.assign(recency=shop["recency"].round(), customers=1)
    whole["recency"] = whole["recency"].where(whole["frequency"] > 0, 0.0)
    rows = model().fit(whole["frequency"], whole["recency"], whole["T"])
    counts = whole.groupby(["frequency", "recency", "T"], as_index=False)["customers"].sum()
    counted = model().fit(counts["frequency"], counts["recency"], counts["T"], weights=counts["customers"])
    assert len(counts) < len(whole)
    assert counted.params_.to_numpy() == pytest.approx(rows.params_.to_numpy(), rel=1e-7)
    assert counted.log_likelihood_ == pytest.approx(rows.log_likelihood_, rel=1e-12)
    assert counted.n_ == len(whole)


def test_the_unit_of_time_does_not_matter(
    model: type[BetaGeoFitter], shop: pd.DataFrame, fitted: BetaGeoFitter
) -> None:
    weeks = model().fit(shop["frequency"], shop["recency"] / 7, shop["T"] / 7)
    assert weeks.params_[["r", "a", "b"]].to_numpy() == pytest.approx(
        fitted.params_[["r", "a", "b"]].to_numpy(), rel=1e-6
    )
    assert weeks.params_["alpha"] * 7 == pytest.approx(fitted.params_["alpha"], rel=1e-6)
    # A density of purchase times changes by its unit, once a purchase.
    assert weeks.log_likelihood_ == pytest.approx(
        fitted.log_likelihood_ + shop["frequency"].sum() * np.log(7), rel=1e-9
    )
    assert weeks.evaluations_ == fitted.evaluations_
    later = weeks.predict(10, shop["frequency"], shop["recency"] / 7, shop["T"] / 7)
    assert later.to_numpy() == pytest.approx(
        fitted.predict(70, shop["frequency"], shop["recency"], shop["T"]).to_numpy(), rel=1e-6
    )


def test_log_likelihood_is_the_sum_over_customers(fitted: BetaGeoFitter, shop: pd.DataFrame) -> None:
    rows = fitted.log_likelihood(shop["frequency"], shop["recency"], shop["T"])
    assert rows.sum() == pytest.approx(fitted.log_likelihood_, rel=1e-12)
    assert fitted.aic_ == pytest.approx(8 - 2 * fitted.log_likelihood_)
    assert fitted.bic_ == pytest.approx(4 * np.log(4000) - 2 * fitted.log_likelihood_)


def test_probabilities_of_counts_sum_to_one(fitted: BetaGeoFitter) -> None:
    n = np.arange(3000)
    found = fitted.probability_of_n_purchases_up_to_time(730.0, n)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1, abs=1e-6)
    assert found @ n == pytest.approx(fitted.expected_number_of_purchases_up_to_time(730.0), rel=1e-4)


def test_tail_of_counts_given_a_history_adds_up_to_the_expectations(fitted: BetaGeoFitter) -> None:
    """E[Y] = sum P(Y >= j), E[Y (Y - 1)] = sum 2 (j - 1) P(Y >= j): two formulas, one truth."""
    x, T = np.array([0, 1, 9, 60]), np.array([5.0, 300.0, 400.0, 700.0])
    p = fitted.params_.to_numpy()
    tails = np.array([bg.survival_of_count(p, j, 200.0, x, T, fitted.modified) for j in range(1, 1500)])
    first = bg.purchases_if_alive(p, x, T, 200.0, fitted.modified)[:, 0]
    second = bg.purchases_if_alive(p, x, T, 200.0, fitted.modified, second=True)[:, 0]
    assert tails.sum(axis=0) == pytest.approx(first, rel=1e-9)
    assert (2 * np.arange(1499)[:, None] * tails).sum(axis=0) == pytest.approx(second, rel=1e-8)


def test_more_time_brings_more_and_probabilities_stay_in_their_range(
    fitted: BetaGeoFitter, shop: pd.DataFrame
) -> None:
    x, t, T = shop["frequency"], shop["recency"], shop["T"]
    near, far = fitted.predict(30, x, t, T), fitted.predict(365, x, t, T)
    assert (near < far).all()
    assert (near > 0).all()
    assert (fitted.predict(0, x, t, T) == 0).all()
    alive = fitted.conditional_probability_alive(x, t, T)
    assert (alive <= 1).all()
    assert (alive > 0).all()


def test_results_have_the_form_of_the_question(fitted: BetaGeoFitter, shop: pd.DataFrame) -> None:
    named = shop.set_axis([f"customer {i}" for i in range(len(shop))])
    series = fitted.predict(30, named["frequency"], named["recency"], named["T"])
    assert series.index.equals(named.index)
    assert isinstance(fitted.predict(30, 2, 30.0, 35.0), float)
    assert fitted.predict(np.array([10, 20]), 2, 30.0, 35.0).shape == (2,)
    matrix = fitted.conditional_probability_alive_matrix(5, 10)
    assert matrix.shape == (11, 6)


def test_summary_has_lifetimes_columns(fitted: BetaGeoFitter) -> None:
    assert list(fitted.summary.columns) == ["coef", "se(coef)", "lower 95% bound", "upper 95% bound"]
    assert list(fitted.summary.index) == ["r", "alpha", "a", "b"]
    assert np.array_equal(fitted.variance_matrix_, fitted.variance_matrix_.T)
    own = fitted.parameter_intervals(0.9)
    assert ((own["low"] > 0) & (own["low"] < fitted.params_) & (own["high"] > fitted.params_)).all()


def test_a_fit_can_be_copied_and_kept(fitted: BetaGeoFitter, tmp_path: Path, shop: pd.DataFrame) -> None:
    """Streamlit caches by pickling; lifetimes' fitters cannot be. On disk a fit is JSON."""
    again = pickle.loads(pickle.dumps(copy.deepcopy(fitted)))  # noqa: S301 - what a cache does with it
    assert again.predict(30, 2, 30.0, 35.0) == fitted.predict(30, 2, 30.0, 35.0)
    fitted.save_model(tmp_path / "fit.json")
    read = type(fitted)()
    read.load_model(tmp_path / "fit.json")
    assert read.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-15)
    assert read.log_likelihood_ == fitted.log_likelihood_
    with pytest.raises(ValueError, match=r"holds \w*BetaGeoFitter, not GammaGammaFitter"):
        GammaGammaFitter().load_model(tmp_path / "fit.json")


def test_customers_can_be_simulated_from_a_fit(fitted: BetaGeoFitter, shop: pd.DataFrame) -> None:
    new = fitted.generate_new_data(size=500, seed=1)
    assert len(new) == 500
    assert set(new["T"]) <= set(shop["T"])
    assert fitted.generate_new_data(size=500, seed=1).equals(new)


def test_a_start_of_ones_own_leads_to_the_same_optimum(fitted: BetaGeoFitter, shop: pd.DataFrame) -> None:
    other = type(fitted)().fit(
        shop["frequency"], shop["recency"], shop["T"], initial_params=[1.0, -1.0, 1.0, 2.0], verbose=True
    )
    assert other.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-6)
    assert "evaluations" in other.notes_[-1]

"""Pareto/NBD: printed figures, the same answers as lifetimes, and what holds for every fit."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.btyd import ParetoNBDFitter, pareto
from models.btyd.simulate import pareto_customers

TRUTH = np.array([0.6, 40.0, 0.7, 90.0])
PRINTED = np.array([0.55315, 10.5763, 0.60625, 11.6715])

ORACLE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
import lifetimes
from lifetimes.fitters.pareto_nbd_fitter import ParetoNBDFitter
job = json.load(sys.stdin)
d = pd.DataFrame(job["data"])
np.random.seed(1)
out = {}
for coef in (0.0, 5.0):
    f = ParetoNBDFitter(penalizer_coef=coef).fit(d.frequency, d.recency, d["T"], tol=1e-7)
    p = f._unload_params("r", "alpha", "s", "beta")
    out[str(coef)] = {
        "params": f.params_.tolist(),
        "rows": f._conditional_log_likelihood(p, d.frequency, d.recency, d["T"]).tolist(),
        "predict": np.asarray(f.predict(39, d.frequency, d.recency, d["T"])).tolist(),
        "alive": np.asarray(f.conditional_probability_alive(d.frequency, d.recency, d["T"])).tolist(),
        "matrix": f.conditional_probability_alive_matrix(5, 60).tolist(),
        "new": [float(f.expected_number_of_purchases_up_to_time(t)) for t in (1, 10, 52)],
        "pmf": [float(f.conditional_probability_of_n_purchases_up_to_time(n, 60, 3, 150, 200)) for n in range(8)],
    }
print(json.dumps(out))
"""


def known(parameters: Any) -> ParetoNBDFitter:
    found = ParetoNBDFitter()
    found.params_ = pd.Series(np.asarray(parameters, float), index=list(found.names))
    return found


def whole_days(n: int, seed: int, truth: np.ndarray = TRUTH) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = pareto_customers(truth, rng.integers(60, 730, n).astype(float), rng)
    found["recency"] = np.ceil(found["recency"])
    return found


@pytest.fixture(scope="module")
def in_days(cdnow_spend: pd.DataFrame) -> ParetoNBDFitter:
    """The papers' customers in exact days, as weeks."""
    return ParetoNBDFitter().fit(cdnow_spend["frequency"], cdnow_spend["recency"] / 7, cdnow_spend["T"] / 7)


@pytest.fixture(scope="module")
def in_weeks(cdnow: pd.DataFrame) -> ParetoNBDFitter:
    """The papers' own input: weeks rounded to two decimals."""
    return ParetoNBDFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return whole_days(4000, 7)


@pytest.fixture(scope="module")
def fitted(shop: pd.DataFrame) -> ParetoNBDFitter:
    return ParetoNBDFitter().fit(shop["frequency"], shop["recency"], shop["T"])


def test_parameters_and_log_likelihood(in_days: ParetoNBDFitter, in_weeks: ParetoNBDFitter) -> None:
    """Fader, Hardie and Lee (2005), Marketing Science 24, table 2: .553, 10.578, .606, 11.669, LL -9595.0; and
    Fader and Hardie's own programs: -9594.976. Both from exact days; rounded weeks give -9594.974."""
    assert in_days.params_.round(3).tolist() == [0.553, 10.578, 0.606, 11.669]
    assert in_days.log_likelihood_ == pytest.approx(-9594.976, abs=5e-4)
    assert in_weeks.log_likelihood_ == pytest.approx(-9594.974, abs=5e-4)
    assert in_weeks.params_.to_numpy() == pytest.approx(PRINTED, rel=5e-4)
    assert in_weeks.standard_errors_.to_numpy() == pytest.approx([0.0476, 0.8427, 0.1873, 6.2105], rel=1e-3)
    assert in_weeks.notes_ == []
    assert not in_weeks.prior_applied_


def test_no_other_published_optimum_is_likelier(in_weeks: ParetoNBDFitter, cdnow: pd.DataFrame) -> None:
    x, t, T = (cdnow[c].to_numpy() for c in ("frequency", "recency", "T"))
    for theirs in (PRINTED, [0.553, 10.578, 0.606, 11.669]):
        assert pareto.log_likelihood(theirs, x, t, T).sum() < in_weeks.log_likelihood_


def test_customer_1516(in_days: ParetoNBDFitter) -> None:
    """Fader and Hardie's example (x = 26, t_x = 30.857, T = 31): 25.456 in 52 weeks, P(alive) .99787."""
    printed = known(PRINTED)
    assert printed.predict(52, 26, 30.857, 31) == pytest.approx(25.456, abs=5e-4)
    assert in_days.predict(52, 26, 30.857, 31) == pytest.approx(25.456, rel=1e-4)
    for model in (printed, in_days):
        assert model.conditional_probability_alive(26, 30.857, 31) == pytest.approx(0.99787, abs=5e-6)


def test_purchases_of_a_new_customer(in_days: ParetoNBDFitter) -> None:
    """Dziurzynski, Wadsworth and McCarthy, BTYD walkthrough: 1.473434 in 52 weeks."""
    assert in_days.expected_number_of_purchases_up_to_time(52) == pytest.approx(1.473434, abs=5e-6)


def test_holdout_by_number_of_past_purchases(in_weeks: ParetoNBDFitter, cdnow: pd.DataFrame) -> None:
    """FHL (2005), figure 4: mean purchases in the next 39 weeks by x = 0..6, 7+; total 1665.5."""
    expected = in_weeks.predict(39, cdnow["frequency"], cdnow["recency"], cdnow["T"])
    by_past = expected.groupby(cdnow["frequency"].clip(upper=7)).mean()
    assert by_past.tolist() == pytest.approx([0.138, 0.6, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1e-3)
    assert expected.sum() == pytest.approx(1665.5, abs=0.06)


@pytest.fixture(scope="module")
def theirs(cdnow_spend: pd.DataFrame) -> dict[str, Any]:
    job = json.dumps({"data": {c: cdnow_spend[c].tolist() for c in ("frequency", "recency", "T")}})
    done = subprocess.run(
        [sys.executable, "-c", ORACLE], input=job, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("coefficient", [0.0, 5.0])
def test_the_same_as_lifetimes(coefficient: float, cdnow_spend: pd.DataFrame, theirs: dict[str, Any]) -> None:
    other = theirs[str(coefficient)]
    x, t, T = cdnow_spend["frequency"], cdnow_spend["recency"], cdnow_spend["T"]
    ours = ParetoNBDFitter(penalizer_coef=coefficient).fit(x, t, T)
    # lifetimes stops at its optimiser's tolerance; its formulas are compared at its own parameters.
    assert ours.params_.to_numpy() == pytest.approx(other["params"], rel=2e-3)
    at = known(other["params"])
    assert at.log_likelihood(x, t, T) == pytest.approx(other["rows"], rel=1e-9)
    assert at.predict(39, x, t, T).to_numpy() == pytest.approx(other["predict"], rel=1e-8)
    assert at.conditional_probability_alive(x, t, T).to_numpy() == pytest.approx(other["alive"], rel=1e-8)
    found = at.conditional_probability_alive_matrix(5, 60)
    # Their table also has rows that cannot be: a last purchase at 0 after some, or at all after none.
    assert found[1:, 1:] == pytest.approx(np.array(other["matrix"])[1:, 1:], rel=1e-8)
    new = [at.expected_number_of_purchases_up_to_time(d) for d in (1, 10, 52)]
    assert new == pytest.approx(other["new"], rel=1e-9)
    pmf = [at.conditional_probability_of_n_purchases_up_to_time(n, 60, 3, 150, 200) for n in range(8)]
    assert pmf == pytest.approx(other["pmf"], rel=1e-6)


def test_recovers_what_customers_were_simulated_with() -> None:
    rng = np.random.default_rng(11)
    sample = pareto_customers(TRUTH, rng.integers(60, 730, 8000).astype(float), rng)
    found = ParetoNBDFitter().fit(sample["frequency"], sample["recency"], sample["T"])
    off = np.log(found.params_.to_numpy() / TRUTH) / np.sqrt(np.diag(found.covariance_log_))
    assert np.abs(off).max() < 3
    assert found.notes_ == []


def test_counts_given_a_history_sum_to_one(fitted: ParetoNBDFitter) -> None:
    n = np.arange(2000)
    for x, t, T in ((0, 0.0, 100.0), (4, 50.0, 300.0), (300, 699.0, 700.0)):
        pmf = fitted.conditional_probability_of_n_purchases_up_to_time(n, 180.0, x, t, T)
        assert np.isfinite(pmf).all()
        assert pmf.sum() == pytest.approx(1, abs=1e-11)
        assert n @ pmf == pytest.approx(fitted.predict(180.0, x, t, T), rel=1e-10)
    assert fitted.conditional_probability_of_n_purchases_up_to_time(200, 180.0, 300, 699.0, 700.0) > 0
    assert fitted.conditional_probability_of_n_purchases_up_to_time(0, 0.0, 4, 50.0, 300.0) == 1


def test_counts_and_rows_give_the_same_fit(shop: pd.DataFrame, fitted: ParetoNBDFitter) -> None:
    counts = shop.assign(n=1).groupby(["frequency", "recency", "T"], as_index=False)["n"].sum()
    assert len(counts) < len(shop)
    for coefficient in (0.0, 3.0):
        rows, counted = (
            ParetoNBDFitter(coefficient).fit(d["frequency"], d["recency"], d["T"], weights=d.get("n"))
            for d in (shop, counts)
        )
        assert counted.params_.to_numpy() == pytest.approx(rows.params_.to_numpy(), rel=1e-7)
        assert counted.log_likelihood_ == pytest.approx(rows.log_likelihood_, rel=1e-12)
        assert counted.n_ == len(shop)


def test_the_unit_of_time_does_not_matter(shop: pd.DataFrame, fitted: ParetoNBDFitter) -> None:
    x, t, T = shop["frequency"], shop["recency"], shop["T"]
    weeks = ParetoNBDFitter().fit(x, t / 7, T / 7)
    assert weeks.params_.to_numpy() * [1, 7, 1, 7] == pytest.approx(fitted.params_.to_numpy(), rel=1e-6)
    # A density of purchase times changes by its unit, once a purchase.
    assert weeks.log_likelihood_ == pytest.approx(fitted.log_likelihood_ + x.sum() * np.log(7), rel=1e-9)
    assert weeks.evaluations_ == fitted.evaluations_
    later = weeks.predict(10, x, t / 7, T / 7)
    assert later.to_numpy() == pytest.approx(fitted.predict(70, x, t, T).to_numpy(), rel=1e-6)


def test_log_likelihood_is_the_sum_over_customers(fitted: ParetoNBDFitter, shop: pd.DataFrame) -> None:
    rows = fitted.log_likelihood(shop["frequency"], shop["recency"], shop["T"])
    assert rows.sum() == pytest.approx(fitted.log_likelihood_, rel=1e-12)


def test_where_the_search_starts_does_not_matter(shop: pd.DataFrame, fitted: ParetoNBDFitter) -> None:
    rng = np.random.default_rng(9)
    for _ in range(5):
        first = np.exp(rng.normal(0, 1.5, 4))
        found = ParetoNBDFitter().fit(shop["frequency"], shop["recency"], shop["T"], initial_params=first)
        assert found.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-4)


def test_starts_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match="initial_params must all be above 0"):
        ParetoNBDFitter().fit([0, 1], [0, 1], [5, 5], initial_params=[1, 1, 0, 1])
    with pytest.raises(ValueError, match="initial_params needs 4"):
        ParetoNBDFitter().fit([0, 1], [0, 1], [5, 5], initial_params=[1, 1])
    with pytest.raises(ValueError, match="iterative_fitting is 0; 1 or more"):
        ParetoNBDFitter().fit([0, 1], [0, 1], [5, 5], iterative_fitting=0)


def test_only_one_time_buyers() -> None:
    found = ParetoNBDFitter().fit(np.zeros(300), np.zeros(300), np.arange(30.0, 330.0))
    assert found.prior_applied_
    assert "Nobody has bought twice" in found.notes_[0]
    assert found.expected_number_of_purchases_up_to_time(365.0) < 0.1
    assert np.isfinite(found.standard_errors_).all()


def test_nobody_ever_leaves() -> None:
    rng = np.random.default_rng(1)
    T = np.full(400, 300.0)
    planned = rng.poisson(rng.gamma(3.0, 1 / 60.0, 400) * T)
    recency = np.where(planned > 0, T * rng.beta(np.maximum(planned, 1), 1), 0.0)
    found = ParetoNBDFitter().fit(planned, recency, T)
    assert found.prior_applied_
    assert "s and beta" in found.notes_[0]
    assert found.expected_number_of_purchases_up_to_time(300.0) == pytest.approx(planned.mean(), rel=0.1)


def test_times_next_to_nothing_and_purchases_by_the_thousand(shop: pd.DataFrame) -> None:
    tiny = ParetoNBDFitter().fit(shop["frequency"], shop["recency"] * 1e-12, shop["T"] * 1e-12)
    assert np.isfinite(tiny.params_).all()
    assert tiny.conditional_probability_alive(0, 0, 0) == 1
    often = shop.copy()
    often.loc[:2, "frequency"] = [200, 500, 2000]
    often.loc[:2, "recency"] = often.loc[:2, "T"] - 1
    found = ParetoNBDFitter().fit(often["frequency"], often["recency"], often["T"])
    assert np.isfinite(found.standard_errors_).all()
    assert np.isfinite(found.predict(90, often["frequency"], often["recency"], often["T"])).all()


def test_small_shops_are_fitted() -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        few = pareto_customers(TRUTH, rng.integers(30, 300, 20).astype(float), rng)
        found = ParetoNBDFitter().fit(few["frequency"], few["recency"], few["T"])
        assert np.isfinite(found.params_).all()
        assert np.isfinite(found.standard_errors_).all()


def test_results_have_the_form_of_the_inputs(fitted: ParetoNBDFitter) -> None:
    one = fitted.predict(30, 2, 40.0, 60.0)
    assert isinstance(one, float)
    table = pd.DataFrame({"x": [2, 0], "t": [40.0, 0.0], "T": [60.0, 60.0]}, index=["a", "b"])
    for found in (
        fitted.predict(30, table["x"], table["t"], table["T"]),
        fitted.conditional_probability_alive(table["x"], table["t"], table["T"]),
        fitted.conditional_probability_of_n_purchases_up_to_time(1, 30, table["x"], table["t"], table["T"]),
    ):
        assert found.index.tolist() == ["a", "b"]
    assert fitted.predict(30, table["x"], table["t"], table["T"])["a"] == pytest.approx(one, rel=1e-12)
    assert fitted.conditional_probability_alive_matrix(3, 9).shape == (10, 4)
    ahead = fitted.predict([10.0, 30.0], 2, 40.0, 60.0)
    assert ahead[1] == pytest.approx(one, rel=1e-12)


def test_a_fit_can_be_kept(fitted: ParetoNBDFitter, tmp_path: Path) -> None:
    fitted.save_model(tmp_path / "kept.json")
    again = ParetoNBDFitter()
    again.load_model(tmp_path / "kept.json")
    through_a_cache = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - what a cache does with it
    for copied in (again, through_a_cache):
        assert copied.predict(30, 2, 40.0, 60.0) == pytest.approx(
            fitted.predict(30, 2, 40.0, 60.0), rel=1e-12
        )
    fresh = fitted.generate_new_data(500, seed=1)
    assert list(fresh.columns) == ["frequency", "recency", "T", "lambda", "mu", "alive"]
    assert len(fresh) == 500

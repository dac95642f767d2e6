"""BG/BB: the paper's donors, lifetimes, exact arithmetic, simulation with known truth, and where data end."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from math import comb, factorial, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from models.btyd import BetaGeoBetaBinomFitter
from models.btyd import beta_bernoulli as bb
from models.btyd.geometric_lifetime import occasions_ahead
from models.btyd.occasions import pack_occasions
from models.btyd.simulate_discrete import bg_bb_customers

TRUTH = np.array([1.2, 0.75, 0.66, 2.8])

ORACLE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
import lifetimes
from lifetimes.fitters.beta_geo_beta_binom_fitter import BetaGeoBetaBinomFitter
job = json.load(sys.stdin)
out = {}
for name, columns in job.items():
    x, t, n, w = (np.array(c) for c in columns)
    for coef in (0.0, 0.1):
        f = BetaGeoBetaBinomFitter(penalizer_coef=coef).fit(x, t, n, w)
        out[f"{name} {coef}"] = {
            "params": f.params_.tolist(), "se": f.standard_errors_.tolist(),
            "predict": [f.conditional_expected_number_of_purchases_up_to_time(m, x, t, n).tolist()
                        for m in (1, 5, 20)],
            "alive": [f.conditional_probability_alive(m, x, t, n).tolist() for m in (0, 1, 5)],
            "table": f.expected_number_of_transactions_in_first_n_periods(6)["model"].tolist(),
        }
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def donors() -> pd.DataFrame:
    """The paper's 1995 cohort of 11,104 donors in 22 histories, as lifetimes carries it."""
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("lifetimes is not installed")
    read = pd.read_csv(Path(found.origin).parent / "datasets" / "donations.csv")
    return read.rename(columns={"periods": "n_periods"})


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    """Three thousand simulated donors seen for 1 to 8 years, counted."""
    rng = np.random.default_rng(11)
    found = bg_bb_customers(TRUTH, rng.integers(1, 9, 3000), rng)
    return found.groupby(["frequency", "recency", "n_periods"]).size().reset_index(name="weights")


@pytest.fixture(scope="module")
def fitted(donors: pd.DataFrame) -> BetaGeoBetaBinomFitter:
    return fit(donors)


@pytest.fixture(scope="module")
def oracle(donors: pd.DataFrame, mixed: pd.DataFrame) -> dict[str, Any]:
    """What lifetimes finds. In its own process: importing it changes pandas and warns."""
    columns = ["frequency", "recency", "n_periods", "weights"]
    job = json.dumps({"donors": donors[columns].T.values.tolist(), "mixed": mixed[columns].T.values.tolist()})
    done = subprocess.run(
        [sys.executable, "-c", ORACLE], input=job, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fit(counts: pd.DataFrame, **settings: Any) -> BetaGeoBetaBinomFitter:
    return BetaGeoBetaBinomFitter(**settings).fit(
        counts["frequency"], counts["recency"], counts["n_periods"], counts.get("weights")
    )


def known(parameters: Any = TRUTH) -> BetaGeoBetaBinomFitter:
    fitter = BetaGeoBetaBinomFitter()
    fitter.params_ = pd.Series(np.asarray(parameters, float), index=list(fitter.names))
    return fitter


def exact_beta(a: int, b: int) -> Fraction:
    return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))


def exact_terms(parameters: tuple[int, ...], x: int, t: int, n: int) -> list[Fraction]:
    """The terms of the paper's likelihood in fractions: stopped after occasion t, t + 1, ..., not at all."""
    a, b, c, d = parameters
    stopped = [exact_beta(a + x, b + y - x) * exact_beta(c + 1, d + y) for y in range(t, n)]
    whole = exact_beta(a, b) * exact_beta(c, d)
    return [term / whole for term in [*stopped, exact_beta(a + x, b + n - x) * exact_beta(c, d + n)]]


def exact_log(value: Fraction) -> float:
    return log(value.numerator) - log(value.denominator)


# --- printed figures ----------------------------------------------------------------------------------------


def test_parameters_and_log_likelihood_of_the_donors(fitted: BetaGeoBetaBinomFitter) -> None:
    """Fader, Hardie and Shang (2010), Marketing Science 29: 1.204, .750, .657, 2.783, LL -33,225.6."""
    assert fitted.params_.to_numpy() == pytest.approx([1.2035, 0.7497, 0.6568, 2.7834], abs=1e-4)
    assert fitted.log_likelihood_ == pytest.approx(-33225.58, abs=5e-3)
    assert fitted.n_ == 11_104
    assert not fitted.prior_applied_
    assert fitted.notes_ == []


def test_five_years_ahead(fitted: BetaGeoBetaBinomFitter, donors: pd.DataFrame) -> None:
    """Fader and Hardie's spreadsheet of the model, sheet Conditional Expectations (II): 12,884.2 in 2002-2006."""
    each = fitted.predict(5, donors["frequency"], donors["recency"], donors["n_periods"])
    assert each @ donors["weights"] == pytest.approx(12884.2, abs=0.05)


def test_chance_to_be_alive_in_2002(fitted: BetaGeoBetaBinomFitter) -> None:
    """Fader, Hardie and Shang (2010), table 6: no repeat .11; two, the last in 1999, .59; six .93."""
    found = fitted.conditional_probability_alive(1, [0, 2, 6], [0, 4, 6], 6)
    assert found.round(2).tolist() == [0.11, 0.59, 0.93]


def test_donors_by_repeat_donations(fitted: BetaGeoBetaBinomFitter) -> None:
    """The spreadsheet's sheet In-Sample Fit: 3,454.9 donors expected to give 0 times in 6, 1,253.1 each time."""
    found = fitted.expected_number_of_transactions_in_first_n_periods(6)["model"]
    assert found.loc[[0, 6]].to_numpy() == pytest.approx([3454.9, 1253.1], abs=0.05)
    assert found.sum() == pytest.approx(11_104, rel=1e-12)


def test_customers_a_and_b() -> None:
    """BTYD's walkthrough, section BG/BB, ten years ahead of the donors: A (0, 0) .1302, B (4, 5) 3.6279."""
    ahead = known([1.2035, 0.7497, 0.6568, 2.7835])
    assert ahead.predict(10, 0, 0, 6) == pytest.approx(0.1302169, rel=2e-4)
    assert ahead.predict(10, 4, 5, 6) == pytest.approx(3.627858, rel=2e-4)


# --- lifetimes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["donors", "mixed"])
@pytest.mark.parametrize("coefficient", [0.0, 0.1])
def test_the_same_as_lifetimes(
    data: str, coefficient: float, oracle: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    counts, theirs = request.getfixturevalue(data), oracle[f"{data} {coefficient}"]
    ours = fit(counts, penalizer_coef=coefficient)
    history = (counts["frequency"], counts["recency"], counts["n_periods"])
    # lifetimes stops at its optimiser's tolerance: three to four digits of it can be trusted.
    assert ours.params_.to_numpy() == pytest.approx(theirs["params"], rel=3e-3)
    if not coefficient:
        assert ours.standard_errors_.to_numpy() == pytest.approx(theirs["se"], rel=2e-2)
    for m, expected in zip((1, 5, 20), theirs["predict"], strict=True):
        assert ours.predict(m, *history).to_numpy() == pytest.approx(expected, rel=2e-3)
    for m, expected in zip((0, 1, 5), theirs["alive"], strict=True):
        assert ours.conditional_probability_alive(m, *history).to_numpy() == pytest.approx(expected, rel=2e-3)
    table = ours.expected_number_of_transactions_in_first_n_periods(6)
    assert table["model"].to_numpy() == pytest.approx(theirs["table"], rel=2e-3)
    assert table.index.name == "frequency"


def test_many_simulated_donors_are_fitted() -> None:
    """lifetimes raised ConvergenceError on 100,000 of these. Here their number does not matter: they are counted."""
    rng = np.random.default_rng(3)
    donors = bg_bb_customers(TRUTH, np.full(100_000, 6), rng)
    rows = fit(donors)
    counts = donors.groupby(["frequency", "recency", "n_periods"]).size().reset_index(name="weights")
    counted = fit(counts)
    assert len(counts) == 22
    off = np.log(rows.params_.to_numpy() / TRUTH) / np.sqrt(np.diag(rows.covariance_log_))
    assert np.abs(off).max() < 3
    assert counted.params_.to_numpy() == pytest.approx(rows.params_.to_numpy(), rel=1e-9)
    assert counted.log_likelihood_ == pytest.approx(rows.log_likelihood_, rel=1e-12)
    assert counted.n_ == rows.n_ == 100_000


# --- exact arithmetic ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [(1, 2, 1, 3), (3, 1, 2, 40), (2, 30, 5, 1)])
@pytest.mark.parametrize(
    ("x", "t", "n"),
    [(0, 0, 0), (0, 0, 7), (3, 3, 3), (4, 9, 12), (90, 95, 100), (1, 1, 400), (300, 390, 400)],
)
def test_against_the_papers_sum_in_fractions(parameters: tuple[int, ...], x: int, t: int, n: int) -> None:
    """Likelihood, P(alive), both moments and discounted purchases; also far outside what a double can hold."""
    a, b, c, d = parameters
    terms = exact_terms(parameters, x, t, n)
    rows = (np.array([v]) for v in (x, t, n))
    xs, ts, ns = rows
    assert bb.log_likelihood(parameters, xs, ts, ns)[0] == pytest.approx(exact_log(sum(terms)), rel=1e-12)
    alive = terms[-1] / sum(terms)
    assert bb.probability_alive(parameters, xs, ts, ns)[0] == pytest.approx(float(alive), rel=1e-9)
    stays = [Fraction(1)]
    for i in range(5):
        stays.append(stays[-1] * Fraction(d + n + i, c + d + n + i))
    buys = Fraction(a + x, a + b + n)
    again = buys * Fraction(a + x + 1, a + b + n + 1)
    first = bb.purchases_if_alive(parameters, xs, ns, 5)[0]
    second = bb.purchases_if_alive(parameters, xs, ns, 5, second=True)[0]
    worth = bb.purchases_if_alive(parameters, xs, ns, 5, discount=0.25)[0]
    assert first == pytest.approx(float(buys * sum(stays[1:])), rel=1e-12)
    assert second == pytest.approx(float(again * sum(2 * i * s for i, s in enumerate(stays[1:]))), rel=1e-12)
    assert worth == pytest.approx(
        float(buys * sum(s * Fraction(4, 5) ** i for i, s in enumerate(stays) if i)), rel=1e-12
    )


@pytest.mark.parametrize("parameters", [TRUTH, [0.05, 0.1, 0.02, 0.3], [40.0, 3.0, 1.0, 90.0]])
def test_probabilities_of_all_orders_of_purchases_sum_to_one(parameters: Any) -> None:
    """Of 9 occasions, comb(t - 1, x - 1) orders have x purchases and the last at t; 512 in all."""
    x, t = np.array([(0, 0)] + [(x, t) for t in range(1, 10) for x in range(1, t + 1)]).T
    orders = np.array([comb(b - 1, a - 1) if a else 1 for a, b in zip(x, t, strict=True)])
    assert orders.sum() == 512
    share = orders * np.exp(bb.log_likelihood(parameters, x, t, np.full(len(x), 9)))
    assert share.sum() == pytest.approx(1, rel=1e-12)
    by_count = np.bincount(x, weights=share)
    new = known(parameters)
    assert new.probability_of_n_purchases_up_to_time(9, np.arange(10)) == pytest.approx(by_count, rel=1e-10)
    assert by_count @ np.arange(10) == pytest.approx(
        new.expected_number_of_purchases_up_to_time(9), rel=1e-12
    )
    # What is known after 9 occasions averages to what was known before: one more is 10 occasions' worth.
    later = new.predict(1, x, t, 9)
    ten = new.expected_number_of_purchases_up_to_time(np.array([9, 10]))
    assert share @ later == pytest.approx(ten[1] - ten[0], rel=1e-11)


def test_expectations_are_sums_of_tails() -> None:
    """P(Y = y) given a history sums to one; E[Y] and E[Y (Y - 1)] follow from it; also over 300 occasions."""
    x, t, n = np.array([0, 2, 250]), np.array([0, 5, 290]), np.array([6, 8, 300])
    for m in (1, 7, 300):
        given = bb.count_if_alive(TRUTH, x, n, m)
        y = np.arange(m + 1)
        assert given.sum(axis=1) == pytest.approx(1, rel=1e-10)
        tails = given[:, ::-1].cumsum(axis=1)[:, ::-1]
        first, second = tails[:, 1:].sum(axis=1), given @ (y * (y - 1.0))
        assert first == pytest.approx(bb.purchases_if_alive(TRUTH, x, n, m), rel=1e-9)
        assert second == pytest.approx(
            bb.purchases_if_alive(TRUTH, x, n, m, second=True), rel=1e-9, abs=1e-12
        )
        whole = known().conditional_probability_of_counts(m, x, t, n)
        assert whole.sum(axis=1) == pytest.approx(1, rel=1e-10)
        assert whole @ y == pytest.approx(known().predict(m, x, t, n), rel=1e-9)


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(mixed: pd.DataFrame) -> None:
    x, t, n = (mixed[c].to_numpy() for c in ("frequency", "recency", "n_periods"))
    histories, _ = pack_occasions(x, t, n, mixed["weights"].to_numpy(float))
    at = np.array([0.6, 1.7, 0.3, 4.0])
    value, gradient, hessian = bb.derivatives(at, histories)
    assert value == pytest.approx(mixed["weights"].to_numpy() @ bb.log_likelihood(at, x, t, n), rel=1e-12)
    slope = approx_fprime(at, lambda p: bb.derivatives(p, histories)[0], 1e-7)
    assert gradient == pytest.approx(slope, rel=1e-4, abs=1e-2)
    curve = approx_fprime(at, lambda p: bb.derivatives(p, histories)[1], 1e-7)
    assert hessian == pytest.approx(curve, rel=1e-4, abs=1e-2)
    assert np.allclose(hessian, hessian.T, rtol=1e-12)


def test_discounted_purchases_without_end(fitted: BetaGeoBetaBinomFitter, donors: pd.DataFrame) -> None:
    """Fader, Hardie and Shang (2010), eq. (14) with its 2F1; and ten thousand years one by one."""
    history = (donors["frequency"], donors["recency"], donors["n_periods"])
    found = fitted.discounted_expected_residual_transactions(0.1, *history)
    a, b, c, d = fitted.params_
    x = donors["frequency"]
    alive = fitted.conditional_probability_alive(1, *history)
    printed = alive * (a + x) / (a + b + 6) / 1.1 * hyp2f1(1, d + 7, c + d + 7, 1 / 1.1)
    assert found.to_numpy() == pytest.approx(printed.to_numpy(), rel=1e-10)
    assert fitted.discounted_expected_residual_transactions(0.1, *history, horizon=10_000).to_numpy() == (
        pytest.approx(found.to_numpy(), rel=1e-10)
    )
    soon = fitted.discounted_expected_residual_transactions(0.1, *history, horizon=1)
    assert soon.to_numpy() == pytest.approx(fitted.predict(1, *history).to_numpy() / 1.1, rel=1e-12)
    # gamma is .66: without a discount the sum has no end.
    with pytest.raises(ValueError, match="gamma is 1 or less"):
        fitted.discounted_expected_residual_transactions(0.0, 6, 6, 6)
    patient = known([1.2, 0.75, 2.5, 3.0])
    alive, buys = patient.conditional_probability_alive(0, 2, 4, 6), (1.2 + 2) / (1.2 + 0.75 + 6)
    assert patient.discounted_expected_residual_transactions(0.0, 2, 4, 6) == pytest.approx(
        alive * buys * (3.0 + 6) / (2.5 - 1), rel=1e-12
    )


@pytest.mark.parametrize("stop", [0.05, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("discount", [1e-4, 0.01, 3.0])
def test_no_end_is_a_far_end(stop: float, discount: float) -> None:
    """Up to 10% a year on 1,000 occasions a year: as many one by one as still count are what is said at once."""
    stay, far = np.array([0.01, 3.0, 400.0]), int(36 / np.log1p(discount))
    found = occasions_ahead(stop, stay, None, discount)
    assert found == pytest.approx(occasions_ahead(stop, stay, far, discount), rel=1e-10)


def test_almost_no_discount_is_almost_none() -> None:
    """With stop = 3 the plain mean exists: stay / 2."""
    assert occasions_ahead(3.0, [5.0], None, 1e-9) == pytest.approx([2.5], rel=1e-7)
    assert occasions_ahead(3.0, [5.0], None, 0.0) == pytest.approx([2.5], rel=1e-15)


def test_nothing_is_singular_at_gamma_equal_to_one() -> None:
    """lifetimes divides by gamma - 1."""
    below, at, above = (known([1.2, 0.75, g, 2.8]).predict(5, 3, 4, 6) for g in (1 - 1e-6, 1, 1 + 1e-6))
    assert at == pytest.approx((below + above) / 2, rel=1e-9)


# --- simulation ---------------------------------------------------------------------------------------------


def test_simulated_donors_do_what_is_expected() -> None:
    """Given what 200,000 donors did at 6 occasions, what they do at the next 4 and who is there; truth known."""
    rng = np.random.default_rng(5)
    whole = bg_bb_customers(TRUTH, np.full(200_000, 10), np.random.default_rng(4))
    assert set(whole.columns) == {"frequency", "recency", "n_periods", "p", "theta", "alive"}
    new = known()
    share = new.probability_of_n_purchases_up_to_time(10, np.arange(11))
    seen = np.bincount(whole["frequency"], minlength=11) / len(whole)
    assert seen == pytest.approx(share, abs=4 * np.sqrt(share.max() / len(whole)))
    stays = new.conditional_probability_alive(10, 0, 0, 0)
    assert whole["alive"].mean() == pytest.approx(stays, abs=4 * np.sqrt(0.25 / len(whole)))
    # Who has not stopped after 6 buys on with his own p while theta spares him.
    six = bg_bb_customers(TRUTH, np.full(200_000, 6), rng)
    p, theta = six["p"].to_numpy(), six["theta"].to_numpy()
    ahead = six["alive"] * p * sum((1 - theta) ** i for i in range(1, 5))
    for (x, t), rows in six.groupby(["frequency", "recency"]).groups.items():
        off = ahead[rows].mean() - new.predict(4, x, t, 6)
        assert abs(off) < 4.5 * ahead[rows].std() / np.sqrt(len(rows)) + 1e-3
        alive, chance = six["alive"][rows].mean(), new.conditional_probability_alive(0, x, t, 6)
        assert abs(alive - chance) < 4.5 * np.sqrt(max(chance * (1 - chance), 1e-6) / len(rows)) + 1e-3


def test_intervals_cover_what_they_say() -> None:
    """Of 200 shops of 2,000 donors, about 180 have the truth inside each parameter's 90% interval."""
    rng = np.random.default_rng(6)
    inside = np.zeros(4)
    for _ in range(200):
        own = fit(bg_bb_customers(TRUTH, rng.integers(2, 9, 2000), rng)).parameter_intervals(0.9)
        inside += (own["low"] < TRUTH) & (own["high"] > TRUTH)
    # The standard error of such a share is .021.
    assert np.abs(inside / 200 - 0.9).max() < 0.07


# --- where data end -----------------------------------------------------------------------------------------


def test_nobody_has_ever_come_back() -> None:
    found = BetaGeoBetaBinomFitter().fit(np.zeros(300), np.zeros(300), np.full(300, 6))
    assert found.prior_applied_
    assert "Nobody has bought again" in found.notes_[0]
    assert np.isfinite(found.standard_errors_).all()
    assert found.expected_number_of_purchases_up_to_time(6) < 0.1


def test_nobody_ever_leaves() -> None:
    """Everybody bought at the last occasion: gamma -> 0 fits as well as anything, and is named."""
    rng = np.random.default_rng(7)
    x = 1 + rng.binomial(5, rng.beta(2, 2, 500))
    found = BetaGeoBetaBinomFitter().fit(x, np.full(500, 6), np.full(500, 6))
    assert found.prior_applied_
    assert "gamma" in found.notes_[0] or "delta" in found.notes_[0]
    assert found.conditional_probability_alive(0, 3, 6, 6) == pytest.approx(1, abs=1e-12)
    assert found.conditional_probability_alive(6, 3, 6, 6) > 0.9


def test_everybody_leaves_after_one_more_purchase() -> None:
    found = BetaGeoBetaBinomFitter().fit(np.ones(400), np.ones(400), np.full(400, 8))
    assert np.isfinite(found.params_).all()
    assert np.isfinite(found.standard_errors_).all()
    assert found.predict(8, 1, 1, 8) < 0.1


def test_one_occasion_tells_one_share_only() -> None:
    found = BetaGeoBetaBinomFitter().fit([0, 1], [0, 1], [1, 1], weights=[700, 300])
    assert found.prior_applied_
    assert found.expected_number_of_purchases_up_to_time(1) == pytest.approx(0.3, abs=0.01)
    assert found.log_likelihood_ == pytest.approx(700 * log(0.7) + 300 * log(0.3), abs=0.5)


def test_customers_without_an_occasion_change_nothing(mixed: pd.DataFrame) -> None:
    new = pd.DataFrame({"frequency": [0], "recency": [0], "n_periods": [0], "weights": [500]})
    with_them = fit(pd.concat([mixed, new], ignore_index=True))
    assert with_them.params_.to_numpy() == pytest.approx(fit(mixed).params_.to_numpy(), rel=1e-6)
    assert with_them.predict(5, 0, 0, 0) == pytest.approx(
        with_them.expected_number_of_purchases_up_to_time(5), rel=1e-12
    )


def test_twenty_customers_are_fitted() -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        found = fit(bg_bb_customers(TRUTH, rng.integers(1, 7, 20), rng))
        assert np.isfinite(found.params_).all()
        assert np.isfinite(found.standard_errors_).all()


def test_hundreds_of_occasions_and_purchases() -> None:
    """Weekly for seven years: each likelihood is below 1e-200, none is lost."""
    rng = np.random.default_rng(9)
    truth = np.array([20.0, 6.0, 0.8, 120.0])
    weekly = bg_bb_customers(truth, rng.integers(300, 364, 400), rng)
    found = fit(weekly)
    assert weekly["frequency"].max() > 250
    off = np.log(found.params_.to_numpy() / truth) / np.sqrt(np.diag(found.covariance_log_))
    assert np.abs(off).max() < 3
    rows = found.log_likelihood(weekly["frequency"], weekly["recency"], weekly["n_periods"])
    assert rows.sum() == pytest.approx(found.log_likelihood_, rel=1e-12)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    ("x", "t", "n", "says"),
    [
        ([0, 3], [0, 2], [5, 5], "number 2 has frequency 3, recency 2, n_periods 5.*cannot exceed recency"),
        ([1], [1.5], [5], "recency counts occasions and must be whole"),
        ([1], [1], [5.5], "n_periods counts occasions and must be whole"),
        ([1], [1], [2_000_000], "cannot exceed 100,000"),
        ([1], [6], [5], "Recency cannot exceed T"),
        ([-1], [0], [5], "cannot be negative"),
        ([0, 0], [0, 0], [0, 0], "No customer has had an occasion yet"),
        ([], [], [], "There are no customers"),
    ],
)
def test_bad_histories_are_named(x: list, t: list, n: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        BetaGeoBetaBinomFitter().fit(x, t, n)


def test_bad_questions_are_named() -> None:
    with pytest.raises(ValueError, match="m_periods_in_future is counted: whole numbers of 0 or more"):
        known().predict(1.5, 0, 0, 6)
    with pytest.raises(ValueError, match="whole numbers of 0 or more"):
        known().conditional_probability_alive(-1, 0, 0, 6)
    with pytest.raises(ValueError, match="frequency 3, recency 2"):
        known().predict(1, 3, 2, 6)
    with pytest.raises(ValueError, match=r"discount rate is -0\.1"):
        known().discounted_expected_residual_transactions(-0.1, 0, 0, 6)
    with pytest.raises(ValueError, match="has not been fitted"):
        BetaGeoBetaBinomFitter().predict(1, 0, 0, 6)


# --- the interface ------------------------------------------------------------------------------------------


def test_results_have_the_form_of_the_question(
    fitted: BetaGeoBetaBinomFitter, donors: pd.DataFrame, tmp_path: Path
) -> None:
    named = donors.set_axis([f"history {i}" for i in range(len(donors))])
    history = (named["frequency"], named["recency"], named["n_periods"])
    assert fitted.predict(5, *history).index.equals(named.index)
    assert fitted.conditional_probability_alive(0, *history).index.equals(named.index)
    assert isinstance(fitted.predict(5, 2, 4, 6), float)
    by_year = fitted.predict(np.arange(6), 2, 4, 6)
    assert by_year.shape == (6,)
    assert by_year[0] == 0
    assert all(a < b for a, b in pairwise(by_year))
    assert fitted.predict(np.array([[1], [5]]), np.array([0, 6]), np.array([0, 6]), 6).shape == (2, 2)
    assert fitted.probability_of_n_purchases_up_to_time(6, 7) == 0
    assert list(fitted.summary.index) == ["alpha", "beta", "gamma", "delta"]
    assert fitted.data["weights"].sum() == 11_104
    few = fitted.generate_new_data(size=500, seed=1)
    assert few.equals(fitted.generate_new_data(size=500, seed=1))
    assert set(few["n_periods"]) == {6}
    fitted.save_model(tmp_path / "fit.json")
    read = BetaGeoBetaBinomFitter()
    read.load_model(tmp_path / "fit.json")
    assert read.predict(5, 2, 4, 6) == pytest.approx(fitted.predict(5, 2, 4, 6), rel=1e-12)


def test_a_start_of_ones_own_leads_to_the_same_optimum(
    fitted: BetaGeoBetaBinomFitter, donors: pd.DataFrame
) -> None:
    columns = (donors[c] for c in ("frequency", "recency", "n_periods", "weights"))
    other = BetaGeoBetaBinomFitter().fit(*columns, initial_params=[2.0, -1.0, 1.5, -0.5], verbose=True)
    assert other.params_.to_numpy() == pytest.approx(fitted.params_.to_numpy(), rel=1e-6)
    assert "evaluations" in other.notes_[-1]

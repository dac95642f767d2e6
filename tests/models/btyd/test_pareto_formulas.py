"""Pareto/NBD's formulas: closed forms where there are any, scipy's quadrature, and simulated customers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import expit, gammaln, hyperu
from scipy.stats import nbinom

from models.btyd import pareto, pareto_likelihood
from models.btyd.inputs import pack
from models.btyd.pareto_integral import each_integral, suffix_integrals
from models.btyd.simulate import pareto_customers

TRUTH = np.array([0.6, 40.0, 0.7, 90.0])
PRINTED = np.array([0.55315, 10.5763, 0.60625, 11.6715])
EDGES = [
    (0.24, 4.4, 0.79, 2.43),
    (0.5, 0.05, 1.0, 300.0),
    (5, 10, 2, 10),
    (0.3, 50, 0.01, 3),
    (20, 1, 3, 500),
]


@pytest.mark.parametrize("x", [0, 1, 40, 200, 500, 2000])
@pytest.mark.parametrize("s", [0.01, 1.0, 3.0])
def test_closed_form_where_alpha_is_beta(x: int, s: float) -> None:
    """Both rates then decay alike and the integral is elementary, at any number of purchases."""
    r, alpha = 0.5, 7.0
    t, T = np.array([0.0, 1e-9, 30.0, 39.999, 40.0]), 40.0
    if x == 0:
        t = t[:1]
    k = r + x + s
    alive = -k * np.log(alpha + T)
    with np.errstate(divide="ignore"):  # a purchase just now: dropped out with probability 0
        since = np.log(-np.expm1(k * np.log((alpha + t) / (alpha + T))))
    gone = np.log(s / k) - k * np.log(alpha + t) + since
    exact = gammaln(r + x) - gammaln(r) + (r + s) * np.log(alpha) + np.logaddexp(alive, gone)
    found = pareto.log_likelihood([r, alpha, s, alpha], np.full(len(t), x), t, np.full(len(t), T))
    assert found == pytest.approx(exact, rel=1e-12, abs=1e-11)
    p_alive = pareto.probability_alive([r, alpha, s, alpha], np.full(len(t), x), t, np.full(len(t), T))
    assert p_alive == pytest.approx(expit(alive - gone), rel=1e-10, abs=1e-300)


def test_without_dropout_it_is_the_negative_binomial() -> None:
    """s -> 0: P(X(T) = n) and the expectation are those of a gamma-mixed Poisson."""
    p, n = [0.8, 30.0, 1e-13, 50.0], np.arange(300)
    found = pareto.count_probability(p, 90.0, n)
    assert found == pytest.approx(nbinom.pmf(n, 0.8, 30 / 120), rel=1e-9)
    assert pareto.mean_if_alive(p, 0, 0, 90.0) == pytest.approx(0.8 * 90 / 30, rel=1e-11)


@pytest.mark.parametrize("parameters", EDGES)
def test_grid_and_single_histories_give_the_same_integral(parameters: tuple[float, ...]) -> None:
    """Two ways through the same integral, for days over two years and up to 2000 purchases; and quad's."""
    p, times = np.array(parameters, float), np.arange(0.0, 731.0)
    x = np.array([0.0, 1.0, 12.0, 300.0, 2000.0])
    ln_f, after = suffix_integrals(p, x, times, moments=True)
    for i, j in ((0, 1), (0, 730), (3, 3), (100, 107), (400, 730), (729, 730)):
        t, T = np.full(len(x), times[i]), np.full(len(x), times[j])
        q = np.exp(ln_f[:, j] - ln_f[:, i])
        on_grid = after[:, :, i] - q * after[:, :, j]
        alone = each_integral(p, x, t, T, moments=True)
        # A difference of two suffixes: exact to the last digits of the larger one.
        assert on_grid == pytest.approx(alone, rel=1e-11, abs=1e-12 * np.abs(after[:, :, i]).max())
        for k in (0, 2):
            assert alone[0, k] == pytest.approx(by_quad(p, x[k], times[i], times[j]), rel=1e-8)


def by_quad(parameters: np.ndarray, x: float, t: float, T: float) -> float:
    """int_t^T f(y)/f(t) dy by scipy, in u = ln(1 + (y - t)/(min(alpha, beta) + t))."""
    r, alpha, s, beta = parameters
    start = min(alpha, beta) + t

    def f(u: float) -> float:
        y = start * np.expm1(u)
        return (1 + y / (alpha + t)) ** -(r + x) * (1 + y / (beta + t)) ** -(s + 1) * start * np.exp(u)

    return quad(f, 0, np.log1p((T - t) / start), epsabs=0, epsrel=1e-10, limit=500)[0] if t < T else 0.0


def test_gradient_and_hessian_are_the_slopes_of_the_likelihood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the grid, history by history, and mixed: a few who buy very often are never worth a grid."""
    rng = np.random.default_rng(7)
    shop = pareto_customers(TRUTH, rng.integers(60, 730, 4000).astype(float), rng)
    x, t, T = (shop[c].to_numpy(copy=True) for c in ("frequency", "recency", "T"))
    t = np.ceil(t)
    x[:3], t[:3] = [200, 500, 2000], T[:3] - 1
    counts, at = pack(x, t, T), np.array([0.4, 0.2, 1.3, 0.7])
    rows = pareto.log_likelihood(at, counts.x, counts.times[counts.t], counts.times[counts.T])
    found = []
    for worth in (lambda n, _: n > 20, lambda n, _: n > 0, lambda n, _: n < 0):
        monkeypatch.setattr(pareto_likelihood, "worth_a_grid", worth)
        found.append(pareto.derivatives(at, counts))
    value, gradient, hessian = found[0]
    assert value == pytest.approx(counts.weight @ rows, rel=1e-12)
    for other in found[1:]:
        assert other[0] == pytest.approx(value, rel=1e-12)
        assert other[1] == pytest.approx(gradient, rel=1e-9)
        assert other[2] == pytest.approx(hessian, rel=1e-8)
    slope = approx_fprime(at, lambda p: pareto.derivatives(p, counts)[0], 1e-6)
    assert gradient == pytest.approx(slope, rel=1e-3)
    curve = approx_fprime(at, lambda p: pareto.derivatives(p, counts)[1], 1e-6)
    assert hessian == pytest.approx(curve, rel=1e-3)


def test_simulated_means_are_those_expected() -> None:
    """E[X(t)], P(X = n) and P(alive) against 200,000 simulated customers with known truth."""
    sample = pareto_customers(TRUTH, np.full(200_000, 365.0), np.random.default_rng(3))
    mean, error = sample["frequency"].mean(), sample["frequency"].std() / np.sqrt(len(sample))
    assert pareto.mean_if_alive(TRUTH, 0, 0, 365.0) == pytest.approx(mean, abs=4 * error)
    for n in range(4):
        share = float(pareto.count_probability(TRUTH, 365.0, n))
        assert (sample["frequency"] == n).mean() == pytest.approx(share, abs=4 * np.sqrt(share / len(sample)))
    p_alive = pareto.probability_alive(TRUTH, sample["frequency"], sample["recency"], sample["T"])
    assert p_alive.mean() == pytest.approx(sample["alive"].mean(), abs=0.005)
    sure = p_alive > 0.8
    assert sample["alive"][sure].mean() == pytest.approx(p_alive[sure].mean(), abs=0.01)


def test_counts_ahead_are_those_of_simulated_futures() -> None:
    """Given alive, both rates are gammas again: Y is drawn from them directly."""
    rng, n = np.random.default_rng(5), 200_000
    (r, alpha, s, beta), x, T, H = TRUTH, 6, 200.0, 300.0
    lifetime = rng.exponential(1 / np.maximum(rng.gamma(s, 1 / (beta + T), n), 1e-300))
    Y = rng.poisson(rng.gamma(r + x, 1 / (alpha + T), n) * np.minimum(lifetime, H))
    assert pareto.mean_if_alive(TRUTH, x, T, H) == pytest.approx(Y.mean(), abs=4 * Y.std() / np.sqrt(n))
    assert pareto.mean_if_alive(TRUTH, x, T, H, second=True) == pytest.approx((Y * (Y - 1)).mean(), rel=0.02)
    for k in (0, 1, 2, 8, 20):
        for found, share in (
            (pareto.survival_of_count(TRUTH, k, H, x, T), (k <= Y).mean()),
            (pareto.count_probability(TRUTH, H, k, x, T), (k == Y).mean()),
        ):
            assert found == pytest.approx(share, abs=4 * np.sqrt(0.25 / n))


@pytest.mark.parametrize("parameters", EDGES)
@pytest.mark.parametrize("H", [1e-3, 30.0, 300.0])
def test_counts_sum_to_one_and_to_the_expectations(parameters: tuple[float, ...], H: float) -> None:
    """P(Y = n), P(Y >= n), E[Y] and E[Y (Y - 1)]: four formulas, one truth."""
    x, T, n = np.array([0, 1, 9, 300]), np.array([5.0, 300.0, 400.0, 700.0]), np.arange(4000)
    pmf = pareto.count_probability(parameters, H, n[:, None], x, T)
    tails = pareto.survival_of_count(parameters, n[:, None], H, x, T)
    first, second = (
        pareto.purchases_if_alive(parameters, x, T, [H], second=moment)[:, 0] for moment in (False, True)
    )
    assert pmf.sum(axis=0) == pytest.approx(1, abs=1e-11)
    assert n @ pmf == pytest.approx(first, rel=1e-11)
    assert tails[1:].sum(axis=0) == pytest.approx(first, rel=1e-11)
    assert (n * (n - 1)) @ pmf == pytest.approx(second, rel=1e-10)
    assert -np.diff(tails, axis=0) == pytest.approx(pmf[:-1], abs=5e-12)


def test_nothing_is_singular_at_s_equal_to_one_or_two() -> None:
    for s in (1.0, 2.0):
        for second in (False, True):
            below, at, above = (
                pareto.mean_if_alive([0.3, 5, v, 8], 3, 30.0, 50.0, second=second)
                for v in (s - 1e-6, s, s + 1e-6)
            )
            assert at == pytest.approx((below + above) / 2, rel=1e-8)


@pytest.mark.parametrize("s", [0.01, 0.6, 1.0, 3.0])
@pytest.mark.parametrize("rate", [1e-5, 0.0027, 0.1])
def test_discounted_purchases_without_end(s: float, rate: float) -> None:
    """DERT in closed form: (r+x)/(alpha+T) B Psi(1, 2 - s; rate B), Psi the confluent hypergeometric function of
    the second kind (Fader, Hardie and Lee 2005, JMR 42, eq. (4), with B^s rate^(s-1) Psi(s, s; .) rewritten by
    Kummer's transformation)."""
    r, alpha, beta, x, T = 0.55, 10.6, 11.7, 7, 35.0
    found = pareto.discounted_if_alive([r, alpha, s, beta], x, T, rate)
    exact = (r + x) / (alpha + T) * (beta + T) * hyperu(1, 2 - s, rate * (beta + T))
    assert found[0] == pytest.approx(exact, rel=1e-8)


def test_discounted_purchases_by_a_horizon() -> None:
    x, T = np.array([0, 7, 7]), np.array([3.0, 35.0, 3.0])
    discounted = pareto.discounted_if_alive(PRINTED, x, T, 0.01, 52.0)
    for k in range(3):
        slices = np.diff(pareto.mean_if_alive(PRINTED, x[k], T[k], np.linspace(0, 52, 20_001)))
        assert discounted[k] == pytest.approx(
            slices @ np.exp(-0.01 * 52 * (np.arange(20_000) + 0.5) / 20_000), rel=1e-7
        )
    plain = pareto.purchases_if_alive(PRINTED, x, T, 52.0)[:, 0]
    assert pareto.discounted_if_alive(PRINTED, x, T, 0.0, 52.0) == pytest.approx(plain, rel=1e-12)
    with pytest.raises(ValueError, match="need a discount rate above 0; 0"):
        pareto.discounted_if_alive(PRINTED, x, T, 0.0)

"""The day of the next purchase: quantiles are where the chance of no purchase says, and where simulation finds them."""

from __future__ import annotations

import numpy as np
import pytest

from models.btyd.families import BG_NBD, FAMILIES, MBG_NBD, PARETO_NBD
from models.next_order import alive_by_score, next_order, no_order

PARAMETERS = {
    "bg_nbd": np.array([0.243, 4.414 * 7, 0.793, 2.426]),
    "mbg_nbd": np.array([0.525, 6.183 * 7, 0.891, 1.614]),
    "pareto_nbd": np.array([0.553, 10.578 * 7, 0.606, 11.669 * 7]),
}
"""CDNOW's, in days: Fader, Hardie and Lee (2005), Table 2; Batislam and others (2007); Fader and Hardie's note 008."""

X = np.array([0, 0, 1, 2, 7, 26, 120, 3])
AGE = np.array([30.0, 270.0, 270.0, 200.0, 250.0, 217.0, 270.0, 270.0])
LAST = np.array([0.0, 0.0, 30.0, 190.0, 240.0, 216.0, 269.0, 20.0])


@pytest.mark.parametrize("model", FAMILIES)
def test_a_quantile_is_the_day_by_which_so_many_have_bought(model: str) -> None:
    family, p = FAMILIES[model], PARAMETERS[model]
    for found, share in zip(next_order(family, p, X, LAST, AGE, 0.8), (0.5, 0.1, 0.9), strict=True):
        bought = 1 - no_order(family, p, X, LAST, AGE, np.minimum(found, 1e9))
        reached = np.isfinite(found)
        assert reached.any()
        assert bought[reached] == pytest.approx(share, abs=2e-3)
        assert (bought[~reached] < share).all()


def test_quantiles_follow_each_other() -> None:
    for model, family in FAMILIES.items():
        middle, low, high = next_order(family, PARAMETERS[model], X, LAST, AGE, 0.9)
        assert (low < middle).all() or np.isinf(middle[~(low < middle)]).all()
        assert (middle <= high).all()


def test_the_median_by_hand() -> None:
    """Alive for certain (BG/NBD, no repeat purchase): (alpha + T) (2^(1/r) - 1)."""
    r, alpha = 2.0, 10.0
    middle, _, _ = next_order(
        BG_NBD, np.array([r, alpha, 1.0, 2.0]), np.array([0]), np.zeros(1), np.array([20.0]), 0.9
    )
    assert middle[0] == pytest.approx(30 * (np.sqrt(2) - 1))


def test_who_has_probably_left_is_not_expected() -> None:
    p = PARAMETERS["bg_nbd"]
    alive = BG_NBD.probability_alive(p, X[-1:], LAST[-1:], AGE[-1:])
    assert alive[0] < 0.5
    middle, _, high = next_order(BG_NBD, p, X[-1:], LAST[-1:], AGE[-1:], 0.9)
    assert np.isinf(middle[0])
    assert np.isinf(high[0])


def test_the_chance_of_no_purchase_is_the_formula_of_the_paper() -> None:
    """.855 for x = 0, T = 38.86, 39 weeks ahead, at CDNOW's parameters: (43.274 / 82.274)^.243."""
    p = np.array([0.243, 4.414, 0.793, 2.426])
    found = no_order(BG_NBD, p, np.array([0]), np.zeros(1), np.array([38.86]), 39.0)
    assert found[0] == pytest.approx((43.274 / 82.274) ** 0.243, rel=1e-12)
    assert found[0] == pytest.approx(0.855, abs=5e-4)


@pytest.mark.parametrize("family", [BG_NBD, MBG_NBD, PARETO_NBD], ids=lambda f: f.name)
def test_simulated_waits(family) -> None:
    """New customers (x = T = 0), one by one: those that never come back wait for ever."""
    p, rng, n = PARAMETERS[family.name], np.random.default_rng(4), 200_000
    rate = rng.gamma(p[0], 1 / p[1], n)
    wait = rng.exponential(1 / np.maximum(rate, 1e-300))
    if family is PARETO_NBD:
        lifetime = rng.exponential(1 / np.maximum(rng.gamma(p[2], 1 / p[3], n), 1e-300))
        wait = np.where(wait < lifetime, wait, np.inf)
    elif family is MBG_NBD:
        wait = np.where(rng.random(n) < rng.beta(p[2], p[3], n), np.inf, wait)
    middle, low, high = next_order(family, p, np.array([0]), np.zeros(1), np.zeros(1), 0.8)
    for quantile, share in ((middle, 0.5), (low, 0.1), (high, 0.9)):
        if np.isfinite(quantile[0]):
            assert np.mean(wait <= quantile[0]) == pytest.approx(share, abs=0.004)
        else:
            assert np.isfinite(wait).mean() < share + 0.004


@pytest.mark.parametrize("model", FAMILIES)
def test_days_that_follow_from_a_score_agree_with_it(model: str) -> None:
    """A score of .3 within 136 days: the day by which three in ten have ordered is day 136, unless even a customer who
    certainly still is one would order more rarely."""
    family, p = FAMILIES[model], PARAMETERS[model]
    chance = np.full(len(X), 0.3)
    alive = alive_by_score(family, p, X, AGE, chance, 136.0)
    _, _, day = next_order(family, p, X, LAST, AGE, 1 - 2 * 0.7, alive=alive)
    # Frequent buyers who are still customers have all ordered long before: any day after that will do.
    open_yet = family.survival_of_count(p, 1, 136.0, X, AGE) < 0.95
    rarer = alive == 1
    assert open_yet.sum() >= 4
    assert day[open_yet & ~rarer] == pytest.approx(136.0, rel=0.01)
    assert (day[rarer] >= 136.0).all()

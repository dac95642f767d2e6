"""Covariates: against simulated shops with known effects, finite differences and what must hold exactly."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from models.btyd import (
    BetaGeoCovariatesFitter,
    BetaGeoFitter,
    ModifiedBetaGeoCovariatesFitter,
    ParetoNBDCovariatesFitter,
)
from models.btyd import beta_geometric as bg
from models.btyd import covariate_likelihood as likelihood
from models.btyd.covariates import CovariatesFitter
from models.btyd.inputs import pack
from models.btyd.newton import to_log_scale
from models.btyd.patterns import learn
from models.btyd.simulate import beta_geometric_customers, pareto_customers

MODELS = [BetaGeoCovariatesFitter, ModifiedBetaGeoCovariatesFitter, ParetoNBDCovariatesFitter]
CHANNELS = ("search", "ads", "friends")
SHARES = (0.5, 0.3, 0.2)
BUYING = {"search": 0.0, "ads": -0.4, "friends": 0.5}
DROPOUT = {"search": 0.0, "ads": 0.5, "friends": -0.3}
STAYING = {"search": 0.0, "ads": -0.2, "friends": 0.4}
"""g1, g2 and, in BG/NBD and MBG/NBD, g3 of the simulated channels."""


def truth(model: type[CovariatesFitter], channel: str) -> np.ndarray:
    """The parameters of a channel, as Fader and Hardie (2007) write them."""
    g1, g2, g3 = (effect[channel] for effect in (BUYING, DROPOUT, STAYING))
    if model is ParetoNBDCovariatesFitter:
        return np.array([0.6, 40.0 * np.exp(-g1), 0.7, 90.0 * np.exp(-g2)])
    return np.array([0.6, 40.0 * np.exp(-g1), 0.9 * np.exp(g2), 2.5 * np.exp(g3)])


def simulate(model: type[CovariatesFitter], n: int, seed: int = 1, alike: bool = False) -> pd.DataFrame:
    """Customers on whole days, with a channel that matters (unless `alike`), a flag and a number that do not."""
    rng = np.random.default_rng(seed)
    channel = rng.choice(CHANNELS, n, p=SHARES)
    ages = rng.integers(60, 730, n).astype(float)
    parts = []
    for name in CHANNELS:
        T = ages[channel == name]
        p = truth(model, "search" if alike else name)
        if model is ParetoNBDCovariatesFitter:
            found = pareto_customers(p, T, rng)
        else:
            found = beta_geometric_customers(p, T, rng, modified=model is ModifiedBetaGeoCovariatesFitter)
        parts.append(found.assign(channel=name))
    shop = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed, ignore_index=True)
    shop["recency"] = np.ceil(shop["recency"])
    shop["gift"] = rng.random(n) < 0.3
    shop["basket"] = rng.integers(1, 6, n) * 10
    return shop


def fit(
    model: type[CovariatesFitter],
    shop: pd.DataFrame,
    columns: list[str],
    prior_sd: float = 1.0,
    **more: object,
) -> CovariatesFitter:
    return model(prior_sd=prior_sd).fit(shop["frequency"], shop["recency"], shop["T"], shop[columns], **more)


@pytest.fixture(params=MODELS, ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"], scope="module")
def model(request: pytest.FixtureRequest) -> type[CovariatesFitter]:
    return request.param


@pytest.fixture(scope="module")
def shop(model: type[CovariatesFitter]) -> pd.DataFrame:
    return simulate(model, 10_000)


@pytest.fixture(scope="module")
def fitted(model: type[CovariatesFitter], shop: pd.DataFrame) -> CovariatesFitter:
    return fit(model, shop, ["channel"])


def test_known_effects_are_recovered(
    model: type[CovariatesFitter], shop: pd.DataFrame, fitted: CovariatesFitter
) -> None:
    table = fitted.coefficient_table(0.99).set_index(["parameter", "level"])
    second = "beta" if model is ParetoNBDCovariatesFitter else "a"
    known = {(p, c): e[c] for p, e in (("alpha", BUYING), (second, DROPOUT)) for c in CHANNELS[1:]}
    if second == "a":
        known |= {("b", c): STAYING[c] for c in CHANNELS[1:]}
    assert set(table.index) == set(known)
    for key, value in known.items():
        assert table.loc[key, "low"] < value < table.loc[key, "high"], key
    off = np.log(fitted.params_ / truth(model, "search")) / (fitted.standard_errors_ / fitted.params_)
    assert off.abs().max() < 3
    assert fitted.likelihood_ratio_.p_value < 1e-20
    assert fitted.log_likelihood_ > fitted.plain_.log_likelihood_ + 50
    assert fitted.aic_ < fitted.plain_.aic_
    assert fitted.bic_ < fitted.plain_.bic_
    assert fitted.notes_ == []


def test_effects_on_buying_and_dropout_hold_the_truth(
    model: type[CovariatesFitter], fitted: CovariatesFitter
) -> None:
    """The mean rate r / alpha, and the mean chance a / (a + b) or rate s / beta, against those simulated."""

    def means(p: np.ndarray) -> tuple[float, float]:
        second = p[2] / p[3] if model is ParetoNBDCovariatesFitter else p[2] / (p[2] + p[3])
        return p[0] / p[1], second

    found = fitted.effects(0.99).set_index(["acts_on", "level"])
    base = means(truth(model, "search"))
    for channel in CHANNELS[1:]:
        for acts_on, here, there in zip(
            ("buying", "dropout"), means(truth(model, channel)), base, strict=True
        ):
            row = found.loc[(acts_on, channel)]
            assert row["low"] < here / there < row["high"], (acts_on, channel)


def test_effects_are_ratios_of_fitted_means_with_the_error_of_resampling_the_estimates(
    model: type[CovariatesFitter], fitted: CovariatesFitter
) -> None:
    """The delta method against draws from the normal distribution of the estimates."""
    draws = np.random.default_rng(0).multivariate_normal(fitted.theta_, fitted.covariance_, 20_000)
    at = dict(zip(fitted.theta_.index, draws.T, strict=True))
    if model is ParetoNBDCovariatesFitter:
        log_ratio = at["beta: channel ads"]
    else:
        a, b = at["log a"], at["log b"]
        a1, b1 = a + at["a: channel ads"], b + at["b: channel ads"]
        log_ratio = np.log1p(np.exp(b - a)) - np.log1p(np.exp(b1 - a1))
    row = fitted.effects(0.9).set_index(["acts_on", "level"]).loc[("dropout", "ads")]
    assert np.log(row["multiplier"]) == pytest.approx(log_ratio.mean(), abs=0.01)
    assert np.log(row["high"] / row["low"]) / 2 / 1.645 == pytest.approx(log_ratio.std(), rel=0.05)


def test_gradient_and_hessian_are_slopes(model: type[CovariatesFitter]) -> None:
    shop = simulate(model, 300, seed=2)
    coding, _ = learn(shop[["channel", "basket"]], np.ones(len(shop)))
    z, row = coding.patterns(shop)
    x, t, T = (shop[c].to_numpy() for c in ("frequency", "recency", "T"))
    groups = [pack(x[row == k], t[row == k], T[row == k], scale=300.0) for k in range(len(z))]
    design = likelihood.designs(z, model.acts)

    def at(theta: np.ndarray) -> tuple:
        return likelihood.derivatives(theta, design, groups, model._plain)

    theta = np.random.default_rng(0).normal(0, 0.2, design.shape[2])
    _, gradient, hessian = at(theta)
    assert gradient == pytest.approx(approx_fprime(theta, lambda p: at(p)[0], 1e-6), rel=1e-3, abs=0.01)
    assert hessian == pytest.approx(approx_fprime(theta, lambda p: at(p)[1], 1e-6), rel=1e-3, abs=0.01)


def test_log_likelihood_is_that_of_every_customer_with_his_own_parameters(
    model: type[CovariatesFitter], shop: pd.DataFrame
) -> None:
    found = fit(model, shop, ["channel", "basket", "gift"])
    own = found.parameters_of(shop)
    total = 0.0
    for p in np.unique(own, axis=0):
        rows = (own == p).all(axis=1)
        known = model.base()
        known.params_ = pd.Series(p, index=list(model.base.names))
        x, t, T = (shop.loc[rows, c] for c in ("frequency", "recency", "T"))
        total += known.log_likelihood(x, t, T).sum()
    assert total == pytest.approx(found.log_likelihood_, rel=1e-11)
    assert found.aic_ == pytest.approx(2 * len(found.theta_) - 2 * total)


def test_without_covariates_it_is_the_plain_fit(model: type[CovariatesFitter]) -> None:
    shop = simulate(model, 1500, seed=3)
    plain = model.base().fit(shop["frequency"], shop["recency"], shop["T"])
    for none in (None, shop[[]], shop[["channel"]].assign(channel="search")):
        found = model().fit(shop["frequency"], shop["recency"], shop["T"], none)
        assert found.params_.to_numpy() == pytest.approx(plain.params_.to_numpy(), rel=1e-6)
        assert found.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-12)
        assert found.covariance_.to_numpy() == pytest.approx(plain.covariance_log_, rel=1e-5)
        assert (found.likelihood_ratio_.degrees, found.likelihood_ratio_.p_value) == (0, 1.0)
        assert found.coefficients_.empty
    assert "channel was left out" in found.notes_[0]
    penalised = model(penalizer_coef=0.01).fit(shop["frequency"], shop["recency"], shop["T"])
    theirs = model.base(penalizer_coef=0.01).fit(shop["frequency"], shop["recency"], shop["T"])
    assert penalised.params_.to_numpy() == pytest.approx(theirs.params_.to_numpy(), rel=1e-6)


def test_what_makes_no_difference_is_found_to_make_none(model: type[CovariatesFitter]) -> None:
    found = fit(model, simulate(model, 4000, seed=4, alike=True), ["channel", "gift", "basket"])
    table = found.coefficient_table(0.99)
    assert ((table["low"] < 0) & (table["high"] > 0)).all()
    assert found.likelihood_ratio_.p_value > 0.05
    assert found.bic_ > found.plain_.bic_


def test_chance_alone_gains_as_much_as_the_test_says() -> None:
    """p of the likelihood-ratio test over 60 shops without any effect is uniform: mean 1/2, sd of the mean .037."""
    p = [
        fit(BetaGeoCovariatesFitter, simulate(BetaGeoCovariatesFitter, 1500, seed, alike=True), ["gift"])
        for seed in range(100, 160)
    ]
    values = np.array([found.likelihood_ratio_.p_value for found in p])
    assert values.mean() == pytest.approx(0.5, abs=0.12)
    assert (values < 0.1).mean() < 0.25


def test_saturated_fit_solves_each_group_given_the_shared_r() -> None:
    """With one categorical column and no prior, alpha, a and b are free in each channel and only r is shared. So in
    each channel the plain likelihood is flat in alpha, a and b, and its slopes in r cancel over channels."""
    shop = simulate(BetaGeoCovariatesFitter, 5000, seed=5)
    found = fit(BetaGeoCovariatesFitter, shop, ["channel"], prior_sd=np.inf)
    slopes = []
    for channel in CHANNELS:
        own = shop[shop["channel"] == channel]
        counts = pack(*(own[c].to_numpy() for c in ("frequency", "recency", "T")), scale=1.0)
        p = found.parameters_of({"channel": channel})[0]
        slopes.append(to_log_scale(p, bg.derivatives(p, counts))[1])
    each = np.array(slopes)
    assert np.abs(each[:, 1:]).max() < 1e-3
    assert np.abs(each[:, 0]).max() > 1
    assert abs(each[:, 0].sum()) < 1e-3


def test_separate_fits_are_a_bound_that_is_nearly_reached() -> None:
    """Three separate fits have two parameters more (r of each channel), and the truth has one r: their gain is that
    of chance, chi-square with two degrees, above 13.8 once in a thousand."""
    shop = simulate(BetaGeoCovariatesFitter, 5000, seed=5)
    found = fit(BetaGeoCovariatesFitter, shop, ["channel"], prior_sd=np.inf)
    separate = sum(
        BetaGeoFitter().fit(own["frequency"], own["recency"], own["T"]).log_likelihood_
        for _, own in shop.groupby("channel")
    )
    assert 0 < 2 * (separate - found.log_likelihood_) < 13.8


def test_days_or_weeks_give_the_same_coefficients(model: type[CovariatesFitter], shop: pd.DataFrame) -> None:
    days = fit(model, shop, ["channel", "basket"])
    weeks = fit(model, shop.assign(recency=shop["recency"] / 7, T=shop["T"] / 7), ["channel", "basket"])
    assert weeks.coefficients_["coef"].to_numpy() == pytest.approx(
        days.coefficients_["coef"].to_numpy(), abs=1e-6
    )
    assert weeks.coefficients_["se"].to_numpy() == pytest.approx(
        days.coefficients_["se"].to_numpy(), rel=1e-5
    )
    assert weeks.params_["alpha"] * 7 == pytest.approx(days.params_["alpha"], rel=1e-6)
    later = [
        f.expected_number_of_purchases_up_to_time(t, {"channel": "ads", "basket": 20})
        for f, t in ((weeks, 52), (days, 364))
    ]
    assert later[0] == pytest.approx(later[1], rel=1e-6)


def test_a_number_in_other_units_has_the_coefficient_of_its_unit(
    model: type[CovariatesFitter], shop: pd.DataFrame
) -> None:
    cents = fit(model, shop.assign(basket=shop["basket"] * 100), ["basket"])
    euros = fit(model, shop, ["basket"])
    assert cents.coefficients_["coef"].to_numpy() * 100 == pytest.approx(
        euros.coefficients_["coef"].to_numpy(), rel=1e-6
    )
    assert cents.log_likelihood_ == pytest.approx(euros.log_likelihood_, rel=1e-12)


def test_counts_and_rows_give_the_same_fit(model: type[CovariatesFitter], shop: pd.DataFrame) -> None:
    columns = ["frequency", "recency", "T", "channel", "gift"]
    counts = shop[columns].value_counts().rename("customers").reset_index()
    assert len(counts) < len(shop)
    counted = fit(model, counts, ["channel", "gift"], weights=counts["customers"])
    rows = fit(model, shop, ["channel", "gift"])
    assert counted.theta_.to_numpy() == pytest.approx(rows.theta_.to_numpy(), abs=1e-7)
    assert counted.log_likelihood_ == pytest.approx(rows.log_likelihood_, rel=1e-12)
    assert counted.n_ == len(shop)


def test_a_customer_is_predicted_by_the_plain_model_with_his_parameters(
    model: type[CovariatesFitter], shop: pd.DataFrame, fitted: CovariatesFitter
) -> None:
    named = shop.set_axis([f"customer {i}" for i in range(len(shop))])
    x, t, T, covariates = named["frequency"], named["recency"], named["T"], named[["channel"]]
    later = fitted.predict(90, x, t, T, covariates)
    alive = fitted.conditional_probability_alive(x, t, T, covariates)
    assert later.index.equals(named.index)
    assert alive.index.equals(named.index)
    for channel in CHANNELS:
        known = model.base()
        known.params_ = pd.Series(fitted.parameters_of({"channel": channel})[0], index=list(model.base.names))
        rows = (named["channel"] == channel).to_numpy()
        assert later[rows].to_numpy() == pytest.approx(
            known.predict(90, x[rows], t[rows], T[rows]), rel=1e-12
        )
        told = np.asarray(known.conditional_probability_alive(x[rows], t[rows], T[rows]))
        assert alive[rows].to_numpy() == pytest.approx(told, rel=1e-12)
        new = fitted.expected_number_of_purchases_up_to_time([30, 365], {"channel": channel})
        assert new == pytest.approx(
            known.expected_number_of_purchases_up_to_time(np.array([30, 365])), rel=1e-12
        )
    one = fitted.predict(90, 2, 30.0, 60.0, {"channel": "ads"})
    assert isinstance(one, float)
    assert fitted.expected_number_of_purchases_up_to_time(
        90, pd.DataFrame({"channel": ["ads", "search"]})
    ).shape == (2,)


def test_new_customers_buy_as_simulated(model: type[CovariatesFitter], shop: pd.DataFrame) -> None:
    """Expected purchases by the age of each customer, added up over a channel, against what was bought."""
    found = fit(model, shop, ["channel"])
    expected = found.expected_number_of_purchases_up_to_time(shop["T"], shop[["channel"]])
    for channel in CHANNELS:
        rows = shop["channel"] == channel
        bought = shop.loc[rows, "frequency"]
        assert expected[rows].sum() == pytest.approx(bought.sum(), abs=4 * bought.std() * np.sqrt(rows.sum()))


def test_a_closed_form_of_expectations_for_one_channel() -> None:
    """FHL (2005) eq. (9), with its 2F1, at the parameters of a channel."""
    own = simulate(BetaGeoCovariatesFitter, 3000, seed=8)
    found = fit(BetaGeoCovariatesFitter, own, ["channel"])
    r, alpha, a, b = found.parameters_of({"channel": "friends"})[0]
    t = 200.0
    by_hand = (
        (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t)))
    )
    assert found.expected_number_of_purchases_up_to_time(t, {"channel": "friends"}) == pytest.approx(by_hand)


def test_rare_levels_are_merged_and_said() -> None:
    own = simulate(BetaGeoCovariatesFitter, 2000, seed=9)
    own.loc[:3, "channel"] = "fair"
    own.loc[4:30, "channel"] = "radio"
    found = fit(BetaGeoCovariatesFitter, own, ["channel"])
    assert set(found.coefficients_["level"]) == {"ads", "friends", "other"}
    assert "Of channel, radio and fair have fewer than 30 customers" in found.notes_[0]
    assert np.isfinite(found.coefficients_["se"]).all()
    rare = found.parameters_of(pd.DataFrame({"channel": ["radio", "fair", "never heard of"]}))
    assert (rare == rare[0]).all()
    kept = fit(BetaGeoCovariatesFitter, own, ["channel"], fewest=1)
    assert {"radio", "fair"} <= set(kept.coefficients_["level"])
    assert kept.coefficients_["se"].max() <= 1.0
    assert any("hardly anything" in note and "fair" in note for note in kept.notes_)


def test_a_level_of_two_customers_stays_finite_by_the_prior() -> None:
    own = simulate(ParetoNBDCovariatesFitter, 1000, seed=10)
    own.loc[:1, ["channel", "frequency", "recency"]] = ["fair", 0, 0.0]
    found = fit(ParetoNBDCovariatesFitter, own, ["channel"])
    fair = found.coefficients_.set_index(["parameter", "level"]).xs("fair", level="level")
    assert fair["coef"].abs().max() < 1
    assert (fair["se"] < 1).all()


def test_many_patterns_are_cut_into_quantiles_and_the_effect_stays() -> None:
    """A number with 4,000 different values that doubles buying from one end of +-1 sd to the other."""
    rng = np.random.default_rng(11)
    score = rng.gamma(4.0, 25.0, 4000)
    slope = 0.007
    ages = rng.integers(60, 730, 4000).astype(float)
    rate = rng.gamma(0.6, 1 / (40 * np.exp(-slope * (score - 100))))
    lifetime = rng.exponential(1 / np.maximum(rng.gamma(0.7, 1 / 90, 4000), 1e-300))
    watched = np.minimum(lifetime, ages)
    x = rng.poisson(rate * watched)
    t = np.where(x > 0, np.ceil(watched * rng.beta(np.maximum(x, 1), 1)), 0.0)
    found = ParetoNBDCovariatesFitter().fit(
        x, np.minimum(t, ages), ages, pd.DataFrame({"score": score}), most_patterns=60
    )
    assert found.patterns_ == 50
    assert "cut into 50 quantiles" in found.notes_[0]
    row = found.coefficient_table(0.99).iloc[0]
    assert row["low"] < slope < row["high"]
    assert row["se"] < 0.002
    # Ends are held at the mean of the outermost bins: one outlier cannot be sent to infinity.
    assert found.parameters_of({"score": 1e9})[0] == pytest.approx(
        found.parameters_of({"score": score.max()})[0]
    )


def test_quantiles_keep_the_mean_and_few_values_keep_their_own_bin() -> None:
    weight = np.array([1.0, 2, 1, 5, 1, 1])
    frame = pd.DataFrame({"n": [1.0, 2, 3, 4, 5, 6], "m": [1.0, 5, 2, 4, 3, 3]})
    coding, notes = learn(frame, weight, 1, 5)
    z, row = coding.patterns(frame)
    assert weight @ z[row] == pytest.approx([0, 0], abs=1e-12)
    assert len(z) == 5
    assert "numbers in n and m were cut into" in notes[0]
    assert len(learn(frame, weight, 1, 6)[1]) == 0


def test_too_many_combinations_of_levels_are_fitted_with_a_warning() -> None:
    frame = pd.DataFrame({"town": [f"town {i}" for i in range(40)], "n": np.arange(40.0) % 2})
    coding, notes = learn(frame, np.full(40, 50.0), 30, 10)
    assert len(coding.patterns(frame)[0]) == 40
    assert "There are 40 combinations of covariates" in notes[-1]
    assert "takes long" in notes[-1]


def test_columns_that_say_the_same_share_the_effect() -> None:
    """Twice the same column is no reason to run away: the prior splits the effect in halves."""
    own = simulate(BetaGeoCovariatesFitter, 4000, seed=12).assign(twin=lambda d: d["channel"])
    found = fit(BetaGeoCovariatesFitter, own, ["channel", "twin"])
    both = found.coefficients_.set_index(["parameter", "covariate", "level"])["coef"]
    for level in CHANNELS[1:]:
        assert both["alpha", "channel", level] == pytest.approx(both["alpha", "twin", level], abs=1e-6)
        assert both["alpha", "channel", level] * 2 == pytest.approx(BUYING[level], abs=0.3)


def test_all_kinds_of_columns_are_read() -> None:
    own = simulate(BetaGeoCovariatesFitter, 900, seed=13)
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(own["channel"], categories=["fax", *CHANNELS]),
            "flag": own["gift"].astype("boolean"),
            "gap": own["channel"].where(own["channel"] != "ads"),
            7: own["basket"],
        }
    )
    found = BetaGeoCovariatesFitter().fit(own["frequency"], own["recency"], own["T"], frame)
    terms = found.coefficients_.query("parameter == 'alpha'")
    assert list(zip(terms["covariate"], terms["level"], strict=True)) == [
        ("category", "ads"),
        ("category", "friends"),
        ("flag", "True"),
        ("gap", "(not known)"),
        ("gap", "friends"),
        ("7", ""),
    ]


def test_nobody_has_bought_twice(model: type[CovariatesFitter]) -> None:
    frame = pd.DataFrame({"channel": ["ads", "search"] * 150})
    found = model().fit(np.zeros(300), np.zeros(300), np.arange(30.0, 330.0), frame)
    assert found.prior_applied_
    assert "Nobody has bought twice" in found.notes_[0]
    assert np.isfinite(found.covariance_.to_numpy()).all()
    assert found.expected_number_of_purchases_up_to_time(365.0, {"channel": "ads"}) < 0.1


def test_a_pattern_without_any_time_observed(model: type[CovariatesFitter]) -> None:
    """Customers of a channel that opened today: T = 0. They tell nothing, and nothing breaks."""
    own = simulate(model, 1000, seed=14)
    rows = own["channel"] == "friends"
    own.loc[rows, ["frequency", "recency", "T"]] = [0, 0.0, 0.0]
    found = fit(model, own, ["channel"])
    friends = found.coefficients_.query("level == 'friends'")
    assert friends["coef"].to_numpy() == pytest.approx(0, abs=1e-6)
    assert friends["se"].to_numpy() == pytest.approx(1, abs=1e-6)


def test_bad_covariates_are_named(fitted: CovariatesFitter) -> None:
    histories = ([0, 1, 2], [0, 3, 4], [9, 9, 9])
    with pytest.raises(ValueError, match="3 histories but 2 rows of covariates"):
        BetaGeoCovariatesFitter().fit(*histories, pd.DataFrame({"z": [1, 2]}))
    with pytest.raises(ValueError, match="column z is nan for customer number 2"):
        BetaGeoCovariatesFitter().fit(*histories, pd.DataFrame({"z": [1, np.nan, 2]}))
    twice = pd.DataFrame([[1, 2]] * 3, columns=["z", "z"])
    with pytest.raises(ValueError, match="two columns named z"):
        BetaGeoCovariatesFitter().fit(*histories, twice)
    with pytest.raises(ValueError, match="prior_sd is 0"):
        BetaGeoCovariatesFitter(prior_sd=0)
    with pytest.raises(ValueError, match="has not been fitted"):
        BetaGeoCovariatesFitter().predict(1, 0, 0, 1, {})
    with pytest.raises(
        ValueError, match="channel holds 'tv', which no customer fitted had; known are search"
    ):
        fitted.parameters_of({"channel": "tv"})
    with pytest.raises(ValueError, match="lack the column channel"):
        fitted.parameters_of({"gift": True})
    with pytest.raises(ValueError, match="3 customers but 2 covariates"):
        fitted.predict(9, *histories, pd.DataFrame({"channel": ["ads", "ads"]}))


def test_a_fit_can_be_copied_and_kept(fitted: CovariatesFitter) -> None:
    again = pickle.loads(pickle.dumps(copy.deepcopy(fitted)))  # noqa: S301 - what a cache does with it
    ask = (30, 2, 30.0, 35.0, {"channel": "ads"})
    assert again.predict(*ask) == fitted.predict(*ask)

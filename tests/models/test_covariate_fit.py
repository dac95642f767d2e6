"""What first orders tell: known multipliers come back, and the engine counts what a person would."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from models.btyd.simulate import beta_geometric_customers, pareto_customers
from models.covariate_fit import FITTERS, counts, covariate_fit, new_customers
from models.definitions import Definitions
from shop import Shop

START, END = dt.date(2023, 1, 1), dt.date(2024, 12, 30)
CHANNELS = {"search": (1.0, 1.0), "ads": (0.6, 1.8), "friends": (1.5, 0.6)}
"""By how much a channel multiplies the mean rate of buying, and (Pareto/NBD) that of leaving."""
COUNTRIES = ("US", "GB")
ODDS = {"search": (0.9, 2.5), "ads": (1.6, 1.9), "friends": (0.5, 2.9)}
"""a and b of the chance to stop after a purchase."""
VIEW = Definitions(ltv_horizon_months=12)


def simulated(order, shop_of, model: str, n: int) -> Shop:
    """Half of the customers come by search, 30% by ads, 20% by friends; countries do not matter. Only the times of
    the first and the last purchase and their number tell a model anything: those between are put anywhere."""
    rng = np.random.default_rng(11)
    channel = rng.choice(list(CHANNELS), n, p=(0.5, 0.3, 0.2))
    country = rng.choice(COUNTRIES, n, p=(0.7, 0.3))
    won = rng.integers(0, (END - START).days - 60, n)
    rows = []
    for name, (buying, leaving) in CHANNELS.items():
        who = np.flatnonzero(channel == name)
        T = ((END - START).days - won[who]).astype(float)
        if model == "pareto_nbd":
            found = pareto_customers(np.array([0.8, 60 / buying, 0.7, 200 / leaving]), T, rng)
        else:
            p = np.array([0.8, 60 / buying, *ODDS[name]])
            found = beta_geometric_customers(p, T, rng, modified=model == "mbg_nbd")
        for i, x, last in zip(who, found.frequency.astype(int), np.ceil(found.recency), strict=True):
            # No two purchases on one day: a customer has at most as many as days.
            x = min(x, int(last))
            between = rng.choice(np.arange(1, int(last)), x - 1, replace=False) if x > 1 else []
            for k, age in enumerate([0, *sorted(between), *([last] if x else [])]):
                day = START + dt.timedelta(days=int(won[i] + age))
                # Later orders come by another way, and from abroad.
                told = (
                    {"channel": name, "country": country[i]}
                    if k == 0
                    else {"channel": "app", "country": "FR"}
                )
                rows.append(order(f"c{i:05}", str(day), 20.0, **told))
    return shop_of([*rows, order(None, str(END))])


@pytest.fixture(scope="module", params=FITTERS)
def model(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def shop(model, order, shop_of) -> Shop:
    return simulated(order, shop_of, model, 5_000)


@pytest.fixture(scope="module")
def found(shop, model):
    return covariate_fit(shop, VIEW, by=["channel"], model=model)


def chance(a: float, b: float) -> float:
    return a / (a + b)


def test_known_multipliers_come_back(found, model) -> None:
    rows = found.table.set_index("level")
    assert rows.index[rows.base].tolist() == ["search"] == [found.compared_with("channel")]
    for channel in ("ads", "friends"):
        buying, leaving = CHANNELS[channel]
        if model != "pareto_nbd":
            leaving = chance(*ODDS[channel]) / chance(*ODDS["search"])
        for of, truth in (("buying", buying), ("dropout", leaving)):
            e = rows[of][channel]
            # Twice as wide as 90%: ten intervals are looked at.
            assert e.value * (e.low / e.value) ** 2 < truth < e.value * (e.high / e.value) ** 2, (channel, of)
            assert e.n == rows.customers[channel]
    assert found.beyond
    assert found.test.p_value < 1e-6
    assert found.test.degrees == 2 * (2 if model == "pareto_nbd" else 3)
    # AIC charges two for each coefficient.
    assert found.aic == pytest.approx(2 * found.test.degrees - found.test.statistic)
    assert set(found.standing_out("buying").level) == {"ads", "friends"}
    assert found.dropout_unit == ("rate" if model == "pareto_nbd" else "share")


def test_a_column_that_does_not_matter_is_no_more_than_chance(shop, model) -> None:
    found = covariate_fit(shop, VIEW, by=["country"], model=model)
    assert found.test.p_value > 0.01
    for e in found.table.buying[~found.table.base]:
        assert e.low / 1.1 < 1 < e.high * 1.1
    if not found.beyond:
        assert found.standing_out("buying").empty


def test_expected_purchases_of_a_new_customer(shop, found, model) -> None:
    """By simulation at the fitted parameters, and the interval by draws of the estimates."""
    assert found.days == pytest.approx(365)
    rows = counts(shop, VIEW, ["channel"])
    fitter = FITTERS[model]().fit(rows.frequency, rows.recency, rows["T"], rows[["channel"]], rows.customers)
    asked = rows[["channel"]].drop_duplicates()
    expected, sd = new_customers(fitter, asked, found.days)
    known = found.table.set_index("level").purchases
    rng = np.random.default_rng(5)
    for name, value, error in zip(asked.channel, expected, sd, strict=True):
        e = known[name]
        assert e.value == pytest.approx(value)
        assert np.log(e.high / e.low) / 2 == pytest.approx(1.645 * error / value, rel=1e-3)
        p = fitter.parameters_of({"channel": name})[0]
        year = np.full(40_000, 365.0)
        if model == "pareto_nbd":
            bought = pareto_customers(p, year, rng).frequency
        else:
            bought = beta_geometric_customers(p, year, rng, modified=model == "mbg_nbd").frequency
        assert bought.mean() == pytest.approx(value, abs=4 * bought.std() / 200)
    draws = rng.multivariate_normal(fitter.theta_, fitter.covariance_, 200)
    names = fitter.theta_.index
    at = [dict(zip(names, draw, strict=True)) for draw in draws]
    ads = []
    for theta in at:
        four = np.array([theta[f"log {name}"] for name in fitter.base.names])
        for j, name in enumerate(fitter.base.names):
            # alpha and beta are divided by the effect, a and b multiplied.
            four[j] += theta.get(f"{name}: channel ads", 0.0) * (-1 if name in ("alpha", "beta") else 1)
        plain = fitter.base()
        plain.params_ = pd.Series(np.exp(four), index=list(fitter.base.names))
        ads.append(float(plain.expected_number_of_purchases_up_to_time(365.0)))
    place = asked.channel.tolist().index("ads")
    assert np.std(ads) == pytest.approx(sd[place], rel=0.2)


def test_the_engine_counts_what_a_person_would(order, shop_of) -> None:
    """Columns are the first order's; a value that is empty there is "not stated"; later orders change nothing."""
    rows, by_hand = [], Counter()
    for i in range(60):
        channel, country = ("web", "shop", None)[i % 3], ("US", "GB")[i % 2]
        back = i % 4
        rows.append(order(f"c{i}", "2024-01-01", channel=channel, country=country))
        rows += [order(f"c{i}", f"2024-02-{k + 1:02}", channel="app", country="FR") for k in range(back)]
        by_hand[(channel or "not stated", country, back, 30 + back if back else 0, 90)] += 1
    shop = shop_of([*rows, order(None, "2024-03-31")])
    table = counts(shop, Definitions(), ["channel", "country"])
    keys = ["channel", "country", "frequency", "recency", "T"]
    assert (
        Counter({tuple(r[:5]): r[5] for r in table[[*keys, "customers"]].itertuples(index=False)}) == by_hand
    )
    assert len(table) == len(by_hand) < 60
    # What comes after the end of observation is not counted.
    early = counts(shop, Definitions(observed_until=dt.date(2024, 2, 1)), ["channel"])
    assert early.frequency.max() == 1
    assert early["T"].tolist() == [31] * len(early)


def test_levels_of_few_are_counted_together_and_said(order, shop_of) -> None:
    rows = []
    for i in range(300):
        channel = "web" if i < 200 else "shop" if i < 270 else f"rare {i % 3}"
        rows.append(order(f"c{i}", "2024-01-01", channel=channel))
        rows += [order(f"c{i}", f"2024-0{2 + k}-{1 + i % 20:02}") for k in range(i % 5 if i % 2 else 0)]
    shop = shop_of([*rows, order(None, "2024-12-31")])
    found = covariate_fit(shop, Definitions(), by=["channel"])
    assert dict(zip(found.table.level, found.table.customers, strict=True)) == {
        "web": 200,
        "shop": 70,
        "other": 30,
    }
    assert any(all(f"rare {k}" in note for k in range(3)) for note in found.notes)


def test_what_cannot_be_fitted_is_a_sentence(order, shop_of) -> None:
    rows = [order(f"c{i}", "2024-01-01", channel="web" if i else "shop") for i in range(40)]
    rows += [order(f"c{i}", "2024-02-01") for i in range(20)]
    shop = shop_of([*rows, order(None, "2024-12-31")])
    with pytest.raises(ValueError, match="No column was chosen"):
        covariate_fit(shop, Definitions(), by=[])
    with pytest.raises(ValueError, match="cannot be split by mood"):
        covariate_fit(shop, Definitions(), by=["mood"])
    with pytest.raises(ValueError, match="country was left out"):
        covariate_fit(shop, Definitions(), by=["country"])

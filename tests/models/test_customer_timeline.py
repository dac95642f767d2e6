"""One customer on a time axis: P(alive) at each day from what was known by then."""

from __future__ import annotations

import pytest

from models.customer_timeline import timeline
from models.definitions import Definitions
from shop import Shop

R, ALPHA, A, B = PARAMETERS = (0.6, 40.0, 0.9, 2.5)


@pytest.fixture(scope="module")
def shop(order, shop_of) -> Shop:
    return shop_of(
        [
            order("Ann", "2024-01-01", 20),
            order("Ann", "2024-01-11", 30),
            order("Ann", "2024-01-11", 5),
            order("Ann", "2024-02-10", 12),
            order("ann-marie", "2024-01-05"),
            order("ann-sophie", "2024-01-05"),
            order("bob", "2024-01-07"),
            *(order("eve", f"2024-01-{day:02}") for day in range(1, 10)),
            order(None, "2024-03-01"),
        ]
    )


def bg_alive(x: int, t: int, age: int) -> float:
    """Fader and Hardie (2008), note 021: 1 / (1 + a/(b+x-1) ((alpha+T)/(alpha+t))^(r+x)) for x > 0, else 1."""
    return 1 / (1 + A / (B + x - 1) * ((ALPHA + age) / (ALPHA + t)) ** (R + x)) if x else 1.0


def test_the_chance_on_each_day_by_hand(shop: Shop) -> None:
    found = timeline(shop, Definitions(), customer="Ann", model="bg_nbd", parameters=PARAMETERS)
    assert found.customer == "Ann"
    assert found.bought.value.tolist() == [20, 35, 12]
    days = found.days.set_index(found.days.day.dt.strftime("%Y-%m-%d"))
    assert days.index[0] == "2024-01-01"
    assert days.index[-1] == "2024-03-01"
    assert len(days) == 61
    by_hand = {
        "2024-01-01": (1, bg_alive(0, 0, 0)),
        "2024-01-10": (1, bg_alive(0, 0, 9)),
        "2024-01-11": (2, bg_alive(1, 10, 10)),
        "2024-02-09": (2, bg_alive(1, 10, 39)),
        "2024-02-10": (3, bg_alive(2, 40, 40)),
        "2024-03-01": (3, bg_alive(2, 40, 60)),
    }
    for day, (purchases, alive) in by_hand.items():
        assert days.loc[day, "purchases"] == purchases, day
        assert days.loc[day, "alive"] == pytest.approx(alive), day


def test_the_last_day_is_what_histories_give(shop: Shop) -> None:
    from models.btyd.families import FAMILIES
    from models.customer_base import load

    base = load(shop, Definitions(), named=True)
    at = base.names.to_pylist().index("Ann")
    for name, family in FAMILIES.items():
        alive = family.probability_alive(PARAMETERS, base.x[at], base.t[at], base.T[at])
        found = timeline(shop, Definitions(), customer="Ann", model=name, parameters=PARAMETERS)
        assert found.days.alive.iloc[-1] == pytest.approx(float(alive))


def test_deleting_later_orders_changes_no_earlier_day(shop: Shop) -> None:
    import datetime as dt

    whole = timeline(shop, Definitions(), customer="Ann", model="pareto_nbd", parameters=PARAMETERS).days
    cut = timeline(
        shop,
        Definitions(observed_until=dt.date(2024, 2, 1)),
        customer="Ann",
        model="pareto_nbd",
        parameters=PARAMETERS,
    ).days
    assert len(cut) == 32
    assert cut.alive.tolist() == whole.alive[:32].tolist()


@pytest.mark.parametrize(
    ("asked", "customer", "similar"),
    [
        ("Ann", "Ann", ()),
        ("ann", None, ("Ann", "ann-marie", "ann-sophie")),
        ("MARIE", "ann-marie", ()),
        ("  bob ", "bob", ()),
        ("nobody", None, ()),
        ("%", None, ()),
        ("", "eve", ()),
    ],
)
def test_who_is_meant(shop: Shop, asked: str, customer, similar) -> None:
    found = timeline(shop, Definitions(), customer=asked, model="bg_nbd", parameters=PARAMETERS)
    assert found.customer == customer
    assert found.similar == similar
    assert (len(found.days) > 0) == (customer is not None)

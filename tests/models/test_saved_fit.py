"""A fit kept as JSON comes out again, and a stranger's file is refused with a sentence."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from models.definitions import Definitions
from models.model_bench import bench
from models.saved_fit import check, read, saved
from shop import Shop

VIEW = Definitions(observed_until=dt.date(2024, 11, 30), ltv_horizon_months=6, level=0.8)


@pytest.fixture(scope="module")
def shops(order, shop_of) -> tuple[Shop, Shop]:
    """A shop, and the same with one more customer."""
    rows = [
        order(f"customer {i}", str(dt.date(2024, 1, 1) + dt.timedelta(days=i % 90 + 23 * k)), 20 + i % 7 + k)
        for i in range(150)
        for k in range(1 + (i * i) % 7)
    ]
    rows.append(order(None, "2024-12-30"))
    return shop_of(rows), shop_of([*rows, order("one more", "2024-02-01"), order("one more", "2024-05-01")])


def written(shop: Shop, model: str = "bg_nbd", penalizer: float = 0.0) -> str:
    found = bench(shop, VIEW, model=model, penalizer=penalizer)
    return saved(
        found, VIEW, name="spring", fingerprint="sha256:1", code="abc", unit="weeks", holdout_days=60
    )


@pytest.mark.parametrize(("model", "penalizer"), [("bg_nbd", 0.01), ("mbg_nbd", 0.0), ("pareto_nbd", 0.0)])
def test_it_holds_what_is_needed_and_comes_out_again(shops, model, penalizer) -> None:
    text = written(shops[0], model, penalizer)
    kept = json.loads(text)
    assert kept["name"] == "spring"
    assert kept["data"] == "sha256:1"
    assert kept["settings"] == {"unit": "weeks", "holdout_days": 60}
    assert Definitions.from_json(json.dumps(kept["definitions"])) == VIEW
    assert "customer 1" not in text
    # The page may meanwhile stand on other definitions: the saved ones apply.
    found = check(shops[0], Definitions(), written=text, fingerprint="sha256:1", code="abc")
    assert found.agrees
    assert found.same_data
    assert found.same_code
    assert found.model == model
    # Two log-likelihoods, four parameters and Gamma-Gamma's three.
    assert len(found.table) == 2 + 4 + 3


def test_other_orders_do_not_agree(shops) -> None:
    found = check(shops[1], VIEW, written=written(shops[0]), fingerprint="sha256:2", code="abd")
    assert not found.agrees
    assert not found.same_data
    assert not found.same_code


def test_a_figure_changed_by_hand_is_found(shops) -> None:
    kept = json.loads(written(shops[0]))
    kept["purchases"]["parameters"]["alpha"] *= 1.01
    found = check(shops[0], VIEW, written=json.dumps(kept), fingerprint="sha256:1", code="abc")
    assert not found.agrees
    off = found.table[found.table.difference.abs() > 1e-4]
    assert off.what.tolist() == ["alpha"]
    assert off.difference.iloc[0] == pytest.approx(1 / 1.01 - 1, abs=1e-5)
    del kept["spend"]
    assert not check(shops[0], VIEW, written=json.dumps(kept), fingerprint="sha256:1", code="abc").agrees


def _but(**changes):
    return lambda kept: kept | changes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: "\x80\x04pickle", "not JSON"),
        (lambda kept: "[" * 200_000, "too large"),
        (lambda kept: [1, 2], "no saved fit"),
        (_but(format="other"), "no saved fit"),
        (lambda kept: {k: v for k, v in kept.items() if k != "data"}, "lacks data"),
        (_but(model="__import__"), "not known here: __import__"),
        (_but(penalizer="1"), "penaliser"),
        (_but(penalizer=-1), "penaliser"),
        (_but(penalizer=float("inf")), "penaliser"),
        (_but(penalizer=10**400), "penaliser"),
        (_but(purchases=5), "lacks"),
        (_but(definitions=None), "lacks"),
        (_but(definitions={"identity": "drop table"}), "identity"),
        (_but(definitions={"level": "high"}), "level"),
        (_but(definitions={"observed_until": 5}), "observed_until"),
        (_but(definitions={"observed_until": "yesterday"}), "yesterday"),
        (_but(definitions={"margin": True}), "margin"),
        (_but(definitions={"unheard": 1}), "unheard"),
        (_but(definitions={"level": 2.0}), "level of intervals is 2"),
    ],
)
def test_a_strangers_file_is_refused(shops, change, said) -> None:
    changed = change(json.loads(written(shops[0])))
    text = changed if isinstance(changed, str) else json.dumps(changed)
    with pytest.raises(ValueError, match=said):
        read(text)


def test_deep_nesting_is_no_crash() -> None:
    with pytest.raises(ValueError, match="saved fit"):
        read("[" * 50_000 + "]" * 50_000)

"""Customers ranked: totals, searches, and what is kept of an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.btyd.families import BG_NBD
from models.customer_base import grouped
from models.customer_table import ranked
from models.definitions import Definitions
from models.totals import totals_ahead

UNDISCOUNTED = Definitions(discount_rate=0.0)


@pytest.fixture(scope="module")
def found(cdnow_sample):
    return ranked(cdnow_sample, UNDISCOUNTED)


def test_customers_add_up_to_the_total(found) -> None:
    assert found.total.value == pytest.approx(found.value.sum(), rel=1e-9)
    together = totals_ahead(BG_NBD, found.fit.purchases, grouped(found.base), found.days)
    assert together.value[0] == pytest.approx(found.purchases.sum(), rel=1e-9)
    assert found.total.n == 2357


def test_the_total_is_widened_by_the_models_own_error(found) -> None:
    half = np.log(found.total.high / found.total.value) / 1.6448536
    known = totals_ahead(BG_NBD, found.fit.purchases, grouped(found.base), found.days, found.fit.spend)
    sd = np.sqrt(known.variance_of_log[0])
    assert half == pytest.approx(np.hypot(sd, found.backtest.money_error), rel=1e-6)
    assert half > sd


def test_each_customer_as_lifetimes_formula_has_it(found) -> None:
    """Every row is predict(365 days) and, undiscounted, that times Gamma-Gamma's expected spend."""
    n, rows = found.find("", 50)
    assert n == 2357
    expected = found.fit.purchases.predict(365, rows.frequency, rows.recency, rows["T"])
    assert rows.purchases.tolist() == pytest.approx(expected.tolist())
    spend = found.fit.spend.model.conditional_expected_average_profit(rows.frequency, rows.monetary_value)
    assert rows.value.tolist() == pytest.approx((expected * spend).tolist())
    assert rows.alive.between(0, 1).all()


def test_the_best_come_first_and_a_download_holds_all(found) -> None:
    _, top = found.find("", 20)
    assert (np.diff(top.value) <= 0).all()
    assert top.value[0] == found.value.max()
    everyone = pd.concat(found.chunks(1000))
    assert len(everyone) == everyone.customer.nunique() == 2357
    assert (np.diff(everyone.value) <= 0).all()
    assert everyone.monetary_value.isna().sum() == (everyone.frequency == 0).sum()


def test_discounting_lowers_every_customer(found, cdnow_sample) -> None:
    later = ranked(cdnow_sample, Definitions(discount_rate=0.1))
    assert (later.value < found.value).all()
    assert (later.value > found.value / 1.1).all()
    assert later.purchases.tolist() == found.purchases.tolist()
    assert later.total.value == pytest.approx(later.value.sum(), rel=1e-9)
    longer = ranked(cdnow_sample, UNDISCOUNTED.but(ltv_horizon_months=24))
    assert (longer.value > found.value).all()


def test_search(order, shop_of) -> None:
    names = ["Ann@Shop.example", "bob@shop.example", "50%_off", "C.*D", "ann.lee@x.example"]
    rows = [
        order(name, f"2024-0{month}-0{i + 1}", 10 * (i + 1))
        for i, name in enumerate(names)
        for month in range(1, 3 + i)
    ]
    table = ranked(shop_of([*rows, order(None, "2024-09-01")]), Definitions())
    n, hits = table.find("ANN")
    assert n == 2
    assert set(hits.customer) == {"Ann@Shop.example", "ann.lee@x.example"}
    assert (np.diff(hits.value) <= 0).all()
    assert table.find(" shop ", top=1)[0] == 2
    assert len(table.find(" shop ", top=1)[1]) == 1
    # Signs of patterns are only signs.
    assert table.find(".*")[1].customer.tolist() == ["C.*D"]
    assert table.find("%_")[1].customer.tolist() == ["50%_off"]
    assert table.find("nobody")[0] == 0
    assert table.find("nobody")[1].empty


@pytest.mark.parametrize("amounts", [(10.0, 10.0), (0.0, 0.0), (5.0, 90.0)], ids=["constant", "free", "two"])
@pytest.mark.parametrize("again", [0, 2])
def test_three_customers_have_finite_values(order, shop_of, amounts, again) -> None:
    rows = [order(f"c{i}", f"2024-0{i + 1}-01", amounts[0]) for i in range(3)]
    rows += [order(f"c{i}", f"2024-0{i + 5}-01", amounts[1]) for i in range(again)]
    table = ranked(shop_of([*rows, order(None, "2024-09-01", 1)]), Definitions())
    _, shown = table.find()
    assert np.isfinite(shown.drop(columns=["customer", "monetary_value"]).to_numpy(float)).all()
    assert np.isfinite([table.total.value, table.total.low, table.total.high]).all()
    if not again:
        # Nobody has bought twice: a repeat purchase is taken to bring what a first one does.
        assert table.fit.spend.mean == amounts[0]


def test_a_kept_answer_says_what_it_costs(found) -> None:
    assert 60 * 2357 < found.nbytes < 200 * 2357
    assert len(found.fit.purchases.data) == 0

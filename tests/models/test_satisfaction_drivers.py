"""What goes with low scores: effects planted and found, the model against scikit-learn's, and Olist's late deliveries."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from data.tables import DUCKDB_TYPES, ORDERS, SURVEYS
from models.definitions import Definitions
from models.satisfaction import csat_scale, nps_scale
from models.satisfaction_drivers import drivers, fit
from models.satisfaction_trend import satisfaction
from shop import Shop

D = Definitions()


def table(connection: duckdb.DuckDBPyConnection, name: str, columns, known: dict[str, str], source: str):  # type: ignore[no-untyped-def]
    cast = ", ".join(f'({known.get(c.name, "NULL")})::{DUCKDB_TYPES[c.kind]} AS "{c.name}"' for c in columns)
    connection.execute(f"CREATE TABLE {name} AS SELECT {cast} FROM {source}")
    return ibis.duckdb.from_connection(connection).table(name)


def planted(rows: int, late_effect: float, seed: int) -> Shop:
    """Orders that all take four days, of which a fifth was promised sooner; those are unhappier by `late_effect`; the value goes with
    nothing."""
    rng = np.random.default_rng(seed)
    late = rng.random(rows) < 0.2
    unhappy = rng.random(rows) < 0.1 + late_effect * late
    start = np.datetime64("2024-01-01T12:00:00") + rng.integers(0, 300, rows) * np.timedelta64(1, "D")
    frame = {
        "i": np.arange(rows), "moment": start, "late": late, "score": np.where(unhappy, 2, 9), "worth": rng.lognormal(4, 0.5, rows)
    }  # fmt: skip

    connection = duckdb.connect()
    connection.register("made", pd.DataFrame(frame))
    orders = {
        "order_id": "i", "customer": "'c' || (i % 1500)", "ordered_at": "moment", "ordered_on": "moment", "currency": "'USD'", "gross": "worth",
        "net": "worth", "refunded": "0", "promised_at": "moment + CASE WHEN late THEN INTERVAL 3 DAY ELSE INTERVAL 5 DAY END", "flags": "0", "records": "1",
        "delivered_at": "moment + INTERVAL 4 DAY",
    }  # fmt: skip
    answers = {
        "answered_at": "moment + INTERVAL 8 DAY", "order_id": "i", "kind": "'NPS'", "score": "score", "scale": "'0-10'", "question": "'?'"
    }  # fmt: skip
    kept = table(connection, "orders", ORDERS, orders, "made")
    return Shop(
        "test:planted",
        "planted",
        kept,
        surveys=table(connection, "surveys", SURVEYS, answers, "made"),
        currency="USD",
    )


def test_a_planted_effect_is_found_and_nothing_else() -> None:
    shop = planted(3000, 0.3, 1)
    found = drivers(shop, D, scale=nps_scale())
    by = {t.name: t for t in found.terms}
    assert found.terms[0].name == "late"
    assert by["late"].effect.low < 0.3 < by["late"].effect.high
    assert [t.name for t in found.terms if t.beyond_chance] == ["late"]
    assert set(by) == {"late", "value", "earlier"}
    assert abs(by["value"].effect.value) < 0.03
    # .2 x .8 of pairs have the late one unhappy: AUC = .5 + (share late among unhappy - among others) / 2.
    unhappy_late, other_late = 0.2 * 0.4 / (0.2 * 0.4 + 0.8 * 0.1), 0.2 * 0.6 / (0.2 * 0.6 + 0.8 * 0.9)
    assert found.auc.value == pytest.approx(0.5 + (unhappy_late - other_late) / 2, abs=0.04)


def test_where_nothing_was_planted_the_model_knows_nothing() -> None:
    found = drivers(planted(2000, 0.0, 2), D, scale=nps_scale())
    assert found.auc.low < 0.53
    assert abs({t.name: t for t in found.terms}["value"].effect.value) < 0.03


def test_too_few_answers_are_a_sentence() -> None:
    found = drivers(planted(60, 0.3, 3), D, scale=nps_scale())
    assert found.terms == ()
    assert "At least 100 answers" in found.why
    assert not found.auc.known


def test_the_model_is_scikit_learns() -> None:
    rng = np.random.default_rng(4)
    x, weight = rng.normal(size=(400, 3)), rng.exponential(size=400)
    label = rng.random(400) < 1 / (1 + np.exp(-(x @ [1.0, -0.5, 0.0] - 0.7)))
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x, label, sample_weight=weight)
    ours = fit(x, label, weight)
    assert ours[0] == pytest.approx(theirs.intercept_[0], abs=1e-4)
    assert ours[1:] == pytest.approx(theirs.coef_[0], abs=1e-4)


@pytest.fixture(scope="module")
def olist(shared_data: Path) -> Shop:
    folder = shared_data / "olist"
    connection = duckdb.connect()

    def csv(name: str) -> str:
        return f"read_csv('{folder / name}', all_varchar=true, quote='\"', escape='\"')"

    connection.execute(
        f"CREATE VIEW made AS SELECT o.*, c.customer_unique_id AS who, p.paid FROM {csv('olist_orders_dataset.csv')} o"
        f" JOIN {csv('olist_customers_dataset.csv')} c USING (customer_id) LEFT JOIN (SELECT order_id, sum(payment_value::DOUBLE) AS paid"
        f" FROM {csv('olist_order_payments_dataset.csv')} GROUP BY order_id) p USING (order_id)"
    )
    orders = {
        "order_id": "order_id", "customer": "who", "ordered_at": "order_purchase_timestamp", "ordered_on": "order_purchase_timestamp::TIMESTAMP",
        "currency": "'BRL'", "gross": "coalesce(paid, 0)", "net": "coalesce(paid, 0)", "refunded": "0", "flags": "0", "records": "1",
        "promised_at": "order_estimated_delivery_date", "delivered_at": "order_delivered_customer_date",
    }  # fmt: skip
    answers = {
        "answered_at": "review_creation_date", "order_id": "order_id", "kind": "'CSAT'", "score": "review_score", "scale": "'1-5'",
        "question": "'review'",
    }  # fmt: skip
    kept = table(connection, "orders", ORDERS, orders, "made")
    surveys = table(connection, "surveys", SURVEYS, answers, csv("olist_order_reviews_dataset.csv"))
    return Shop("test:olist", "Olist", kept, surveys=surveys, currency="BRL", zone="America/Sao_Paulo")


def test_late_delivery_goes_with_low_stars_on_olist(olist: Shop) -> None:
    # The stars as counted when the file was chosen.
    found = satisfaction(olist, D, kind="CSAT")
    assert found.counts == (2638, 382, 667, 1184, 3354)
    assert found.score.value == pytest.approx((1184 + 3354) / 8225)
    told = drivers(olist, D, scale=csat_scale(1, 5, 2))
    late = next(t for t in told.terms if t.name == "late")
    assert late.effect.low > 0.1
    assert told.auc.low > 0.6
    assert dt.date(2016, 1, 1) < found.periods[0].first

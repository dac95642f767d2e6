"""Features look only backwards: deleting everything after the day changes none of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data.demo
from data import connections, snapshots, tables
from data.catalog import Catalog
from data.tables import DUCKDB_TYPES
from models.churn_features import Snapshot, season
from models.churn_features import snapshots as read
from models.churn_leaks import learnable
from models.definitions import Definitions
from models.learning.frames import concat
from shop import Flag, Shop

START = dt.date(2023, 1, 1)
H = 30
SURVEYS = {c.name: DUCKDB_TYPES[c.kind] for c in tables.SURVEYS}
LINES = {c.name: DUCKDB_TYPES[c.kind] for c in tables.ORDER_LINES}


def moment(at: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(START + dt.timedelta(days=at), dt.time(hour))


def decoded(snapshot: Snapshot) -> pd.DataFrame:
    """Features as a person would compare them: levels by name, customers by key."""
    f = snapshot.features
    columns = {}
    for name, values in f.columns.items():
        if f.kinds[name] == "category":
            columns[name] = np.array([*f.levels[name], None], object)[values]
        else:
            columns[name] = values
    return pd.DataFrame(columns, index=snapshot.names.to_pylist())


def with_tables(shop: Shop, surveys: pd.DataFrame, lines: pd.DataFrame) -> Shop:
    backend = shop.orders.get_backend()
    made = {}
    for name, frame, kinds in (("surveys", surveys, SURVEYS), ("order_lines", lines, LINES)):
        frame = frame.reindex(columns=list(kinds)).astype(object)
        backend.con.register("given", frame.where(frame.notna(), None))
        cast = ", ".join(f'"{column}"::{kind} AS "{column}"' for column, kind in kinds.items())
        backend.con.execute(f"CREATE TABLE {name} AS SELECT {cast} FROM given")
        backend.con.unregister("given")
        made[name] = backend.table(name)
    return replace(shop, **made)


def forgotten(rows: list[dict], surveys: pd.DataFrame, lines: pd.DataFrame, day: dt.date):
    """What the shop's books would hold at the end of `day`."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
    kept = []
    for row in rows:
        if row["ordered_on"] > day:
            continue
        row = dict(row)
        if row.get("refunded_at") is not None and row["refunded_at"] >= end:
            row |= {"refunded": 0.0, "refunded_at": None}
        if row.get("delivered_at") is not None and row["delivered_at"] >= end:
            row["delivered_at"] = None
        kept.append(row)
    ids = {row["order_id"] for row in kept}
    return kept, surveys[surveys.answered_at < end], lines[lines.order_id.isin(ids)]


an_order = st.fixed_dictionaries(
    {
        "who": st.sampled_from("abcdefgh"),
        "at": st.integers(0, 120),
        "net": st.sampled_from([-5.0, 0.0, 10.0, 25.5]),
        "discount": st.sampled_from([None, 0.0, 2.0]),
        "channel": st.sampled_from([None, "web", "shop", "phone"]),
        "country": st.sampled_from([None, "ES", "UA"]),
        "first_product": st.sampled_from([None, "tea", "mug"]),
        "items": st.sampled_from([None, 1.0, 3.0]),
        "refund_after": st.sampled_from([None, 0, 5, 60]),
        "promised_after": st.sampled_from([None, 3]),
        "delivered_after": st.sampled_from([None, 1, 10, 50]),
        "category": st.sampled_from([None, "x", "y", "z"]),
    }
)
an_answer = st.tuples(
    st.sampled_from([*"abcdefghi", None]), st.integers(0, 130), st.integers(0, 10), st.integers(0, 5)
)


@settings(max_examples=6, deadline=None)
@given(
    orders=st.lists(an_order, min_size=1, max_size=30),
    answers=st.lists(an_answer, max_size=10),
    cut=st.integers(0, 100),
    refunds=st.sampled_from(["subtract", "ignore", "exclude"]),
    identity=st.sampled_from(["default", "merged", "email"]),
)
def test_no_feature_changes_when_all_that_came_later_is_deleted(
    order, shop_of, orders, answers, cut, refunds, identity
) -> None:
    rows, lines = [], []
    for i, o in enumerate(orders):
        on = START + dt.timedelta(days=o["at"])
        refunded = o["refund_after"] is not None
        more = {k: o[k] for k in ("discount", "channel", "country", "first_product", "items")}
        more |= {
            "order_id": f"o{i}",
            # Several people share a mailbox, so that the rule "merged" has something to merge later.
            "email": f"{'ab' if o['who'] in 'ab' else o['who']}@x.org" if i % 2 else None,
            "refunded": o["net"] if refunded and o["net"] > 0 else 0.0,
            "refunded_at": moment(o["at"] + o["refund_after"]) if refunded else None,
            "promised_at": None if o["promised_after"] is None else moment(o["at"] + o["promised_after"]),
            "delivered_at": None if o["delivered_after"] is None else moment(o["at"] + o["delivered_after"]),
            "flags": Flag.CANCELLED if o["net"] < 0 else Flag(0),
        }
        rows.append(order(o["who"], on.isoformat(), o["net"], **more))
        lines.append({"order_id": f"o{i}", "line": 1, "category": o["category"]})
    surveys = pd.DataFrame(
        [
            {"customer": who, "answered_at": moment(at), "score": score, "order_id": f"o{n}"}
            for who, at, score, n in answers
        ],
        columns=["customer", "answered_at", "score", "order_id"],
    ).assign(kind="NPS", scale="0-10")
    lines = pd.DataFrame(lines)
    # A shop is watched to its end whoever bought last: the same last day before and after the deletion.
    last = START + dt.timedelta(days=200)
    definitions = Definitions(refunds=refunds, identity=identity)
    day = START + dt.timedelta(days=cut)
    kept = forgotten(rows, surveys, lines, day)
    whole = with_tables(shop_of(rows), surveys, lines)
    if not kept[0]:
        with pytest.raises(ValueError, match="No customer has bought"):
            read(whole, definitions, [day], H, last)
        return
    cut_shop = with_tables(shop_of(kept[0]), kept[1], kept[2])
    found = []
    for shop, days in ((whole, [day]), (cut_shop, [day])):
        try:
            found.append(decoded(read(shop, definitions, days, H, last)[0]))
        except ValueError as nobody:
            found.append(str(nobody))
    if isinstance(found[1], str):
        assert found[0] == found[1]
    else:
        pd.testing.assert_frame_equal(found[0], found[1], check_dtype=False)


def cut_orders(shop: Shop, day: dt.date) -> Shop:
    """The shop without anything of after the day, done apart from the product's own way."""
    midnight = pd.Timestamp(day + dt.timedelta(days=1)).tz_localize(shop.zone).tz_convert("UTC")
    end = ibis.literal(midnight.tz_localize(None).to_pydatetime())
    o = shop.orders.filter(shop.orders.ordered_on <= ibis.literal(day))
    later = (o.refunded_at >= end).fill_null(False)
    o = o.mutate(
        refunded=ibis.ifelse(later, ibis.literal(0).cast(o.refunded.type()), o.refunded),
        refunded_at=o.refunded_at.nullif(ibis.ifelse(later, o.refunded_at, None)),
        delivered_at=ibis.ifelse(o.delivered_at >= end, None, o.delivered_at),
    )
    surveys = shop.surveys.filter(shop.surveys.answered_at < end) if shop.surveys is not None else None
    return replace(shop, orders=o, surveys=surveys)


def test_cdnow_features_look_only_backwards(cdnow_sample: Shop) -> None:
    day, last = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
    whole, cut = (
        decoded(read(shop, Definitions(), [day], 180, last)[0])
        for shop in (cdnow_sample, cut_orders(cdnow_sample, day))
    )
    assert len(whole) == 2357
    # Fader and Hardie's calibration period: 2,457 repeat transactions by then, on days.
    assert whole.purchases.sum() - len(whole) <= 2457
    pd.testing.assert_frame_equal(whole, cut)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    home = tmp_path_factory.mktemp("demo")
    kept = data.demo.import_demo(2_000, seed=3, home=home)
    row = Catalog(home).snapshots(kept.id, "local")[-1]
    return snapshots.open_shop(connections.cursor(home), snapshots.place(home, "local", row.fingerprint))


def test_nothing_is_held_out_of_the_demo_shop(demo: Shop) -> None:
    last = demo.orders.ordered_on.max().execute().date()
    days = [last - dt.timedelta(days=back) for back in (200, 260)]
    found = read(demo, Definitions(), days, 90, last)
    train = concat([one.sample(found[0].names) for one in found])
    assert len(train) > 1000
    assert learnable(train).leaks == ()


def test_demo_features_look_only_backwards_and_hold_every_table(demo: Shop) -> None:
    shop = demo
    last = shop.orders.ordered_on.max().execute().date()
    day = last - dt.timedelta(days=300)
    whole, cut = (
        decoded(read(one, Definitions(), [day], 180, last)[0]) for one in (shop, cut_orders(shop, day))
    )
    pd.testing.assert_frame_equal(whole, cut)
    filled = whole.notna().any()
    assert sorted(filled.index[~filled]) == []
    assert whole.late_share.dropna().between(0, 1).all()
    assert whole.last_score.dropna().between(0, 1).all()


def test_features_by_hand(order, shop_of) -> None:
    shop = shop_of(
        [
            order("a", "2024-01-01", 10.0, channel="web", discount=2.0, gross=12.0, items=2.0),
            order("a", "2024-01-11", 20.0, channel="shop", items=1.0),
            order("a", "2024-01-31", 30.0, channel="shop", items=3.0),
            order("a", "2024-05-01", 99.0),
            order("b", "2024-02-01", 5.0),
        ]
    )
    day = dt.date(2024, 3, 1)
    (found,) = read(shop, Definitions(), [day], 60, dt.date(2024, 5, 1))
    a = decoded(found).loc["a"]
    assert a.recency_days == 30
    assert a.purchases == 3
    assert a.age_days == 60
    assert a.mean_gap == 15
    assert a.last_gap == 20
    assert a.gap_sd == 5
    assert a.overdue_ratio == 2
    assert a.gap_trend == 2
    assert (a.mean_value, a.last_value, a.total_value) == (20, 30, 60)
    assert a.value_trend == 2
    assert a.discount_share == pytest.approx(2 / 62)
    assert a.mean_items == 2
    assert (a.first_channel, a.last_channel) == ("web", "shop")
    assert a.last_season == "winter"
    # b bought nothing in the 60 days after 1 March (to 30 April), a neither: 1 May is day 61.
    assert found.left.tolist() == [True, True]
    (sixty_one,) = read(shop, Definitions(), [day], 61, dt.date(2024, 5, 1))
    assert sixty_one.left.tolist() == [False, True]


def test_a_day_whose_horizon_is_not_over_has_no_label(order, shop_of) -> None:
    shop = shop_of([order("a", "2024-01-01"), order("b", "2024-03-01")])
    (found,) = read(shop, Definitions(), [dt.date(2024, 2, 1)], 60, dt.date(2024, 3, 1))
    assert found.left is None
    assert found.names.to_pylist() == ["a"]


def test_an_undated_refund_is_not_known_and_a_dated_one_is(order, shop_of) -> None:
    shop = shop_of(
        [
            order("a", "2024-01-01", 10.0, refunded=10.0),
            order("b", "2024-01-01", 10.0, refunded=5.0, refunded_at=dt.datetime(2024, 1, 20)),
            order("c", "2024-01-01", 10.0, refunded=5.0, refunded_at=dt.datetime(2024, 3, 20)),
        ]
    )
    (found,) = read(shop, Definitions(), [dt.date(2024, 2, 1)], 10, dt.date(2024, 3, 1))
    assert found.features.columns["refund_share"].tolist() == [0, 0.5, 0]
    assert found.features.columns["total_value"].tolist() == [10, 5, 10]


def test_waiting_beyond_the_promise_is_late(order, shop_of) -> None:
    day = dt.date(2024, 2, 1)
    promised = dt.datetime(2024, 1, 5)
    shop = shop_of(
        [
            order("a", "2024-01-01", promised_at=promised, delivered_at=dt.datetime(2024, 1, 4)),
            order("b", "2024-01-01", promised_at=promised, delivered_at=dt.datetime(2024, 1, 9)),
            order("c", "2024-01-01", promised_at=promised, delivered_at=dt.datetime(2024, 2, 9)),
            order("d", "2024-01-01", promised_at=dt.datetime(2024, 2, 5)),
        ]
    )
    (found,) = read(shop, Definitions(), [day], 10, dt.date(2024, 3, 1))
    np.testing.assert_array_equal(found.features.columns["late_share"], [0, 1, 1, np.nan])


@pytest.mark.parametrize(("month", "expected"), [(1, 0), (2, 0), (3, 1), (6, 2), (11, 3), (12, 0)])
def test_seasons(month: int, expected: int) -> None:
    assert season(dt.date(2024, month, 15)) == expected


def test_under_the_rule_that_merges_later_orders_do_not_merge_earlier_people(order, shop_of) -> None:
    # a and b turn out to be one person in March; in February they were two, and both have bought again.
    rows = [
        order("a", "2024-01-01", email="a@x.org"),
        order("b", "2024-01-02", email="b@x.org"),
        order("c", "2024-01-02", email="c@x.org"),
        order("a", "2024-03-01", email="b@x.org"),
    ]
    (found,) = read(
        shop_of(rows), Definitions(identity="merged"), [dt.date(2024, 2, 1)], 60, dt.date(2024, 4, 1)
    )
    assert found.names.to_pylist() == ["a", "b", "c"]
    assert found.left.tolist() == [False, False, True]

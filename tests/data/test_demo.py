"""The demo shop has the parameters that were committed for it, within chance (4 standard errors)."""

from __future__ import annotations

import datetime as dt
import json
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from data import connections, demo, demo_process, snapshots
from data.catalog import Catalog
from data.demo_process import season, truth
from data.tables import DUCKDB_TYPES, TABLES
from shop import Flag

CUSTOMERS = 40_000
T = truth()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.make(CUSTOMERS, 11, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def sql(shop: Path) -> Any:
    """Run a query over the tables; {orders} and so on stand for them."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    tables = {name: f"read_parquet('{shop}/{name}.parquet')" for name in (*TABLES, "ledger")}
    yield lambda query: con.execute(query.format(**tables)).fetchall()
    con.close()


def close(successes: float, n: int, share: float) -> bool:
    return abs(successes / n - share) < 4 * sqrt(share * (1 - share) / n)


def within(values: np.ndarray, mean: float) -> bool:
    return bool(abs(values.mean() - mean) < 4 * values.std() / sqrt(len(values)))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_the_columns_of_the_tables_in_their_order(sql: Any, table: str) -> None:
    found = [(name, kind) for name, kind, *_ in sql(f"DESCRIBE SELECT * FROM {{{table}}}")]
    assert found == [(c.name, DUCKDB_TYPES[c.kind]) for c in TABLES[table]]
    for column in TABLES[table]:
        if column.required:
            assert sql(f"SELECT count(*) FROM {{{table}}} WHERE {column.name} IS NULL") == [(0,)], column.name


def test_orders_lie_by_customer_and_time_with_guests_last(sql: Any) -> None:
    keys = sql("SELECT customer IS NULL, customer, ordered_at FROM {orders}")
    assert keys == sorted(keys, key=lambda k: (k[0], k[1] or "", k[2]))


def test_order_numbers_are_unique_and_rise_with_time(sql: Any) -> None:
    ids = [row[0] for row in sql("SELECT order_id FROM {orders} ORDER BY ordered_at, order_id")]
    assert ids == sorted(set(ids))


def test_the_day_is_the_local_day_through_both_changes_of_the_clock(sql: Any) -> None:
    wrong = sql(
        f"""SELECT count(*) FROM {{orders}}
        WHERE ordered_on <> (ordered_at AT TIME ZONE 'UTC' AT TIME ZONE '{T["zone"]}')::DATE"""
    )
    assert wrong == [(0,)]
    assert sql("SELECT min(ordered_on), max(ordered_on) FROM {orders}") == [
        (dt.date.fromisoformat(T["first_day"]), dt.date.fromisoformat(T["last_day"]))
    ]


def test_black_friday_is_the_day_after_the_fourth_thursday() -> None:
    # Public calendars: 24 November 2023, 29 November 2024, 28 November 2025.
    found = [demo_process._black_friday(year).isoformat() for year in (2023, 2024, 2025)]
    assert found == ["2023-11-24", "2024-11-29", "2025-11-28"]


def test_the_same_seed_gives_the_same_shop_and_another_seed_another(tmp_path: Path) -> None:
    def contents(seed: int, name: str) -> tuple[str, list[str]]:
        folder = demo.make(2_000, seed, tmp_path / name)
        facts = json.loads((folder / "draft.json").read_text())
        hashes = []
        with duckdb.connect() as con:
            for table in TABLES:
                asked = (
                    f"SELECT md5(string_agg(t::VARCHAR, '|')) FROM read_parquet('{folder}/{table}.parquet') t"
                )
                hashes.append(con.execute(asked).fetchall()[0][0])
        return snapshots.fingerprint_of(facts), hashes

    first = contents(3, "a")
    assert contents(3, "b") == first
    fingerprint, hashes = contents(4, "c")
    assert fingerprint != first[0]
    assert hashes[0] != first[1][0]


@pytest.mark.parametrize("customers", [1_999, 1_000_001])
def test_other_sizes_are_refused_in_a_sentence(tmp_path: Path, customers: int) -> None:
    with pytest.raises(ValueError, match=f"2,000 to 1,000,000 customers; {customers:,} were asked for"):
        demo.make(customers, 1, tmp_path)


def test_guests_cancelled_and_tests_have_their_share(sql: Any) -> None:
    n, guests, cancelled, tests = sql(
        f"""SELECT count(*), count_if(customer IS NULL), count_if(flags & {Flag.CANCELLED} > 0),
        count_if(flags & {Flag.TEST} > 0) FROM {{orders}}"""
    )[0]
    assert close(guests, n, T["guest_share"])
    assert close(cancelled, n, T["cancelled_share"])
    assert tests == T["test_orders"]
    assert sql(
        f"SELECT count(*) FROM {{orders}} WHERE (flags & {Flag.NO_CUSTOMER} > 0) <> (customer IS NULL)"
    ) == [(0,)]


def test_about_two_and_a_half_orders_a_customer(sql: Any) -> None:
    assert sql("SELECT count(DISTINCT customer) FROM {customers}") == [(CUSTOMERS,)]
    assert 2.2 < sql("SELECT count(*) FROM {orders}")[0][0] / CUSTOMERS < 2.7


def test_refunds_have_their_share_once_the_time_for_them_has_passed(sql: Any) -> None:
    n, refunded, in_full = sql(
        f"""SELECT count(*), count_if(refunded > 0), count_if(refunded = net) FROM {{orders}}
        WHERE flags & {Flag.CANCELLED} = 0 AND ordered_on < DATE '{T["last_day"]}' - 31"""
    )[0]
    assert close(refunded, n, T["refunded"]["share"])
    assert close(in_full, refunded, T["refunded"]["in_full"])
    assert sql(
        f"""SELECT count(*) FROM {{orders}} WHERE (refunded > 0) <> (flags & {Flag.REFUNDED} > 0)
        OR (refunded > 0) <> (refunded_at IS NOT NULL) OR refunded > net OR refunded_at < ordered_at"""
    ) == [(0,)]


def test_money_adds_up_within_every_order(sql: Any) -> None:
    assert sql("SELECT count(*) FROM {orders} WHERE gross - discount <> net OR net <= 0") == [(0,)]
    wrong = sql(
        """SELECT count(*) FROM {orders} o JOIN
        (SELECT order_id, sum(quantity * price) AS worth, sum(quantity) AS pieces,
            arg_min(product, line) AS first, min(price) AS least FROM {order_lines} GROUP BY order_id) l
        USING (order_id) WHERE abs(worth - gross) > 0.00001 OR pieces <> items OR first <> first_product
        OR least < 0"""
    )
    assert wrong == [(0,)]
    assert sql("SELECT count(DISTINCT order_id) FROM {order_lines}") == sql("SELECT count(*) FROM {orders}")


def test_the_ledger_balances(sql: Any) -> None:
    accepted = sql("SELECT rows, money FROM {ledger} WHERE disposition = 'accepted'")
    assert accepted == sql("SELECT count(*), sum(net) FROM {orders}")
    for flag in (Flag.NO_CUSTOMER, Flag.CANCELLED, Flag.TEST, Flag.REFUNDED):
        flagged = sql(f"SELECT rows, money FROM {{ledger}} WHERE code = '{str(flag.name).lower()}'")
        assert flagged == sql(f"SELECT count(*), sum(net) FROM {{orders}} WHERE flags & {flag} > 0")


@pytest.mark.parametrize("channel", T["channels"])
def test_mean_spend_by_channel_is_gamma_gammas(sql: Any, channel: str) -> None:
    # E[Z] = p gamma / (q - 1): Fader and Hardie (2013), "The gamma-gamma model of monetary value", eq. 3.
    p, q = T["spend_per_order"]["p"], T["spend_per_order"]["q"]
    gamma = T["channels"][channel]["gamma"]
    nets = sql(
        f"""SELECT arg_min(o.net, o.ordered_at)::DOUBLE FROM {{orders}} o
        JOIN {{customers}} c USING (customer) WHERE c.first_channel = '{channel}' GROUP BY customer"""
    )
    assert within(np.array(nets)[:, 0], p * gamma / (q - 1))


@pytest.fixture(scope="module")
def process() -> tuple[demo_process.Customers, demo_process.Orders]:
    rng = np.random.default_rng(5)
    people = demo_process.customers(demo_process.plan(CUSTOMERS, rng).won, rng)
    return people, demo_process.orders(people, rng)


@pytest.mark.parametrize("place", range(len(T["channels"])))
def test_rates_of_buying_and_leaving_by_channel(process: Any, place: int) -> None:
    facts = list(T["channels"].values())[place]
    people = process[0]
    those = people.channel == place
    # Chance in drawing customers, and the noise of 36 months.
    noise = facts["share"] * T["acquisition"]["monthly_noise_sd"] / sqrt(36)
    spread = sqrt(facts["share"] * (1 - facts["share"]) / CUSTOMERS + noise**2)
    assert abs(those.mean() - facts["share"]) < 4 * spread
    assert within(people.rate[those], facts["r"] / facts["alpha"])
    assert within(people.leaving[those], facts["a"] / (facts["a"] + facts["b"]))


def test_second_orders_are_as_many_as_the_formula_says(process: Any) -> None:
    # A customer orders again by the end with chance
    # (1 - E[p]) (1 - added if unhappy) (1 - (alpha / (alpha + w))^r), w the weeks of average season left:
    # the last factor is the chance that a gamma-mixed exponential falls short of w.
    people, orders = process
    first = orders.number == 0
    again = np.isin(np.arange(CUSTOMERS), orders.customer[orders.number == 1])
    by = {
        k: np.array([c[k] for c in T["channels"].values()])[people.channel] for k in ("r", "alpha", "a", "b")
    }
    left = season().weeks[-1] - people.came
    stays = by["b"] / (by["a"] + by["b"])
    stays = stays * np.where(orders.unhappy[first], 1 - T["satisfaction"]["dropout_added_when_unhappy"], 1)
    stays = stays * np.where(orders.event[first], 1 - T["event"]["dropout_after_first"], 1)
    chance = stays * (1 - (by["alpha"] / (by["alpha"] + left)) ** by["r"])
    assert abs(again.sum() - chance.sum()) < 4 * sqrt((chance * (1 - chance)).sum())
    assert close(
        again[orders.unhappy[first]].sum(), orders.unhappy[first].sum(), chance[orders.unhappy[first]].mean()
    )


def test_event_buyers_rarely_return(sql: Any) -> None:
    n, once = sql(
        f"""SELECT count(*), count_if(orders = 1) FROM (SELECT count(*) AS orders,
            arg_min(discount_code, ordered_at) AS code FROM {{orders}} WHERE customer < 'T' GROUP BY customer)
        WHERE code = '{T["event"]["code"]}'"""
    )[0]
    assert n > 500
    assert once / n > T["event"]["dropout_after_first"] - 4 * sqrt(0.16 / n)
    others = sql(
        """SELECT count_if(orders = 1) / count(*) FROM (SELECT count(*) AS orders,
            arg_min(discount_code, ordered_at) AS code FROM {orders} WHERE customer < 'T' GROUP BY customer)
        WHERE code IS DISTINCT FROM 'BLACKFRIDAY'"""
    )[0][0]
    assert others < 0.65


def test_discounts_take_off_what_their_code_says(sql: Any) -> None:
    found = dict(
        sql(
            """SELECT discount_code, max(abs(discount / gross - CASE discount_code WHEN 'BLACKFRIDAY' THEN 0.3
            WHEN 'WELCOME10' THEN 0.1 ELSE 0.05 END)) FROM {orders}
            WHERE gross > 20 AND discount_code IS NOT NULL GROUP BY 1"""
        )
    )
    assert set(found) == {"BLACKFRIDAY", "WELCOME10", "LOYAL5"}
    assert max(found.values()) < 0.001
    assert sql("SELECT count(*) FROM {orders} WHERE discount_code IS NULL AND discount > 0") == [(0,)]


@pytest.mark.parametrize("channel", [c for c, facts in T["channels"].items() if facts["cost"]])
def test_a_customer_costs_what_was_planned_and_money_wins_ever_fewer(sql: Any, channel: str) -> None:
    months = np.array(
        sql(
            f"""SELECT s.amount::DOUBLE, count(*) FROM {{spend}} s
            JOIN {{customers}} c ON c.first_channel = s.channel AND starts_on
                = date_trunc('month', c.created_at AT TIME ZONE 'UTC' AT TIME ZONE '{T["zone"]}')::DATE
            WHERE s.channel = '{channel}' GROUP BY ALL"""
        )
    )
    assert len(months) == 36
    spent, won = months[:, 0], months[:, 1]
    assert spent.sum() / won.sum() == pytest.approx(T["channels"][channel]["cost"], rel=0.08)
    x, y = np.log(spent) - np.log(spent).mean(), np.log(won)
    slope = (x @ y) / (x @ x)
    noise = np.sqrt(T["acquisition"]["monthly_noise_sd"] ** 2 + 1 / won)
    assert abs(slope - T["acquisition"]["spend_exponent"]) < 4 * sqrt(x**2 @ noise**2) / (x @ x)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", ["NPS", "CSAT"])
def test_answers_follow_the_experience(sql: Any, kind: str, late: bool) -> None:
    s = T["satisfaction"]
    unhappy = s["unhappy_share"]["late" if late else "on_time"]
    weights = {"unhappy": unhappy * s["answers"]["unhappy"], "happy": (1 - unhappy) * s["answers"]["happy"]}
    scores = np.arange(11) if kind == "NPS" else np.arange(1, 6)
    mean = sum(weights[m] * (scores @ s[kind.lower()][m]) for m in weights) / sum(weights.values())
    found = sql(
        f"""SELECT score FROM {{surveys}} JOIN {{orders}} USING (order_id) WHERE surveys.kind = '{kind}'
        AND (delivered_at > promised_at) = {late}""".replace("{surveys}", "{surveys} surveys")
    )
    assert len(found) > 100
    assert within(np.array(found)[:, 0], mean)


def test_chances_of_scores_add_up_to_one() -> None:
    for kind in ("nps", "csat"):
        for mood in ("happy", "unhappy"):
            assert sum(T["satisfaction"][kind][mood]) == pytest.approx(1)


def test_comments_come_in_six_languages_and_half_of_the_answers(sql: Any) -> None:
    n, said = sql("SELECT count(*), count(comment) FROM {surveys}")[0]
    assert close(said, n, T["satisfaction"]["comments"])
    for word in ("delivery", "pedido", "encomenda", "livraison", "Доставка тривала", "Доставка длилась"):
        assert sql(f"SELECT count(*) > 0 FROM {{surveys}} WHERE contains(comment, '{word}')") == [(True,)], (
            word
        )


def test_second_accounts_share_an_e_mail_and_a_name(sql: Any) -> None:
    distinct = sql("SELECT count(DISTINCT email) FROM {customers}")[0][0]
    assert close(CUSTOMERS - distinct, CUSTOMERS, T["second_account_share"])
    assert sql(
        "SELECT count(*) FROM (SELECT email FROM {customers} GROUP BY 1 HAVING count(DISTINCT name) > 1)"
    ) == [(0,)]


def test_nothing_happens_after_the_last_day(sql: Any) -> None:
    end = season().end
    assert end == int(dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC).timestamp()) * 1_000_000
    for table, column in (
        ("orders", "refunded_at"),
        ("orders", "delivered_at"),
        ("surveys", "answered_at"),
        ("customers", "created_at"),
    ):
        assert sql(f"SELECT epoch_us(max({column})) < {end} FROM {{{table}}}") == [(True,)]


def test_a_kept_demo_shop_says_that_it_is_synthetic(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = demo.import_demo(2_000, 1, home=home)
    assert demo.import_demo(2_000, 1, home=home) == first
    catalog = Catalog(home)
    assert [d.kind for d in catalog.data_sets()] == ["demo"]
    (row,) = catalog.snapshots(first.id)
    kept = snapshots.open_shop(connections.cursor(home), snapshots.place(home, "local", row.fingerprint))
    assert kept.synthetic
    assert (kept.currency, kept.zone) == (T["currency"], T["zone"])
    assert None not in (kept.order_lines, kept.customers, kept.spend, kept.surveys)
    assert row.summary["orders"] == kept.orders.count().to_pyarrow().as_py()
    assert row.summary["customers"] == kept.orders.customer.nunique().to_pyarrow().as_py()
    assert list((home / "local" / "drafts").iterdir()) == []

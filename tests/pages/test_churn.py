"""The Churn page as a person uses it: the number that leaves, another horizon by a link, and shops that say nothing."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import navigation
import words
from data.ingest import import_orders
from models import churn_contenders
from models.learning import measures
from tests.browser.shops import prepare
from tests.pages.test_pages import said as all_texts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """Without boosted trees and with few draws: what is learned is tested elsewhere, and takes a minute."""
    patch, learn = pytest.MonkeyPatch(), churn_contenders.learn

    def quick(train, *, kind, **more):
        if kind == "boosting":
            raise ValueError("left out of this test.")
        return learn(train, kind=kind, **more)

    patch.setattr(churn_contenders, "learn", quick)
    patch.setattr(measures, "MOST_DRAWS", 40)
    patch.setattr(measures, "FEWEST_DRAWS", 40)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory):
    """Homes by the name of their shop, made when first asked for."""
    made: dict[str, Path] = {}

    def home(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind) / "home"
            if kind in SHOPS:
                made[kind].mkdir()
                source = made[kind] / "orders.csv"
                more = ",channel" if kind == "leaking" else ""
                source.write_text(f"order,customer,date,total{more}\n" + SHOPS[kind])
                import_orders(source, home=made[kind], name=kind)
            else:
                prepare(made[kind], kind)
        return made[kind]

    return home


def on(days: int) -> str:
    return str(dt.date(2023, 1, 1) + dt.timedelta(days=days))


def leaking() -> str:
    """Customers who order every 10 to 30 days and stop at random; once they have, the shop writes "closed" over the channel
    of their last order."""
    rng = np.random.default_rng(2)
    rows = []
    for c in range(250):
        stop = rng.exponential(100)
        days = [float(rng.integers(0, 100))]
        while days[-1] - days[0] < stop:
            days.append(days[-1] + rng.uniform(10, 30))
        seen = [int(d) for d in days if d < 231]
        for k, d in enumerate(seen):
            closed = seen[-1] < 200 and k == len(seen) - 1
            rows.append(f"{len(rows)},c{c},{on(d)},20,{'closed' if closed else ('web', 'shop')[c % 2]}\n")
    return "".join(rows)


SHOPS = {
    "once": "".join(f"{i},c{i},{on(i % 300)},20\n" for i in range(300)),
    "gone": "".join(f"{3 * i + k},c{i},{on(i % 90 + 30 * k)},20\n" for i in range(200) for k in range(3))
    + f"9999,z,{on(900)},20\n",
    "leaking": leaking(),
}


@pytest.fixture
def opened(homes, monkeypatch: pytest.MonkeyPatch):
    def open_churn(kind: str, view: str = "full", wait: bool = True, **query: str) -> AppTest:
        monkeypatch.setenv("HOLDFAST_HOME", str(homes(kind)))
        st.cache_data.clear()
        st.cache_resource.clear()
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.switch_page(navigation.page("churn").path)
        for name, value in {"view": view, **query}.items():
            app.query_params[name.replace("__", ".")] = value
        return settled(app) if wait else app.run()

    return open_churn


def settled(app: AppTest) -> AppTest:
    """Run until no job is left: what one answer draws may ask the next."""
    import jobs

    for _ in range(8):
        app.run()
        if not any(not job.over for job in jobs._jobs.values()):
            break
        jobs.wait_for_all(240)
    app.run()
    assert not app.exception
    assert [e.value for e in app.error] == []
    return app


def headline(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("### "))


def said(app: AppTest) -> str:
    return " ".join([m.value for m in app.markdown] + [c.value for c in app.caption])


NUMBER = re.compile(
    r"### ([\d,]+) \(([\d,]+)–([\d,]+)\) of ([\d,]+) active customers will not order within (\d+) days\."
)


def numbers(app: AppTest) -> list[int]:
    found = NUMBER.fullmatch(headline(app))
    assert found, headline(app)
    return [int(part.replace(",", "")) for part in found.groups()]


def frame_with(app: AppTest, column: str):
    return next((d.value for d in app.dataframe if column in d.value), None)


def test_cdnow_says_how_many_will_leave(opened) -> None:
    app = opened("cdnow")
    leaving, low, high, of, days = numbers(app)
    assert low < leaving < high < of
    # Counted in the file: the last 365 days begin on 1 Jul 1997.
    assert of == bought_in_the_last_year()
    assert "30 Jun 1998" in said(app)
    assert f"no order within {days}" not in said(app)
    contenders = frame_with(app, "PR-AUC")
    assert {"Logistic regression", "Recency alone"} <= set(contenders.Model.str.removesuffix(" (used)"))
    assert sum(m.endswith("(used)") for m in contenders.Model) == 1
    assert all(re.fullmatch(r"0\.\d{3} \(0\.\d{3}–0\.\d{3}\)", v) for v in contenders["ROC-AUC"])
    assert len(app.get("plotly_chart")) == 6
    customers = frame_with(app, "First reason")
    assert len(customers) == 200
    assert customers["First reason"].str.contains(r"\((?:raises|lowers)\)$").all()


def bought_in_the_last_year() -> int:
    from data import cdnow

    rows = [line.split() for line in cdnow.path().read_text().splitlines()[1:]]
    return len({customer for customer, day, *_ in rows if day >= "19970701"})


def test_a_link_with_another_horizon_is_obeyed_and_named(opened) -> None:
    app = opened("demo", churn__days="120")
    own = opened("demo")
    assert numbers(app)[4] == 120
    assert numbers(own)[4] != 120
    # A shorter silence counts more customers as leaving.
    assert numbers(app)[0] > numbers(own)[0]
    assert "how long a silence counts as leaving" in said(app)
    assert "how long a silence counts as leaving" not in said(own)
    assert f"The shop’s own would be {numbers(own)[4]} days" in said(app)


@pytest.mark.parametrize("asked", ["soon", "0", "99999"])
def test_a_horizon_that_cannot_be_is_named(opened, asked) -> None:
    opened("demo")
    # What is wrong with an address is said once, when it is opened.
    app = opened("demo", wait=False, churn__days=asked)
    assert any(asked in w.value for w in app.warning)
    assert "churn.days" not in app.query_params


def test_plain_keeps_to_sentences(opened) -> None:
    app = opened("demo", "plain")
    assert numbers(app)
    assert "log loss" not in said(app).lower()
    assert frame_with(app, "PR-AUC") is None
    assert frame_with(app, "Would leave") is not None
    assert len(app.get("plotly_chart")) == 1


def test_every_text_goes_through_words(opened) -> None:
    words.use("en")
    name = "Demo shop, 2,000 customers, seed 1"
    for told in all_texts(opened("demo", lang=words.PSEUDO)):
        outside = re.sub(r":material/\w+:", "", told.replace(name, ""))
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", outside)) != outside:
            outside = shorter
        # A customer's own key is the shop's.
        assert not re.search(r"[A-Za-z]{2,}", outside), told
    words.use("en")


def test_a_search_keeps_to_those_found(opened) -> None:
    app = opened("demo")
    app.text_input(key="churn.search").set_value("C000028")
    found = frame_with(settled(app), "First reason")
    assert found.Customer.str.contains("C000028").all()
    assert app.selectbox(key="churn.one").options == found.Customer.tolist()
    app.selectbox(key="churn.one").set_value(found.Customer.iloc[-1])
    app = settled(app)
    one = found.iloc[-1]
    assert f"{one.Customer}: {one.iloc[1]} for an order" in said(app)
    app.text_input(key="churn.search").set_value("no such person")
    assert "No customer has this" in said(settled(app))


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("tiny", {}, "Only 3 customers have bought"),
        ("tiny", {"churn__days": "365"}, "as long as the orders"),
        ("gone", {}, "Only 1 customer has bought"),
        ("demo", {"churn__days": "1500"}, "as long as the orders"),
    ],
)
def test_what_cannot_be_said_is_a_sentence_and_no_figure(opened, kind, query, expected) -> None:
    app = opened(kind, "plain", **query)
    assert expected in headline(app)
    assert not app.dataframe
    assert not app.get("plotly_chart")
    assert app.segmented_control(key="churn.days")


def test_where_nobody_ever_came_back_no_model_is_claimed_to_be_better(opened) -> None:
    app = opened("once")
    assert "BG/NBD is used" in said(app)
    assert "raises" in said(app)


def let_in(app: AppTest):
    return next((m for m in app.multiselect if m.key == "churn.let_in"), None)


def test_a_leak_is_named_and_let_in_on_this_page_alone(opened) -> None:
    app = opened("leaking", churn__days="60")
    assert "“Channel of the last order” alone tells who left" in app.warning[0].value
    assert "held out until it is let in" in app.warning[0].value
    held = frame_with(app, "First reason")
    assert "A trial on this page only" not in said(app)
    let_in(app).set_value(["last_channel"])
    app = settled(app)
    assert "It is used because it was let in" in app.warning[0].value
    assert "A trial on this page only" in said(app)
    tried = frame_with(app, "First reason")
    assert tried.Chance.tolist() != held.Chance.tolist()
    assert app.query_params["churn.let_in"] == "last_channel"
    # Out again: the same answer as before; and the link shows what its sender saw.
    let_in(app).set_value([])
    assert frame_with(settled(app), "First reason").equals(held)
    link = opened("leaking", churn__days="60", churn__let_in="last_channel")
    assert frame_with(link, "First reason").equals(tried)
    plain = opened("leaking", "plain", churn__days="60")
    assert "held out" in plain.warning[0].value
    assert let_in(plain) is None


def test_letting_in_what_is_not_suspected_is_named(opened) -> None:
    app = opened("demo")
    assert let_in(app) is None
    app = opened("demo", churn__let_in="last_channel")
    assert "churn.let_in" not in app.query_params
    assert let_in(settled(app)) is None

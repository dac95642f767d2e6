"""The Customers page: the address holds the customer, and small shops get sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import jobs
import navigation
from data.ingest import import_orders
from tests.browser.shops import prepare

ROOT = Path(__file__).resolve().parents[2]


def opened(home: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("HOLDFAST_HOME", str(home))
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(navigation.page("customers").path)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    # Long questions are jobs: look again until all have answered.
    for _ in range(20):
        if not any(element.key and element.key.startswith("cancel-") for element in app.button):
            break
        jobs.wait_for_all(60)
        app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.subheader, app.warning)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cdnow") / "home"
    prepare(home, "cdnow")
    return home


def test_the_address_holds_the_customer(cdnow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(cdnow, monkeypatch, **{"customers.customer": "00001"})
    assert app.text_input(key="customers.customer").value == "00001"
    assert "1 order on 1 Jan 1997" in said(app)
    app.text_input(key="customers.customer").set_value("nobody has this").run()
    assert app.query_params["customers.customer"] in ("nobody has this", ["nobody has this"])
    assert "No customer has this in the id or e-mail: nobody has this" in said(app)


def test_the_headline_and_the_next_step(cdnow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = said(opened(cdnow, monkeypatch))
    assert "The top fifth of customers bring 68% (67%–68%) of revenue." in words
    assert "Best customers that are slowing" in words
    assert "would be if nobody had changed" in words


SHOPS = {
    "alike": ([("2024-01-05", 20.0)] * 30, "All 30 customers are alike"),
    "one-time": (
        [(f"2024-0{1 + i % 6}-1{i % 9}", 10.0 + i) for i in range(40)],
        "Nobody has bought twice yet",
    ),
    "two": ([("2024-01-05", 20.0), ("2024-02-05", 30.0)], "There are 2 customers: too few for groups"),
    "free": ([(f"2024-0{1 + i % 6}-11", 0.0) for i in range(40)], "No money came in from customers"),
}


@pytest.mark.parametrize("kind", SHOPS)
def test_small_and_strange_shops_get_a_sentence(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, sentence = SHOPS[kind]
    home = tmp_path / kind
    home.mkdir()
    source = home / "orders.csv"
    lines = [f"{i},c{i:02},{day},{total:.2f}" for i, (day, total) in enumerate(rows)]
    source.write_text("\n".join(["order,customer,date,total", *lines]) + "\n")
    import_orders(source, home=home, name=kind)
    app = opened(home, monkeypatch, view="full", **{"customers.customer": "c01"})
    assert sentence in said(app)
    assert "1 order on" in said(app)
    assert [e.value for e in app.error] == []


def test_reasons_are_shown_as_the_file_writes_them() -> None:
    """A product's name is a stranger's: as Markdown it could fetch a picture from somewhere else."""

    def page() -> None:
        import datetime as dt

        import pandas as pd

        from models.customer_card import Card
        from models.customer_timeline import Timeline
        from pages.worth.customers_card import draw_card

        none = pd.DataFrame({"day": [], "value": []})
        day = dt.date(2024, 1, 1)
        line = Timeline("c1", (), none, none)
        found = Card(line, none, 10.0, 1, day, day, day, None, None)
        draw_card(found, "c1", "USD", ["first bought ![x](https://evil.example/x.png) (raises)"])

    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    told = next(element.value for element in app.markdown if "evil" in element.value)
    assert "![x](" not in told

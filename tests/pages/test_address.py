"""A link shows its sender's view: data set and definitions."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from data import demo
from data.catalog import Catalog

ROOT = Path(__file__).resolve().parents[2]


def app(**query: str) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    opened = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    opened.switch_page("pages/coming_back/cohorts.py")
    for name, value in query.items():
        opened.query_params[name] = value
    return opened.run()


def two_shops(home: Path) -> tuple[int, int]:
    return tuple(demo.import_demo(customers=2_000, seed=seed, home=home).id for seed in (1, 2))


def test_the_newest_shop_is_shown_and_an_older_one_has_an_address(tmp_path: Path) -> None:
    older, newer = two_shops(tmp_path / "home")
    opened = app()
    assert opened.sidebar.selectbox(key="data_set").value == newer
    # The newest too: it will not be the newest for ever, and a link has to show what its sender saw.
    assert opened.query_params["shop"] == str(newer)
    linked = app(shop=str(older))
    assert linked.sidebar.selectbox(key="data_set").value == older
    assert linked.query_params["shop"] == str(older)


def test_a_shop_that_is_not_there_is_named(tmp_path: Path) -> None:
    two_shops(tmp_path / "home")
    assert any("77" in w.value for w in app(shop="77").warning)


def test_definitions_travel_in_the_address(tmp_path: Path) -> None:
    _, newer = two_shops(tmp_path / "home")
    from models.definitions import Definitions

    changed = Definitions(revenue="gross", level=0.8)
    Catalog(tmp_path / "home").confirm(newer, f"definitions {changed.key}", changed.to_json())
    linked = app(definitions=changed.key)
    said = " ".join(c.value for c in linked.caption)
    assert "80% intervals" in said
    assert "departs from the shop’s saved definitions" in said
    assert linked.query_params["definitions"] == changed.key
    assert any("0123456789" in w.value for w in app(definitions="0123456789").warning)

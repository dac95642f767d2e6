"""Every page on every kind of shop: it opens, says its name, and says nothing that did not go through words.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import jobs
import navigation
import words
from tests.browser.shops import KINDS, prepare

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = [p.address for p in navigation.PAGES]


@pytest.fixture(scope="module", params=KINDS)
def shop_home(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    home = tmp_path_factory.mktemp(request.param) / "home"
    prepare(home, request.param)
    return request.param, home


@pytest.fixture(autouse=True)
def _nothing_goes_on():
    """What a page began to learn is not learned for nobody, while the next test waits."""
    yield
    for job in list(jobs._jobs.values()):
        job.cancel()
    jobs.wait_for_all(60)


def opened(address: str, home: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("HOLDFAST_HOME", str(home))
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(navigation.page(address).path)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> list[str]:
    """Every text a reader sees in the main part and the side bar, as far as the harness knows the elements."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "info",
        "warning",
        "error",
        "success",
        "metric",
    )
    texts = [element for kind in kinds for element in getattr(app, kind)]
    found = [e.label if e.type == "metric" else e.value for e in texts]
    widgets = (
        "button",
        "selectbox",
        "checkbox",
        "text_input",
        "number_input",
        "date_input",
        "segmented_control",
    )
    for kind in widgets:
        found += (
            [e.label for e in app.get(kind)]
            if kind == "segmented_control"
            else [e.label for e in getattr(app, kind)]
        )
    return [t for t in found if t]


@pytest.mark.parametrize("view", ["plain", "full"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_opens_on_every_shop(
    address: str, view: str, shop_home: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, home = shop_home
    app = opened(address, home, monkeypatch, view=view)
    assert not app.exception
    assert [e.value for e in app.error] == []
    assert app.title[0].value == navigation.page(address).title
    text_of_page = " ".join(said(app))
    assert "nan" not in re.findall(r"[a-z]+", text_of_page.lower())
    if kind == "empty" and navigation.page(address).needs:
        assert navigation.page(address).promise in text_of_page


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_text_goes_through_words(
    address: str, shop_home: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shop_home[1]
    app = opened(address, home, monkeypatch, view="full", lang=words.PSEUDO)
    words.use("en")
    # What is left outside all brackets may hold signs and the shop's own names, but no words of ours.
    names = ("CDNOW", "Demo shop, 2,000 customers, seed 1", "Tiny shop")
    for text in said(app):
        outside = text
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", outside)) != outside:
            outside = shorter
        for name in names:
            outside = outside.replace(name, "")
        outside = re.sub(r":material/\w+:", "", outside)
        assert not re.search(r"[A-Za-z]{2,}", outside), f"{address}: {text!r}"


def test_what_the_address_asks_for_and_does_not_exist_is_named(
    shop_home: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, home = shop_home
    if kind != "cdnow":
        pytest.skip("one shop is enough")
    app = opened("cohorts", home, monkeypatch, **{"cohorts.period": "fortnight"})
    assert any("fortnight" in w.value for w in app.warning)


def test_the_average_of_cohorts_can_keep_to_the_same_ones(
    shop_home: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, home = shop_home
    if kind != "cdnow":
        pytest.skip("one shop is enough")
    app = opened("cohorts", home, monkeypatch, view="full", **{"cohorts.through.month": "17"})
    # CDNOW won its customers in January, February and March 1997; only the first month is 17 months old.
    assert "observed through month 17" in " ".join(said(app))
    assert not app.warning
    assert "observed through" not in " ".join(said(opened("cohorts", home, monkeypatch, view="plain")))

"""Every page in a real Chromium, on every kind of shop, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import navigation
from tests.browser.driving import complaints, open_page, serving
from tests.browser.shops import KINDS, prepare

pytestmark = pytest.mark.browser

ADDRESSES = [p.address for p in navigation.PAGES]
LOOKS = [(1440, 900, "light"), (390, 844, "dark")]

OVERFLOWING = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = e => { for (let p = e.parentElement; p; p = p.parentElement) {
        const s = getComputedStyle(p); if (['auto', 'scroll', 'hidden', 'clip'].includes(s.overflowX) &&
            p.getBoundingClientRect().right <= wide + 1) return true; } return false; };
    return [...document.querySelectorAll('[data-testid="stMain"] *')]
        .filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > wide + 1 && !scrolls(e))
        .map(e => e.tagName + ' ' + (e.dataset.testid || e.className.toString().slice(0, 60)) + ': ' +
            e.innerText?.slice(0, 60)).slice(0, 5);
}"""


@pytest.fixture(scope="module", params=KINDS)
def shop(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """(kind, address of a server that shows it, its log)"""
    folder = tmp_path_factory.mktemp(request.param)
    prepare(folder / "home", request.param)
    with serving(folder / "home", folder / "log.txt") as address:
        yield request.param, address, folder / "log.txt"


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[2]}")
def reader(request, chromium: Browser) -> Iterator[Page]:
    width, height, theme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.complaints = complaints(page)
    yield page
    context.close()


@pytest.mark.parametrize("view", ["plain", "full"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_whole(address: str, view: str, shop: tuple[str, str, Path], reader: Page) -> None:
    kind, server, log = shop
    open_page(reader, f"{server}/{navigation.page(address).route}?view={view}")
    main = reader.locator('[data-testid="stMain"]')
    shown = main.inner_text()
    assert reader.complaints == []
    assert "Traceback" not in log.read_text()
    assert reader.locator('[data-testid="stException"]').count() == 0
    assert "because of a fault in Holdfast" not in shown
    assert not any(bad in shown for bad in ("NaN", "None", "undefined", "⟦"))
    assert reader.evaluate(OVERFLOWING) == []
    # Charts say in words what they show, and the first of them begins in the first screen.
    charts = reader.locator('[data-testid="stPlotlyChart"]')
    for text in reader.locator('[data-testid="stPlotlyChart"] svg text').all_text_contents():
        assert "NaN" not in text
    if charts.count() and reader.viewport_size["width"] == 1440 and address != "data":
        assert charts.first.bounding_box()["y"] < 900 - 100
    if kind == "empty" and address != "data":
        assert navigation.page(address).promise in shown


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a != "data"])
def test_the_answer_stands_on_the_first_screen_of_a_telephone(
    address: str, shop: tuple[str, str, Path], reader: Page
) -> None:
    kind, server, _ = shop
    if kind != "cdnow" or reader.viewport_size["width"] != 390:
        pytest.skip("one shop and the telephone are enough")
    open_page(reader, f"{server}/{navigation.page(address).route}")
    answer = reader.locator('[data-testid="stMain"] h3').first.bounding_box()
    assert answer["y"] + answer["height"] < 844
    assert answer["y"] > 40


def test_a_link_opens_the_senders_view_for_the_first_visitor(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("link")
    prepare(folder / "home", "tiny")
    with serving(folder / "home", folder / "log.txt") as server:
        page = chromium.new_page()
        open_page(page, f"{server}/cohorts?view=full&cohorts.period=quarter")
        assert "view=full" in page.url
        assert "cohorts.period=quarter" in page.url
        assert page.get_by_text("Page not found").count() == 0
        chosen = page.locator(
            '[data-testid="stMain"] [aria-checked="true"], [data-testid="stMain"] [aria-pressed="true"]'
        )
        assert "Quarter" in chosen.all_inner_texts()
        page.close()

"""Who gets in, and what the server gives away."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

import navigation
from tests.browser.driving import open_page, serving

pytestmark = pytest.mark.browser

SECRETS = """[auth]
redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "for a test only"
client_id = "test"
client_secret = "test"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh server that asks for sign-in, where no page was ever opened."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(SECRETS)
    with serving(folder / "home", folder / "log.txt", HOME=str(folder)) as address:
        yield address


@pytest.mark.parametrize("page_address", [p.route for p in navigation.PAGES])
def test_no_page_is_shown_before_sign_in(locked_server: str, page: Page, page_address: str) -> None:
    open_page(page, f"{locked_server}/{page_address}")
    main = page.locator('[data-testid="stMain"]')
    assert "Sign in" in main.inner_text()
    assert (
        page.locator(
            '[data-testid="stPlotlyChart"], [data-testid="stMetric"], [data-testid="stDataFrame"]'
        ).count()
        == 0
    )
    assert "CDNOW" not in page.content()


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/"])
def test_the_metrics_endpoint_is_closed(server: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server + path, timeout=10)
    refused.value.close()
    assert refused.value.code == 404


def test_nothing_is_fetched_from_outside(server: str, page: Page) -> None:
    outside: list[str] = []
    page.on(
        "request",
        lambda r: (
            outside.append(r.url)
            if not r.url.startswith((server, "data:", "blob:", server.replace("http", "ws")))
            else None
        ),
    )
    for known in navigation.PAGES:
        open_page(page, f"{server}/{known.route}")
    assert outside == []


def test_the_traceback_of_a_fault_stays_in_the_log(tmp_path: Path, page: Page) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "catalog.sqlite").write_text("this is not a database")
    log = tmp_path / "log.txt"
    with serving(home, log) as address:
        page.goto(address)
        page.wait_for_selector('[data-testid="stAlert"], [data-testid="stException"]', timeout=30_000)
        shown = page.locator('[data-testid="stApp"]').inner_text()
    assert "Traceback" not in shown
    assert "sqlite3" not in shown
    assert "catalog" in shown

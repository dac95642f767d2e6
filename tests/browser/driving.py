"""Starting a real server and waiting for its pages: what the browser tests and `make look` share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(home: Path, log: Path, **environment: str) -> Iterator[str]:
    """serve.py on a free port with this home; yields its address."""
    port = free_port()
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "serve.py"), "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "HOLDFAST_HOME": str(home), "TZ": "UTC", **environment},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def wait_until_healthy(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not come up:\n{log.read_text()}")


def open_page(page: Page, address: str) -> None:
    """Go there and wait until Streamlit has finished its run and the charts are drawn."""
    page.goto(address, wait_until="domcontentloaded")
    settle(page)


def settle(page: Page, timeout: float = 60_000) -> None:
    page.wait_for_selector('[data-testid="stAppViewContainer"]', timeout=timeout)
    page.wait_for_selector('[data-testid="stMain"] :is(h1, [data-testid="stAlert"])', timeout=timeout)
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            if (!app || app.getAttribute('data-test-script-state') === 'running') return false;
            if (document.querySelector('[data-testid="stSkeleton"], [class*="st-key-working-"]')) return false;
            return [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
                .every(c => c.querySelector('.main-svg'));
        }""",
        timeout=timeout,
    )
    page.wait_for_timeout(300)


def complaints(page: Page) -> list[str]:
    """Everything that the page's console calls an error from now on.

    Streamlit looks for its own base path under the page's address first and finds it missing, twice: that is how its
    front end finds out where it is served from.
    """
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        where = (message.location or {}).get("url", "")
        probing = where.endswith(("/_stcore/health", "/_stcore/host-config")) and "404" in message.text
        if message.type == "error" and not probing:
            found.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found

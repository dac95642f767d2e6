"""Starts Holdfast as an ASGI app: `python serve.py [--port 8501]`.

The metrics endpoint, which Streamlit leaves open, answers 404. An error that no page caught is logged with
a number, and the reader sees that number instead of a traceback.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOST = "127.0.0.1"


class NoMetrics:
    """Middleware that keeps the server's own figures from whoever can reach the port."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith("/_stcore/metrics"):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


def preload() -> None:
    """Import what pages need before the first visitor waits for it."""
    import charts.theme
    import data.ingest
    import models.lifetime_value
    import pages.common.sidebar
    import words
    import workspace

    for module in (charts.theme, data.ingest, models.lifetime_value, pages.common.sidebar, workspace):
        logging.getLogger(__name__).debug("loaded %s", module.__name__)
    # Plotly loads what checks a property when that is first set, and Babel a language when it is first written in.
    drawn = charts.theme.figure("light", 300).add_scatter(x=[0], y=[0], line={"width": 1}, marker={"size": 1})
    drawn.add_bar(x=[0], y=[0], error_y={"array": [0]}).update_layout(legend={"x": 0})
    words.money(1.0, "USD"), words.percent(0.5), words.number(1.0)


def make_app():
    """The ASGI app. Configuration and relative paths are resolved against the project's own folder."""
    os.chdir(ROOT)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    import streamlit as st
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    # Until `st.navigation` has run once, Streamlit takes a folder named pages for its old kind of pages: the
    # first visitor of a fresh process would be told that a linked page does not exist, and lose the settings
    # in the address.
    PagesManager.uses_pages_directory = False
    preload()
    return st.App(ROOT / "app.py", middleware=[Middleware(NoMetrics)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the Holdfast dashboard on this machine.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("HOLDFAST_PORT", "8501")))
    parser.add_argument("--host", default=os.environ.get("HOLDFAST_HOST", HOST))
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    import uvicorn

    sys.stdout.write(f"Holdfast is at http://{chosen.host}:{chosen.port}  (Ctrl+C stops it)\n")
    sys.stdout.flush()
    uvicorn.run(make_app(), host=chosen.host, port=chosen.port, log_level="warning", ws="websockets-sansio")


if __name__ == "__main__":
    main()

"""The front door: page settings, sign-in, side bar, navigation."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import streamlit as st

import navigation
import words
from data import snapshots
from data.catalog import BrokenCatalogue, NewerCatalogue
from pages.common import later, show, sidebar
from words import text

ROOT = Path(__file__).parent
log = logging.getLogger("holdfast")

st.set_page_config(
    page_title="Holdfast",
    page_icon=str(ROOT / "static" / "mark.svg"),
    layout="wide",
    initial_sidebar_state="auto",
)
words.use(
    st.query_params.get("lang", "en")
    if st.query_params.get("lang") in (*words.LANGUAGES, words.PSEUDO)
    else "en"
)
st.html(ROOT / "static" / "style.css")
st.logo(
    str(ROOT / "static" / f"logo-{show.theme()}.svg"),
    size="large",
    icon_image=str(ROOT / "static" / "mark.svg"),
)

if not show.signed_in():
    st.title("Holdfast")
    st.write(text("This dashboard shows one shop’s customers. Sign in to see it."))
    st.button(text("Sign in"), on_click=st.login, type="primary")
    st.stop()

pages = {
    group: [
        st.Page(
            page.path,
            title=text(page.title),
            icon=page.icon,
            url_path=page.route or None,
            default=not page.route,
        )
        for page in members
    ]
    for group, members in navigation.groups().items()
}
chosen = st.navigation(pages)
later.begin()
try:
    sidebar.draw()
    chosen.run()
except (BrokenCatalogue, NewerCatalogue, snapshots.Broken) as problem:
    st.error(show.prose(str(problem)))
except Exception:
    # The last resort, so that no traceback reaches a reader; whatever lands here is a fault to be mended.
    number = uuid.uuid4().hex[:8]
    log.exception("page %s failed (%s)", chosen.url_path, number)
    st.error(
        text(
            "This page stopped because of a fault in Holdfast itself, not in your data. Your orders are untouched. "
            "Reload the page; if it happens again, report it with the number {number}, which the log explains.",
            number=number,
        )
    )

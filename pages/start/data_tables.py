"""Small tables whose figures were written by words.py: they stand at the right, as figures do."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from pages.common import download


def draw(
    frame: pd.DataFrame,
    key: str,
    *,
    figures: Iterable[str] = (),
    wide: Iterable[str] = (),
    downloadable: bool = True,
) -> None:
    """Show `frame`; its columns `figures` stand at the right, those of `wide` get room."""
    columns = {name: st.column_config.TextColumn(alignment="right") for name in figures}
    columns |= {name: st.column_config.TextColumn(width="large") for name in wide}
    st.dataframe(frame, hide_index=True, key=f"{key}.table", column_config=columns)
    if downloadable:
        download.button(frame, key)

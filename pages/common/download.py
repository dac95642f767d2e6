"""Results as CSV whose cells cannot become formulas in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd
import streamlit as st

from words import text

_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r]")


def harmless(cell: object) -> object:
    """A text cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection)."""
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell


def pieces(frames: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Frames with the same columns as one CSV file, some at a time."""
    for number, frame in enumerate(frames):
        written = safe_csv(frame)
        yield written if number == 0 else written.split(b"\n", 1)[1]


def safe_csv(frame: pd.DataFrame, *, mark: bool = True) -> bytes:
    """The frame as UTF-8 CSV, with a byte order mark so that Excel reads its letters right; programs that look for a
    column by name take the mark for a part of the first one."""
    harmless_frame = frame.rename(columns=harmless)
    for name in harmless_frame.select_dtypes(include=["object", "string", "category"]).columns:
        harmless_frame[name] = harmless_frame[name].astype(object).map(harmless)
    return harmless_frame.to_csv(index=False).encode("utf-8-sig" if mark else "utf-8")


def button(frame: pd.DataFrame, key: str, label: str | None = None) -> None:
    """A quiet button that makes the CSV only when it is asked for."""
    st.download_button(
        label or text("Data as CSV"),
        data=lambda: safe_csv(frame),
        file_name=f"holdfast-{key.replace('.', '-')}.csv",
        mime="text/csv",
        key=f"{key}.csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )

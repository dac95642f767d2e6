"""How every figure looks, light and dark: our own Plotly templates, and what a chart function returns.

Colours are those of `.streamlit/config.toml`. The series differ in lightness as well as in hue, and lines
also in dash and marker, so that colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil

import pandas as pd
import plotly.graph_objects as go

FONT = "'Source Sans', 'Source Sans Pro', sans-serif"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash", "dot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "hexagon")
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Palette:
    """`series` for lines and bars, `sequential` from least to most; the rest as CSS names them."""

    ink: str
    muted: str
    paper: str
    panel: str
    line: str
    series: tuple[str, ...]
    sequential: tuple[str, ...]


LIGHT = Palette(
    ink="#1E2A2F",
    muted="#5A666B",
    paper="#FCFBF8",
    panel="#F3F0E8",
    line="#DDD7C9",
    series=("#0B6E6E", "#C8553D", "#3D5A98", "#B8860B", "#7A4E9F", "#5B8C5A", "#8C6D62", "#607080"),
    sequential=(
        *("#EAF3F1", "#D3E7E3", "#B7D9D3", "#98C9C1", "#78B8AE"),
        *("#58A69A", "#3B9287", "#237E74", "#106A62", "#05544E"),
    ),
)
DARK = Palette(
    ink="#E8ECEA",
    muted="#9FADB0",
    paper="#12191C",
    panel="#1B2529",
    line="#33424A",
    series=("#4FB3A9", "#E58A72", "#8FA8E0", "#D9AE45", "#B793D6", "#93C291", "#C3A79C", "#A3B1BF"),
    sequential=(
        *("#17302F", "#1A3B39", "#1E4845", "#225652", "#276560"),
        *("#2F7A73", "#3C9088", "#52A79E", "#75C0B7", "#A2D9D1"),
    ),
)


@dataclass(frozen=True)
class Chart:
    """A figure, what it shows in words for those who cannot see it, and its data for the download. `crowded`: the
    texts inside it fit on a desk and would run into each other on a telephone, which leaves them out."""

    figure: go.Figure
    alt: str
    data: pd.DataFrame
    crowded: bool = False


def palette(theme: str) -> Palette:
    """The colours of "light" or "dark"."""
    return DARK if theme == "dark" else LIGHT


def figure(theme: str, height: int) -> go.Figure:
    """An empty figure of our own template, `height` pixels high."""
    return go.Figure(layout=go.Layout(template=_template(theme), height=height))


@cache
def _template(theme: str) -> go.layout.Template:
    p = palette(theme)
    axis = {
        "gridcolor": p.line,
        "linecolor": p.line,
        "zerolinecolor": p.line,
        "tickfont": {"color": p.muted, "size": 12},
        "title": {"font": {"color": p.muted, "size": 13}, "standoff": 10},
        "automargin": True,
        "ticks": "",
        "fixedrange": True,
    }
    return go.layout.Template(
        layout=go.Layout(
            font={"family": FONT, "color": p.ink, "size": 13},
            paper_bgcolor=CLEAR,
            plot_bgcolor=CLEAR,
            colorway=list(p.series),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            hoverlabel={"bgcolor": p.panel, "bordercolor": p.line, "font": {"family": FONT, "color": p.ink}},
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": p.ink},
                "bgcolor": CLEAR,
            },
            xaxis=axis | {"showgrid": False},
            yaxis=axis,
            bargap=0.18,
        )
    )


def faded(colour: str, opacity: float) -> str:
    """`#RRGGBB` as a see-through CSS colour."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def scale(colours: tuple[str, ...]) -> list[tuple[float, str]]:
    """A continuous Plotly colour scale through these colours."""
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]


def at(colours: tuple[str, ...], where: float) -> str:
    """The colour that `scale` shows at `where` in 0..1."""
    place = min(max(where, 0.0), 1.0) * (len(colours) - 1)
    below = min(int(place), len(colours) - 2)
    part = place - below
    pairs = zip(rgb(colours[below]), rgb(colours[below + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1..21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`: one of the two always reaches 4.5, ink and paper
    would not on the middle of a scale."""
    return max(("#000000", "#FFFFFF"), key=lambda text: contrast(text, colour))


def every(count: int, room: int = 12) -> int:
    """Label each of `count` places, or every third (sixth, ...) where more than `room` would crowd."""
    step = 1
    while ceil(count / step) > room:
        step = 3 if step == 1 else step * 2
    return step

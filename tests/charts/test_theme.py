"""Colours that can be read and told apart, light and dark."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from charts import theme as t

THEMES = ["light", "dark"]

# Machado, Oliveira and Fernandes (2009), IEEE TVCG 15, 1291-1298: full deuteranopia, protanopia, tritanopia.
BLIND = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def _lab(linear: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 1e-6, None))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _linear(colour: str) -> np.ndarray:
    c = np.array(t.rgb(colour)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def test_contrast_of_black_and_white_is_21():
    assert t.contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_lines_are_readable(theme):
    p = t.palette(theme)
    assert t.contrast(p.ink, p.paper) >= 7
    assert t.contrast(p.muted, p.paper) >= 4.5
    assert all(t.contrast(colour, p.paper) >= 3 for colour in p.series)


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_any_cell_is_readable(theme):
    p = t.palette(theme)
    for i in range(257):
        colour = t.at(p.sequential, i / 256)
        assert t.contrast(t.readable_on(colour), colour) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_scale_goes_one_way_in_lightness(theme):
    p = t.palette(theme)
    steps = np.diff([t.contrast(colour, p.paper) for colour in p.sequential])
    assert (steps > 0).all()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", BLIND)
def test_the_pair_of_stacked_bars_differs_for_colour_blind_readers(theme, kind):
    one, two = (_lab(np.clip(np.array(BLIND[kind]) @ _linear(c), 0, 1)) for c in t.palette(theme).series[:2])
    assert np.linalg.norm(one - two) > 15


@pytest.mark.parametrize("theme", THEMES)
def test_no_two_series_look_the_same(theme):
    labs = [_lab(_linear(colour)) for colour in t.palette(theme).series]
    assert min(np.linalg.norm(a - b) for a, b in combinations(labs, 2)) > 10
    # Lines also differ in dash or marker, whatever their colour.
    assert len(set(zip(t.DASHES, t.MARKERS, strict=True))) == len(t.DASHES) > len(labs)


def test_scale_meets_its_colours():
    colours = ("#000000", "#808080", "#FFFFFF")
    assert [t.at(colours, x) for x in (0, 0.5, 1)] == list(colours)
    assert t.at(colours, 0.25) == "#404040"


def test_every_label_or_every_third():
    assert [t.every(n) for n in (1, 12, 13, 36, 37, 72)] == [1, 1, 3, 3, 6, 6]


def test_template_is_our_own():
    figure = t.figure("dark", 200)
    assert figure.layout.template.layout.colorway == t.DARK.series
    assert "http" not in figure.to_json()

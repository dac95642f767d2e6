"""lifetimes beside us, on CDNOW's orders; and what is said when it cannot answer."""

from __future__ import annotations

import numpy as np
import pytest

from models import second_opinion
from models.definitions import Definitions


@pytest.mark.slow
def test_both_read_the_same_likelihood(cdnow_sample) -> None:
    found = second_opinion.second_opinion(cdnow_sample, Definitions())
    figures = found.figures.set_index("what")
    assert found.ours_likelier
    assert len(figures) == 4 + 1 + 3 + 2
    # lifetimes stops at its optimiser's tolerance: about three digits of its parameters are right.
    assert figures.difference.abs().max() < 5e-3
    assert found.notes == ()


def test_what_lifetimes_cannot_fit_is_said_in_its_words() -> None:
    impossible = {name: np.array([1.0, 2.0]) for name in ("x", "t", "T", "n")} | {
        "t": np.array([5.0, 9.0]),
        "spend_x": np.array([]),
        "spend_m": np.array([]),
        "horizon": np.array(30.0),
    }
    with pytest.raises(ValueError, match=r"lifetimes could not fit these histories\. It said: .+"):
        second_opinion.ask(impossible)

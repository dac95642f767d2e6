"""How pages ask models: in the background a model that reports its progress is heard."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import workspace
from models.definitions import Definitions


def hears(shop, definitions, *, share, progress=None):
    if progress is not None:
        progress(share, "half way")
    return progress is not None


def deaf(shop, definitions, *, share):
    return share


@pytest.fixture(autouse=True)
def _shop(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(workspace, "snapshot", lambda: SimpleNamespace(fingerprint=str(tmp_path)))
    monkeypatch.setattr(workspace, "open_shop", lambda kept: None)


def test_a_model_that_takes_progress_is_given_the_jobs() -> None:
    job = workspace.ask_in_background(hears, "learn", Definitions(), share=0.5)
    assert job.wait(10)
    assert job.result is True
    assert job.message == "half way"


def test_other_models_are_asked_as_before() -> None:
    job = workspace.ask_in_background(deaf, "count", Definitions(), share=0.25)
    assert job.wait(10)
    assert job.result == 0.25

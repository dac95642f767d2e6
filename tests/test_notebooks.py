"""Every notebook runs from top to bottom, and says what the papers say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

FIGURES = {
    "cdnow": [
        "69659",
        "2,357 customers, 2,457 repeat purchases, 1,411 customers without one",
        # Fader, Hardie and Lee (2005), table 2: log-likelihood, r, alpha, a, b.
        "log-likelihood -9,582.4",
        "0.243",
        "4.414",
        "0.793",
        "2.426",
        "25.76 purchases in 52 weeks, still a customer: 96.9%",
        # FHL (2005), section 7 and figure 4: the holdout.
        "39 weeks: 1,882 purchases; BG/NBD expected 1,653.4 (-12%)",
        "6.157",
        "6.359",
        # Fader, Hardie and Lee (2005), table 2: Pareto/NBD.
        "log-likelihood -9,595.0",
        "10.578",
        "11.669",
        # Fader and Hardie (2013), note 025: Gamma-Gamma.
        "946 customers, mean $35.17, log-likelihood -4,055.92",
        "6.25",
        "3.74",
        "15.44",
        # What all customers brought in their first year, counted.
        "observed: $90.86",
    ]
}
"""What has to stand in the outputs, to the digits printed in the papers."""


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
# Within the kernel's client, of which there is none newer.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore::DeprecationWarning:zmq")
def test_it_runs_and_says_what_it_should(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient runs the notebooks")
    nbformat = pytest.importorskip("nbformat")
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("TZ", "UTC")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3", resources=_at(ROOT)).execute()
    said = "\n".join(_texts(notebook))
    for figure in FIGURES[path.stem]:
        assert figure in said, figure


def _at(folder: Path) -> dict[str, dict[str, str]]:
    return {"metadata": {"path": str(folder)}}


def _texts(notebook) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_is_kept_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    assert cells[0]["cell_type"] == "markdown"

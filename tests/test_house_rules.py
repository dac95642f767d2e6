"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import navigation

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    p for folder in ("pages", "charts", "models", "data", "benchmarks") for p in (ROOT / folder).rglob("*.py")
) + sorted(ROOT.glob("*.py"))


def imported(source: Path) -> set[str]:
    """Top-level names of what a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


FORBIDDEN = {
    "models": {"streamlit", "plotly", "data", "charts", "pages", "workspace"},
    "data": {"streamlit", "plotly", "models", "charts", "pages", "workspace"},
    "charts": {"streamlit", "data", "pages", "workspace"},
}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_run_one_way(folder: str) -> None:
    wrong = {
        str(p.relative_to(ROOT)): sorted(imported(p) & FORBIDDEN[folder])
        for p in (ROOT / folder).rglob("*.py")
        if imported(p) & FORBIDDEN[folder]
    }
    assert wrong == {}


def test_no_page_lies_directly_in_pages() -> None:
    # Streamlit would run it past the sign-in when its address is opened.
    assert list((ROOT / "pages").glob("*.py")) == []


def test_every_page_exists_and_guards_itself() -> None:
    for page in navigation.PAGES:
        source = (ROOT / page.path).read_text()
        assert f'show.guard("{page.address}")' in source, page.path


def test_files_stay_readable() -> None:
    pages = {ROOT / page.path for page in navigation.PAGES}
    most = {source: 150 if source in pages else 330 for source in SOURCES}
    lines = {source: len(source.read_text().splitlines()) for source in SOURCES}
    assert {str(s.relative_to(ROOT)): n for s, n in lines.items() if n > most[s]} == {}


def test_gettext_and_babel_are_used_in_words_alone() -> None:
    users = [str(p.relative_to(ROOT)) for p in SOURCES if imported(p) & {"gettext", "babel"}]
    assert users == ["words.py"]


def test_nothing_executable_is_loaded_and_nothing_is_fetched() -> None:
    risky = {"pickle", "joblib", "dill", "shelve", "marshal", "requests", "httpx", "urllib3"}
    users = {str(p.relative_to(ROOT)): sorted(imported(p) & risky) for p in SOURCES if imported(p) & risky}
    assert users == {}


def test_no_error_is_swallowed() -> None:
    swallowed = []
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ExceptHandler):
                silent = all(isinstance(s, ast.Pass) for s in node.body)
                if node.type is None or (silent and ast.unparse(node.type) in ("Exception", "BaseException")):
                    swallowed.append(f"{source.relative_to(ROOT)}:{node.lineno}")
    assert swallowed == []


def test_every_pin_is_exact_and_explained() -> None:
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            assert re.fullmatch(r"[\w.\[\]-]+==[\w.]+\s+# .+", line), line


def test_every_pin_and_what_it_needs_allows_python_3_11_to_3_13() -> None:
    pins = [
        Requirement(line.split("#")[0])
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    waiting, seen = [(r.name, r.extras) for r in pins], {}
    while waiting:
        name, extras = waiting.pop()
        known = name.lower().replace("_", "-")
        if known in seen and not set(extras) - seen[known]:
            continue
        seen[known] = seen.get(known, set()) | set(extras)
        needed = importlib.metadata.metadata(name)
        allowed = SpecifierSet(needed.get("Requires-Python") or "")
        assert all(allowed.contains(v) for v in ("3.11.0", "3.12.0", "3.13.0")), (
            f"{name} needs Python {allowed}"
        )
        for more in importlib.metadata.requires(name) or []:
            requirement = Requirement(more)
            wanted = [{"extra": e} for e in seen[known]] or [{"extra": ""}]
            if requirement.marker is None or any(requirement.marker.evaluate(e) for e in wanted):
                waiting.append((requirement.name, requirement.extras))

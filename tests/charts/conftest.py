"""The shops of the models' tests, for the charts' tests too."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from shop import Shop

_SHOPS = Path(__file__).parents[1] / "models" / "shops.py"


@pytest.fixture(scope="session")
def shops() -> ModuleType:
    """`shops.order`, `shops.shop_of` and `shops.cdnow` of tests/models/shops.py."""
    spec = importlib.util.spec_from_file_location("holdfast_tests_chart_shops", _SHOPS)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_SHOPS} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shop(shops: ModuleType) -> Shop:
    """Six months of forty customers each, some of whom come back; a stretch without orders; guests."""
    order = shops.order
    rows = []
    for month in range(1, 7):
        for i in range(40):
            who = f"{month}-{i}"
            rows.append(
                order(who, f"2024-{month:02}-{i % 20 + 1:02}", 10 + i, channel="web" if i % 3 else "shop")
            )
            if i % 4 == 0:
                rows.append(order(who, f"2024-{month + 1:02}-{i % 20 + 1:02}", 20))
    return shops.shop_of([*rows, order(None, "2024-08-31", 5)])

"""Shops that the tests of the models share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from shop import Shop


def _load(name: str) -> ModuleType:
    """A helper beside this file: tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(
        f"holdfast_tests_{name}", Path(__file__).parent / f"{name}.py"
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"tests/models/{name}.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_shops = _load("shops")


@pytest.fixture(scope="session")
def order():
    """`order(customer, "2024-01-31", net, **columns)` makes one row of `orders`."""
    return _shops.order


@pytest.fixture(scope="session")
def shop_of():
    """`shop_of(rows)` makes a Shop of them."""
    return _shops.shop_of


@pytest.fixture(scope="session")
def of_events():
    """`of_events(customer, day, amount)` makes a Shop of simulated purchases."""
    return _shops.of_events


@pytest.fixture(scope="session")
def cdnow_master(shared_data: Path) -> Shop:
    return _shops.cdnow(shared_data / "cdnow" / "cdnow_master.csv.gz")


@pytest.fixture(scope="session")
def cdnow_sample(shared_data: Path) -> Shop:
    return _shops.cdnow(shared_data / "cdnow" / "cdnow_sample.csv")


@pytest.fixture(scope="session")
def online_retail(shared_data: Path) -> Shop:
    return _shops.online_retail(shared_data / "online_retail" / "online_retail.parquet")

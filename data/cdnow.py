"""The real data that comes with Holdfast: every customer CDNOW won in early 1997, with all their orders.

Fader and Hardie (2001), "Forecasting repeat sales at CDNOW", Interfaces 31(3), S94-S107. The file lies in the
installed lifetimes package, which is found but not imported: importing it changes a pandas option and warns.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from data import snapshots
from data.catalog import LOCAL, Catalog, DataSet
from words import text

if TYPE_CHECKING:
    from data.ingest import Imported

NAME = "CDNOW"
CURRENCY = "USD"
ZONE = "America/New_York"


class NoCdnow(ValueError):
    """The installed packages hold no CDNOW file."""


def path() -> Path:
    """Where CDNOW_master.txt lies. Raises NoCdnow."""
    spec = find_spec("lifetimes")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        found = Path(place) / "datasets" / "CDNOW_master.txt"
        if found.is_file():
            return found
    raise NoCdnow(
        text(
            "The CDNOW orders come with the package lifetimes, which is not installed here. "
            "Run `make run` again."
        )
    )


def data_set(home: Path | None = None, tenant: str = LOCAL) -> DataSet:
    """The CDNOW data set of a tenant, made where there is none."""
    catalog = Catalog(home or snapshots.home())
    known = [d for d in catalog.data_sets(tenant) if d.kind == "cdnow"]
    return known[0] if known else catalog.create_data_set(tenant, NAME, "cdnow", CURRENCY, ZONE)


def import_cdnow(
    home: Path | None = None,
    tenant: str = LOCAL,
    progress: Callable[[float, str], None] | None = None,
) -> Imported:
    """Bring CDNOW in on the same road as anybody's file. Doing it again changes nothing."""
    from data.ingest import import_orders

    source = path()
    home = home or snapshots.home()
    return import_orders(
        source,
        home=home,
        tenant=tenant,
        data_set=data_set(home, tenant).id,
        zone=ZONE,
        name=NAME,
        merge=False,
        progress=progress,
    )

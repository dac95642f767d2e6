"""The shops that every page is looked at with: real, made up, tiny and none."""

from __future__ import annotations

from pathlib import Path

from data import cdnow
from data.catalog import LOCAL, Catalog
from data.ingest import import_orders

TENANT = LOCAL
KINDS = ("cdnow", "demo", "tiny", "empty")

TINY = """order,customer,date,total
1,ann,2024-01-05,20.00
2,ben,2024-01-09,35.50
3,ann,2024-02-11,18.00
4,<b>cy</b>,2024-03-01,12.00
"""


def prepare(home: Path, kind: str) -> None:
    """Put one shop of this kind into an empty home."""
    home.mkdir(parents=True, exist_ok=True)
    if kind == "cdnow":
        cdnow.import_cdnow(home=home, tenant=TENANT)
    elif kind == "demo":
        from data import demo

        demo.import_demo(customers=2_000, seed=1, home=home, tenant=TENANT)
    elif kind == "tiny":
        source = home / "tiny.csv"
        source.write_text(TINY)
        import_orders(source, home=home, name="Tiny shop")
    else:
        cdnow.import_cdnow(home=home, tenant=TENANT)
        catalog = Catalog(home)
        for known in catalog.data_sets(TENANT):
            catalog.delete_data_set(known.id)

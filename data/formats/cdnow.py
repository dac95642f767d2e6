"""CDNOW's own layout, as the researchers who published it and `lifetimes` write it."""

from data.formats.base import Format
from words import message

FORMATS = (
    Format(
        name="cdnow",
        title=message("CDNOW"),
        signature=("customer_id", "date", "number_of_cds", "dollar_value"),
        columns={
            "customer_id": "customer_id",
            "ordered_at": "date",
            "items": "number_of_cds",
            "net": "dollar_value",
        },
        currency="USD",
        header_source="CDNOW_master.txt in lifetimes 0.11.3; Fader and Hardie, brucehardie.com/datasets",
        notes=(
            message(
                "One record is one order; there are no order numbers, so equal records are separate orders."
            ),
        ),
    ),
    Format(
        name="cdnow_csv",
        title=message("CDNOW, comma separated"),
        signature=("customer_id", "date", "quantity", "value"),
        columns={"customer_id": "customer_id", "ordered_at": "date", "items": "quantity", "net": "value"},
        header_source="the CDNOW sample as distributed with the BTYD packages for R",
        notes=(
            message(
                "One record is one order; there are no order numbers, so equal records are separate orders."
            ),
        ),
    ),
)

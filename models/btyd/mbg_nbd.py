"""MBG/NBD: as BG/NBD, but a customer may also stop for good right after the first purchase.

Source: Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24, 201-209.
It removes BG/NBD's oddity that a customer who never came back is active for certain.
"""

from __future__ import annotations

from typing import ClassVar

from models.btyd.bg_nbd import BetaGeoFitter


class ModifiedBetaGeoFitter(BetaGeoFitter):
    """The MBG/NBD model with lifetimes' interface. Formulas: `beta_geometric`, with `modified=True`."""

    modified: ClassVar = True

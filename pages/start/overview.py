"""The shop in one screen."""

from pages.common import show

page = show.guard("overview")

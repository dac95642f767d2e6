"""Sentences of the page Lifetime value that depend on what a person has chosen."""

from __future__ import annotations

import pytest

from models.definitions import Definitions
from pages.worth.value_sentences import of_customers


@pytest.mark.parametrize(("level", "said"), [(0.8, "in 80% of cases"), (0.99, "in 99% of cases")])
def test_the_share_of_cases_is_the_level_chosen(level, said) -> None:
    assert said in of_customers(Definitions(level=level))

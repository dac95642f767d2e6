"""Parts of a sample that share no customer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.learning.frames import Truths

Ints = NDArray[np.int64]


def folds(label: Truths, customer: NDArray[np.integer], parts: int, seed: int) -> Ints:
    """For each row the part 0..parts-1 it belongs to: all rows of a customer to the same one, customers who left (in
    any row) and those who stayed spread evenly over the parts."""
    distinct, member = np.unique(customer, return_inverse=True)
    left = np.zeros(len(distinct), bool)
    left[member[label]] = True
    shuffled = np.random.default_rng(seed).permutation(len(distinct))
    order = shuffled[np.argsort(left[shuffled], kind="stable")]
    part = np.empty(len(distinct), np.int64)
    part[order] = np.arange(len(distinct)) % parts
    return part[member]

"""Expectations over a beta distribution by Gauss-Jacobi nodes (Golub and Welsch 1969)."""

from __future__ import annotations

import numpy as np

from models.btyd.inputs import Floats


def beta_nodes(a: Floats | float, b: Floats | float, n: int) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights that sum to 1 for Beta(a, b): E f(p) = sum w f(p), exact for
    polynomials of degree 2n - 1. `a` and `b` broadcast to shape (k,); returns two arrays (k, n)."""
    a, b = np.broadcast_arrays(np.atleast_1d(np.asarray(a, float)), np.atleast_1d(np.asarray(b, float)))
    # Jacobi polynomials on (0, 1) with weight p^(a-1) (1-p)^(b-1): their three-term recurrence.
    A, B = b[:, None] - 1, a[:, None] - 1
    k = np.arange(1, n, dtype=float)
    diagonal = np.empty((len(a), n))
    diagonal[:, 0] = (B - A)[:, 0] / (A + B + 2)[:, 0]
    two = 2 * k + A + B
    diagonal[:, 1:] = (B * B - A * A) / (two * (two + 2))
    off = np.empty((len(a), n - 1))
    # The general term is 0/0 at k = 1 when A + B = -1; there the factor (A + B + 1) cancels.
    off[:, :1] = 4 * (1 + A) * (1 + B) / ((2 + A + B) ** 2 * (3 + A + B))
    later, two = k[1:], two[:, 1:]
    off[:, 1:] = 4 * later * (later + A) * (later + B) * (later + A + B) / (two**2 * (two**2 - 1))
    matrix = np.zeros((len(a), n, n))
    rows = np.arange(n)
    matrix[:, rows, rows] = diagonal
    matrix[:, rows[1:], rows[:-1]] = np.sqrt(off)
    value, vector = np.linalg.eigh(matrix)
    return (1 + value) / 2, vector[:, 0, :] ** 2


def nodes_needed(distance: Floats) -> Floats:
    """How many nodes reach full precision for a function whose nearest singularity lies `distance` left of 0.

    The error of n nodes falls like rho^(-2n), where rho is the ellipse through the singularity
    (Trefethen 2008, SIAM Review 50, theorem 4.5): 17 / ln(rho) nodes reach 1e-15. Rounded up to a
    power of two times 24, at most 1536.
    """
    distance = np.minimum(distance, 1e6)
    rho = 1 + 2 * distance + 2 * np.sqrt(distance * (1 + distance))
    wanted = 17 / np.log(rho)
    return 24 * 2 ** np.clip(np.ceil(np.log2(np.maximum(wanted, 1) / 24)), 0, 6)

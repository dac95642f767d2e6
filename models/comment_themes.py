"""Themes in the comments of one language: TF-IDF, non-negative matrix factorisation, and which themes hold.

Words that come together make a theme: comments x terms, weighted by TF-IDF, is factored into comments x themes and
themes x terms, all non-negative (Lee and Seung 1999, Nature 401, 788-791). A comment belongs to the theme with the
largest part in it, or to none.

A theme is trusted when it comes back: the fit is repeated on bootstrap samples from other starting points, each theme
is matched with the repeated one whose comments agree best, and the agreement is Jaccard's, comments in both over
comments in either (Hennig 2007, Computational Statistics and Data Analysis 52, 258-271).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from models.comment_words import Vocabulary

SIZES = (3, 4, 5, 6, 8, 10)
"""Numbers of themes that are tried."""
REPEATS = 5
STABLE = 0.75
"""Mean agreement from which a theme is named: Hennig (2007) calls groups from .75 on stable, those below .6 not to be
trusted, and those between a pattern whose members are in doubt. Naming a theme invites acting on it."""
FEWEST_MEMBERS = 10
"""Comments that a theme needs to be named: the agreement of fewer hangs on one or two."""
FITTED = 3_000
"""Comments that themes are learned from: of more, a random part. All are then assigned."""
FEWEST = 60
"""Comments of one language from which themes are looked for: fewer make no three themes of twenty."""
_TERMS = 2_000
_TYPICAL = 5
_FAINT = 0.1
"""Words below this share of the heaviest one's weight are not typical."""
_ROUNDS = 40
_STARTS, _FIRST_ROUNDS = 3, 8

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Theme:
    """`words` are typical, the most typical first; `stability` is the mean agreement in 0..1; `members` are indices of
    its comments, the most typical first."""

    words: tuple[str, ...]
    stability: float
    members: Ints

    @property
    def stable(self) -> bool:
        return self.stability >= STABLE and len(self.members) >= FEWEST_MEMBERS


@dataclass(frozen=True)
class Themes:
    """`themes` with the largest first; `tried` maps the numbers of themes tried to (stable ones, share of the comments in
    them)."""

    themes: tuple[Theme, ...]
    tried: dict[int, tuple[int, float]]
    repeats: int


def find_themes(comments: Sequence[str], language: str, *, seed: int = 0) -> Themes:
    """The themes of comments in one language. No themes where too few terms come again.

    The number of themes is the one with the most stable themes, times the share of comments in them: many small themes
    that leave most comments to "other words" tell less than a few that hold.
    """
    vocabulary = Vocabulary(language)
    terms = [vocabulary.terms(comment) for comment in comments]
    weights, names = _weighted(terms)
    random = np.random.default_rng(seed)
    which = np.flatnonzero(np.diff(weights.indptr) > 0)
    if len(which) > FITTED:
        which = np.sort(random.choice(which, FITTED, replace=False))
    learned = weights[which]
    distinct = len(set(map(tuple, (terms[i] for i in which))))
    best: tuple[tuple[float, float], Floats, Floats] | None = None
    tried: dict[int, tuple[int, float]] = {}
    for size in SIZES:
        if size > min(distinct, len(names)) - 1 or len(which) < 10 * size:
            break
        topics = _topics(learned, size, seed)
        agreement = _agreement(learned, topics, seed)
        label = _label(_parts(learned, topics))
        sizes = np.bincount(label[label >= 0], minlength=size)
        stable = (agreement >= STABLE) & (sizes >= FEWEST_MEMBERS)
        tried[size] = int(stable.sum()), float(np.isin(label, np.flatnonzero(stable)).mean())
        worth = tried[size][0] * tried[size][1], float(agreement.mean())
        if best is None or worth > best[0]:
            best = worth, topics, agreement
    if best is None:
        return Themes((), tried, REPEATS)
    _, topics, agreement = best
    parts = _parts(weights, topics)
    label = _label(parts)
    found = []
    for k in range(len(topics)):
        members = np.flatnonzero(label == k)
        purity = parts[members, k] / np.maximum(parts[members].sum(axis=1), 1e-12)
        typical = np.lexsort((members, -(purity * np.sqrt(parts[members, k])).round(6)))
        found.append(
            Theme(
                tuple(vocabulary.written(_typical(topics, names, k, vocabulary.negations))),
                float(agreement[k]),
                members[typical],
            )
        )
    found.sort(key=lambda theme: (-len(theme.members), theme.words))
    return Themes(tuple(t for t in found if len(t.members)), tried, REPEATS)


def _weighted(terms: list[list[str]]) -> tuple[sparse.csr_matrix, list[str]]:
    """TF-IDF of the terms that come in enough comments to be a theme's, each comment of length 1."""
    often = max(3, len(terms) // 500)
    vectorizer = TfidfVectorizer(
        analyzer=list, min_df=often, max_features=_TERMS, sublinear_tf=True, dtype=np.float32
    )
    try:
        weights = vectorizer.fit_transform(terms)
    except ValueError:
        # scikit-learn says so where no term comes often enough.
        return sparse.csr_matrix((len(terms), 0), dtype=np.float32), []
    return weights.tocsr(), list(vectorizer.get_feature_names_out())


def _topics(weights: sparse.csr_matrix, size: int, seed: int) -> Floats:
    """Themes x terms, each of length 1. A fixed number of rounds: what has not settled by then shows as unstable."""
    model = NMF(size, init="nndsvda", random_state=seed, max_iter=_ROUNDS, tol=0.0)
    return normalize(model.fit(weights).components_)


def _topics_again(weights: sparse.csr_matrix, size: int, seed: int) -> Floats:
    """The same from random starting points: the one of _STARTS that fits best after a few rounds is carried on."""
    found = []
    for start in range(_STARTS):
        model = NMF(size, init="random", random_state=seed + start, max_iter=_FIRST_ROUNDS, tol=0.0)
        parts = model.fit_transform(weights)
        found.append((model.reconstruction_err_, start, parts, model.components_))
    _, _, parts, topics = min(found, key=lambda each: each[:2])
    model = NMF(size, init="custom", max_iter=_ROUNDS, tol=0.0)
    model.fit_transform(weights, W=np.ascontiguousarray(parts), H=np.ascontiguousarray(topics))
    return normalize(model.components_)


def _parts(weights: sparse.csr_matrix, topics: Floats, rounds: int = 15) -> Floats:
    """Comments x themes: the non-negative parts of each theme in each comment, by coordinate descent."""
    shared = topics @ topics.T
    wanted = np.asarray(weights @ topics.T)
    parts = np.maximum(wanted, 0.0)
    for _ in range(rounds):
        for k in range(len(topics)):
            others = parts @ shared[:, k] - parts[:, k] * shared[k, k]
            parts[:, k] = np.maximum((wanted[:, k] - others) / shared[k, k], 0.0) if shared[k, k] else 0.0
    return parts


def _label(parts: Floats) -> Ints:
    """The theme of each comment; -1 where none has a part in it."""
    return np.where(parts.max(axis=1) > 1e-6, parts.argmax(axis=1), -1)


def _agreement(weights: sparse.csr_matrix, topics: Floats, seed: int) -> Floats:
    """For each theme the mean, over repeats, of Jaccard's agreement with the repeated theme that fits best."""
    size, n = len(topics), weights.shape[0]
    own = _label(_parts(weights, topics))
    found = np.zeros(size)
    for repeat in range(REPEATS):
        random = np.random.default_rng((seed, repeat, size))
        drawn = weights[np.sort(random.integers(0, n, n))]
        other = _label(_parts(weights, _topics_again(drawn, size, 1_000 * (seed + 1) + 10 * repeat)))
        both = (own >= 0) & (other >= 0)
        shared = np.zeros((size, size))
        np.add.at(shared, (own[both], other[both]), 1.0)
        sizes = np.bincount(own[own >= 0], minlength=size)[:, None]
        others = np.bincount(other[other >= 0], minlength=size)[None, :]
        either = sizes + others - shared
        found += (shared / np.maximum(either, 1.0)).max(axis=1)
    return found / REPEATS


def _typical(topics: Floats, names: list[str], theme: int, negations: frozenset[str]) -> list[str]:
    """The heaviest terms, none that repeats a chosen one's word but to deny it ("delivery", "not delivered")."""
    chosen: list[str] = []
    seen: set[str] = set()
    for at in np.argsort(-topics[theme], kind="stable"):
        if topics[theme][at] < _FAINT * topics[theme].max() or len(chosen) == _TYPICAL:
            break
        parts = set(names[at].split(" "))
        denies = parts & negations - seen
        if denies or not parts & seen:
            chosen.append(names[at])
            seen |= parts
    return chosen

"""Planted themes are found again in four languages; noise has none; one model over all languages finds the languages."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score

from models.comment_themes import STABLE, find_themes
from models.comment_words import Vocabulary
from tests.models.comment_texts import planted, purity

LANGUAGES = ("en", "es", "pt", "uk")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", [0, 1])
def test_planted_themes_are_found(language: str, seed: int) -> None:
    said, about = planted(language, 500, seed)
    found = find_themes(said, language, seed=seed)
    assert purity(about, [t.members for t in found.themes]) >= 0.8
    stable = [t for t in found.themes if t.stable]
    assert len(stable) >= 4
    # The stable ones are about different things.
    assert len({np.bincount(about[t.members]).argmax() for t in stable}) >= 4


def test_one_model_over_all_languages_finds_languages_instead() -> None:
    each = [planted(language, 200, 3) for language in LANGUAGES]
    spoken = np.repeat(np.arange(len(LANGUAGES)), 200)
    about = np.concatenate([a for _, a in each])
    every = [comment for said, _ in each for comment in said]
    weights = TfidfVectorizer(min_df=3).fit_transform(every)
    mixed = NMF(len(LANGUAGES), init="nndsvda", max_iter=100, tol=0.0).fit_transform(weights).argmax(axis=1)
    assert normalized_mutual_info_score(spoken, mixed) > 0.8
    assert normalized_mutual_info_score(about, mixed) < 0.1
    alone = np.full(len(every), -1)
    for k, (said, _) in enumerate(each):
        for number, theme in enumerate(find_themes(said, LANGUAGES[k]).themes):
            alone[200 * k + theme.members] = number
        own = slice(200 * k, 200 * (k + 1))
        assert normalized_mutual_info_score(about[own], alone[own]) > 0.7


@pytest.mark.parametrize("n", [100, 600])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_words_at_random_have_no_stable_theme(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vocabulary = ["".join(random.choice(list("bcdfgklmnprst"), 7)) for _ in range(150)]
    said = [" ".join(random.choice(vocabulary, 8)) for _ in range(n)]
    assert max(t.stability for t in find_themes(said, "en").themes) < STABLE


def test_the_same_seed_gives_the_same_themes() -> None:
    said, _ = planted("en", 300, 5)
    one, two = find_themes(said, "en", seed=4), find_themes(said, "en", seed=4)
    assert [(t.words, t.stability, t.members.tolist()) for t in one.themes] == [
        (t.words, t.stability, t.members.tolist()) for t in two.themes
    ]


@pytest.mark.parametrize(
    "said",
    [[], ["good"] * 200, ["good", "bad"] * 100, [""] * 80, ["no"] * 90, [f"word{i}x" for i in range(100)]],
)
def test_hardly_any_words_make_no_fault(said: list[str]) -> None:
    assert sum(len(t.members) for t in find_themes(said, "en").themes) <= len(said)


@pytest.mark.parametrize(
    ("language", "comment", "expected", "unwanted"),
    [
        ("en", "The bread was not good", "not good", "not"),
        ("en", "It isn't good, it didn't arrive", "not good", "isn"),
        ("es", "No recibí nada bueno", "no recibi", "no"),
        ("pt", "Nao gostei", "nao gostei", "nao"),
        ("pt", "Não gostei", "nao gostei", "não"),
        ("fr", "Je n’ai pas reçu le colis", "pas recu", "pas"),
        ("uk", "Це не смачно", "не смачно", "не"),
        ("ru", "Это не вкусно", "не вкусно", "не"),
    ],
)
def test_negations_stay_with_what_they_deny(
    language: str, comment: str, expected: str, unwanted: str
) -> None:
    terms = Vocabulary(language).terms(comment)
    assert expected in terms
    assert unwanted not in terms


def test_words_are_shown_as_people_write_them() -> None:
    vocabulary = Vocabulary("pt")
    forms = {tuple(vocabulary.terms(word)) for word in ("entregue", "entrega", "Entrega", "entregaram")}
    assert forms == {("entreg",)}
    assert vocabulary.written(["entreg"]) == ["entrega"]
    assert Vocabulary("uk").terms("п'ять м’яких") == ["п'ять м’яких".replace("'", "").replace("’", "").split()[0],
                                                      "мяких", "пять мяких"]  # fmt: skip

"""Languages of very short comments, and what is no language at all."""

from __future__ import annotations

import pytest

from models.comment_language import OTHER, WORDLESS, languages
from models.comment_words import NEGATIONS, STOP_WORDS
from tests.models.comment_texts import SHORT


def test_ten_short_comments_in_each_of_six_languages() -> None:
    said = [(code, comment) for code, comments in SHORT.items() for comment in comments]
    found = languages([comment for _, comment in said])
    right = sum(code == guess for (code, _), guess in zip(said, found, strict=True))
    assert len(said) == 60
    assert right >= 56


@pytest.mark.parametrize(
    "comment",
    ["", "5", "👍👍👍", "!!!", "10/10", "bob@example.com", "https://example.com/a-page", "x", "\u200f"],
)
def test_what_holds_no_words_is_no_language(comment: str) -> None:
    assert languages([comment]) == [WORDLESS]


@pytest.mark.parametrize(
    "comment",
    [
        "Ottimo prodotto, consegna veloce e imballaggio perfetto",
        "Sehr gute Qualität, schnelle Lieferung, gerne wieder",
        "商品很好，物流很快",
        "المنتج ممتاز والتوصيل سريع",
        "Bardzo dobra jakość i szybka dostawa",
    ],
)
def test_other_languages_are_not_taken_for_one_of_the_six(comment: str) -> None:
    assert languages([comment]) == [OTHER]


def test_letters_that_one_of_two_languages_has_decide() -> None:
    assert languages(["Її", "Всё", "ціна їжі", "новый"]) == ["uk", "ru", "uk", "ru"]


def test_an_ambiguous_comment_is_in_the_language_of_the_shops_others() -> None:
    spanish = ["El pedido llegó con una semana de retraso", "La caja llegó rota y nadie contestó"] * 200
    portuguese = ["A encomenda chegou com uma semana de atraso", "A caixa chegou partida, não gostei"] * 200
    assert languages([*spanish, "Excelente"])[-1] == "es"
    assert languages([*portuguese, "Excelente"])[-1] == "pt"


@pytest.mark.parametrize("code", NEGATIONS)
def test_no_list_of_filler_words_holds_a_negation(code: str) -> None:
    assert not STOP_WORDS[code] & NEGATIONS[code]
    assert {"en": "not", "es": "no", "pt": "não", "fr": "pas", "uk": "не", "ru": "не"}[code] in NEGATIONS[
        code
    ]

"""In which language a comment is written: English, Spanish, Portuguese, French, Ukrainian, Russian, or another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from math import log

from py3langid.langid import MODEL_FILE, RAW_FLOOR, LanguageIdentifier

from models.comment_words import NEGATIONS, STOP_WORDS

LANGUAGES = ("en", "es", "pt", "fr", "uk", "ru")
OTHER = "other"
WORDLESS = ""
"""Nothing to read: only figures, signs or emoji, or one short word that may be any language ("ok")."""

_NEIGHBOURS = ("de", "it", "nl", "pl", "tr", "ro", "cs", "sv", "bg", "sr")
"""Languages in the same two alphabets that a comment may well be in; more would only draw short comments away."""
MARGIN = 8.0
"""How much likelier (natural logarithm, as py3langid scores) a neighbour must be than the best of the six, and one of
the six than the next to be beyond doubt. Very short comments look like many languages; a shop mostly hears a few."""
READ = 120
"""Characters that are read; a longer comment is in no clearer language."""

_SHOP_TALK = {
    "en": "good great bad fast slow cheap expensive delivery quality thanks late nice love box broken service",
    "es": "bueno buena malo caro rápido gracias pedido llegó calidad envío tarde servicio excelente",
    "pt": "bom boa ruim caro rápido obrigado obrigada chegou qualidade prazo atendimento excelente",
    "fr": "bon bonne mauvais cher rapide merci livraison colis qualité retard service",
    "uk": "добре добрий гарний погано дорого швидко швидка дякую доставка якість коробка чудово дуже сподобалося надто",
    "ru": "хорошо хороший плохо дорого быстро быстрая спасибо доставка качество коробка отлично очень понравилось слишком",
}
"""What people mostly write in two words; those that two languages share tell nothing and are left out."""
TELLING = 6.0
"""What a word that only one of the six has adds to its score: the model goes by pieces of words, and two short words
have few."""


def _only(language: str) -> frozenset[str]:
    """The filler, negating and common words that this language has alone."""
    lists = {
        code: STOP_WORDS[code] | NEGATIONS[code] | frozenset(_SHOP_TALK[code].split()) for code in LANGUAGES
    }
    others = frozenset().union(*(words for code, words in lists.items() if code != language))
    return frozenset(word for word in lists[language] - others if len(word) > 1)


_LANGUAGE_OF = {word: code for code in LANGUAGES for word in _only(code)}
_TWO_LETTERS = re.compile(r"[^\W\d_].*?[^\W\d_]", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_NO_WORDS = re.compile(r"https?://\S+|\S+@\S+|[\d_]+")
_LATIN_OR_CYRILLIC = re.compile(r"[A-Za-z\u00c0-\u024f\u0400-\u04ff]")
_UKRAINIAN, _RUSSIAN = re.compile(r"[іїєґ]"), re.compile(r"[ыэъё]")

Scores = dict[str, float]


@cache
def _identifier() -> LanguageIdentifier:
    """The model that lies in the package, so nothing is fetched."""
    found = LanguageIdentifier.from_model_file(MODEL_FILE)
    found.set_languages([*LANGUAGES, *_NEIGHBOURS])
    return found


def _read(comment: str) -> str | Scores:
    """The language where it is beyond doubt, else the score of each of the six."""
    said = _NO_WORDS.sub(" ", comment[:READ]).strip()
    if not _TWO_LETTERS.search(said):
        return WORDLESS
    if not said.isascii() and 2 * len(_LATIN_OR_CYRILLIC.findall(said)) < len(_LETTER.findall(said)):
        return OTHER
    lower = said.lower()
    # Letters that only one of the two has; the model goes by frequent pieces and does not know that.
    if bool(_UKRAINIAN.search(lower)) != (russian := bool(_RUSSIAN.search(lower))):
        return "ru" if russian else "uk"
    scores = dict(_identifier().rank(said))
    ours = {code: scores[code] for code in LANGUAGES}
    for word in _WORD.findall(lower):
        if word in _LANGUAGE_OF:
            ours[_LANGUAGE_OF[word]] += TELLING
    first, second = sorted(ours.values(), reverse=True)[:2]
    if first <= RAW_FLOOR:
        return WORDLESS
    if max(scores.values()) - first > MARGIN:
        return OTHER
    return ours if first - second < MARGIN else max(ours, key=lambda code: ours[code])


def languages(comments: Sequence[str]) -> list[str]:
    """The language of each: one of LANGUAGES, OTHER or WORDLESS.

    Where two of the six are close ("Excelente" is Spanish and Portuguese), the shop's other comments count: their
    shares among those beyond doubt are the prior.
    """
    read = {comment: _read(comment) for comment in dict.fromkeys(comments)}
    clear = Counter(found for c in comments if isinstance(found := read[c], str))
    total = sum(clear[code] + 1 for code in LANGUAGES)
    prior = {code: log((clear[code] + 1) / total) for code in LANGUAGES}

    def decided(found: str | Scores) -> str:
        return found if isinstance(found, str) else max(LANGUAGES, key=lambda code: found[code] + prior[code])

    known = {comment: decided(found) for comment, found in read.items()}
    return [known[comment] for comment in comments]

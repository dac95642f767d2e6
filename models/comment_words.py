"""Words of comments: cut apart, endings and accents taken off, filler words left out, negations kept."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

STEM = 6
"""Letters of a word that count: "entrega", "entregue" and "entregaram" are one word. Cutting words after a few letters
finds texts in inflected languages about as well as stemmers do (McNamee and Mayfield 2004, Information Retrieval 7,
73-97), for every language in the same way."""

_NEGATIONS: dict[str, str] = {
    "en": "no not nor never nothing nobody none without cannot",
    "es": "no ni nunca jamás nada nadie ningún ninguna ninguno sin tampoco",
    "pt": "não nao nem nunca jamais nada ninguém nenhum nenhuma sem",
    "fr": "ne pas non ni jamais rien personne aucun aucune sans plus",
    "uk": "не ні ані ніколи нічого ніхто немає нема без жодного жоден",
    "ru": "не ни нет никогда ничего никто без нельзя",
}
"""What turns a sentence round. Lists of filler words usually hold these; here they are taken out of the lists."""

_FILLERS: dict[str, str] = {
    "en": "a an the and or but if so as at by for from in into of on onto off out over to up with about after before "
    "again all also am any are be been being both can could did do does doing done each few had has have having he her "
    "here hers him his how i it its itself just me more most my myself of only other our ours own same she should some "
    "such than that their theirs them then there these they this those through too under until us very was we were what "
    "when where which while who whom why will would you your yours im ive id its got get one really much not no nor",
    "es": "a al algo algunas algunos ante antes aquí así aun aunque cada como con cual cuando de del desde donde dos "
    "durante e el él ella ellas ellos en entre era eran eres es esa esas ese eso esos esta está están estas este esto "
    "estos estoy fue fueron ha había han has hasta hay he la las le les lo los más me mi mí mis mucho muchos muy nos "
    "nosotros o os otra otro otros para pero poco por porque que qué quien se sea ser si sí sido sobre son soy su sus "
    "también tan te tengo tiene todo todos tu tú un una uno unos usted y ya yo solo no ni sin",
    "pt": "a à às ao aos aquela aquele aqui as até cada com como da das de dela dele depois do dos e é ela elas ele eles "
    "em entre era essa esse esta está estão estava este estes estou eu foi foram há isso isto já lhe mais mas me "
    "meu meus mesmo minha minhas muito muita na nas nos o os ou outra outro para pela pelas pelo pelos pois por porque "
    "pra que quem se sem ser seu seus sua suas só sou também te tem tenho ter tinha tive todo todos toda tudo um uma uns "
    "vc vcs você vocês vou q não nao nem",
    "fr": "à a ai ait alors as au aussi autre aux avait avec avez avons c ça car ce cela ces cet cette ceux chez comme d "
    "dans de des donc du elle elles en encore entre est et étaient était été être eu eux fait faire fois ici il ils j je "
    "l la le les leur leurs lui m ma mais me même mes moi mon n ne nos notre nous on ont ou où par pas peu peut plus pour "
    "qu quand que qui s sa sans se ses si son sont sous suis sur t ta te tes toi ton tous tout toute toutes très tu un "
    "une vos votre vous y",
    "uk": "а або але аж б без би був була були було бути в вам вас ваш весь від він вона вони воно все всі всього вже ви "
    "да для до дуже є ж за з зі із й його її їх і та так також там те ти тим то тобі того той тому тут у усе усі хто це "
    "цей ця ці цього чи чого ще що щоб як яка який які якщо мене мені ми мій моя моє мої на над нам нас наш не ні об "
    "одне один одна після по при про раз сам свій себе собі такий така таке такої",
    "ru": "а без более бы был была были было быть в вам вас ваш весь во вот все всё всего всех вы где да даже для до его "
    "её если есть ещё еще ж же за здесь и из или им их к как какая какой когда кто ли мне меня мы мой моя моё мои на над "
    "нам нас наш не нет ни но ну о об один одна однако он она они оно от очень по под после потом при про раз с сам свой "
    "себе себя со так также такая такой там те тебе тем то того той только тот тоже ты у уже хотя чего чем что чтобы эта "
    "эти это этого этот эту я",
}

NEGATIONS = {code: frozenset(words.split()) for code, words in _NEGATIONS.items()}
STOP_WORDS = {code: frozenset(words.split()) - NEGATIONS[code] for code, words in _FILLERS.items()}

_WORD = re.compile(r"[^\W\d_]+")
_INNER = re.compile(r"(?<=[\u0400-\u04ff])['’ʼ](?=[\u0400-\u04ff])")
"""The Ukrainian apostrophe is inside a word, that of other languages between two."""
_SHORT_NOT = re.compile(r"\b(\w+?)n['’]?t\b")
_CONTRACTED = frozenset(
    (
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "ca",
        "could",
        "would",
        "should",
        "wo",
        "must",
        "need",
    )
)


def _uncontracted(found: re.Match[str]) -> str:
    verb = found[1]
    return f"{verb} not" if verb in _CONTRACTED else found[0]


def folded(word: str) -> str:
    """Latin letters without their accents, which many do not type; й and ї are letters of their own and stay."""
    if word.isascii() or "\u0400" <= word[0] <= "\u04ff":
        return word.replace("ё", "е")
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


class Vocabulary:
    """Cuts comments of one language into terms, and remembers how each was mostly written."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.negations = frozenset(folded(word) for word in NEGATIONS.get(language, ()))
        self._stop = {folded(word) for word in STOP_WORDS.get(language, ())} - self.negations
        self._stems: dict[str, str | None] = {}
        self._written: dict[str, Counter[str]] = {}

    def terms(self, comment: str) -> list[str]:
        """Words, and pairs of neighbours ("not good") after the filler words are gone."""
        lower = unicodedata.normalize("NFC", comment).lower()
        if self.language in ("uk", "ru"):
            lower = _INNER.sub("", lower)
        if self.language == "en":
            lower = _SHORT_NOT.sub(_uncontracted, lower)
        words = [stem for w in _WORD.findall(lower) if (stem := self._stem(w)) is not None]
        # A negation alone says nothing; with its neighbour it does.
        single = [w for w in words if w not in self.negations]
        return single + [f"{a} {b}" for a, b in pairwise(words)]

    def _stem(self, word: str) -> str | None:
        if word not in self._stems:
            plain = folded(word)
            filler = plain in self._stop or len(plain) < 3
            # Negations stay whole, so that they are known again.
            kept = plain if plain in self.negations else None if filler else plain[:STEM]
            self._stems[word] = kept
        found = self._stems[word]
        if found is not None:
            self._written.setdefault(found, Counter())[word] += 1
        return found

    def written(self, terms: Iterable[str]) -> list[str]:
        """The terms as people mostly write them."""
        return [" ".join(self._commonest(part) for part in term.split(" ")) for term in terms]

    def _commonest(self, stem: str) -> str:
        found = self._written.get(stem)
        return min(found, key=lambda w: (-found[w], w)) if found else stem

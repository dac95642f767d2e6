"""Which columns of a survey file are questions, of what kind and on which scale: guessed from names and values.

A guess is shown to a person, and a wrong scale shows itself: answers off it are set aside by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from data.answer_words import FIVE, LONGEST, OF, SEVEN, STARS, folded
from data.guessing import NAMES, guess_mapping, plain_words
from data.mapping import Mapping
from data.questions import USUAL, Question
from data.values import MISSING

Row = dict[str, str | None]

HINTS = {
    "NPS": ("recommend", "nps", "promoter", "recomend", "recommand", "weiterempf", "empfehlen", "consigli", "raccomand", "рекоменд", "порад", "polec"),
    "CES": ("effort", "easy", "ease", "easily", "ces", "esfuerzo", "esforco", "facil", "facile", "aufwand", "einfach", "leicht", "sforzo", "зусил", "усили",
            "легко", "latwo"),
    "CSAT": ("satisf", "csat", "rating", "rate", "rated", "stars", "star", "score", "happy", "zufrieden", "soddisf", "удовлетвор", "доволен", "довольн", "задоволен",
             "оцен", "оцін", "bewert", "calific", "avalia", "nota", "zadowol", "ocen"),
}  # fmt: skip
"""How a word of a header begins that asks for a score; the first kind that fits counts."""
WHOLE = ("nps", "ces", "rate", "rated", "ease", "easy", "star", "nota", "happy")
"""Those that have to be the whole word: "ces" also begins "cesta", "rate" begins "rates of exchange"."""

COMMENTS = (
    "comment", "feedback", "why", "reason", "improve", "tell us", "what", "message", "anything else", "suggest", "review text", "kommentar", "warum", "grund",
    "comentario", "por que", "motivo", "commentaire", "pourquoi", "raison", "commento", "perche", "коммент", "комент", "почему", "чому", "отзыв", "відгук",
    "uwagi", "dlaczego",
)  # fmt: skip

WHOLE_COMMENTS, END = ("why", "what", "reason", "grund", "raison", "motivo"), r"s?\b"

WHOSE = ("customer_id", "email", "order_id")

_NUMBER = re.compile(r"[-+]?\d{1,3}(\.\d*|,\d{1,2})?")
_LABELLED = re.compile(
    rf"(\d{{1,3}}) ?(?:{OF}) ?\d{{1,3}}|(\d{{1,3}}) ?(?:{STARS})|(\d{{1,3}}) ?[-–—:.=(,]+[^\d%]*|[^\d%]*[-–—:=(]+ ?(\d{{1,3}})\)?"
)
_RANGE = re.compile(r"\b([01])\s*(?:-|–|—|to|bis|a|al|à|до|do)\s*(3|4|5|6|7|10)\b")
_FIVE, _SEVEN = ({w for said in places.values() for w in said} for places in (FIVE, SEVEN))
_CONTENTED = {w for w in _FIVE | _SEVEN if "satis" in w or "zufrieden" in w or "soddisf" in w or "довол" in w}


def guess_questions(
    header: Sequence[str], rows: Sequence[Row], taken: Iterable[str] = ()
) -> tuple[Question, ...]:
    """The questions of a file, each with the columns in which people wrote about it: those that follow it, or precede
    the first. `taken` are headers that are known to be something else."""
    known = set(taken)
    free = [h for h in header if h not in known]
    found: dict[str, Question] = {}
    for column in free:
        said = [folded(v) for row in rows if (v := row.get(column)) and v.strip().lower() not in MISSING]
        kind = kind_of(column, said)
        if kind and said and _scored(said):
            found[column] = _asked(column, kind, said)
    if not found:
        # Without a single value to look at, the name decides.
        named = {h: kind_of(h, []) for h in free if not any(row.get(h) for row in rows)}
        found = {h: Question(h, k, _said_scale(h) or USUAL[k]) for h, k in named.items() if k}
    written: dict[str, list[str]] = {h: [] for h in found}
    last = next(iter(found), "")
    for column in free:
        if column in found:
            last = column
        elif last and _is_comment(column, rows):
            written[last].append(column)
    return tuple(Question(q.header, q.kind, q.scale, tuple(written[h])) for h, q in found.items())


def with_questions(mapping: Mapping, header: Sequence[str], rows: Sequence[Row]) -> Mapping:
    """A mapping of surveys with its questions guessed, where it has none and its file names no kind or question."""
    named = guess_mapping(header, rows, "surveys").columns
    taken = list(mapping.all_headers())
    whose = {c: h for c, h in named.items() if c in WHOSE and h not in taken}
    mapping = mapping.but(columns=whose | mapping.columns)
    if mapping.questions or {"kind", "question", "scale"} & set(mapping.columns):
        return mapping
    kept = {c: h for c, h in mapping.columns.items() if c not in ("score", "comment")}
    questions = guess_questions(header, rows, mapping.but(columns=kept).all_headers())
    if not questions and (scores := mapping.headers("score")):
        questions = (Question(scores[0], "NPS", "0-10", mapping.headers("comment")),)
    return mapping.but(columns=kept, questions=questions) if questions else mapping


def is_survey(header: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether a file that nobody knows looks like answers: it asks something, and has no amount of money."""
    plain = {plain_words(h) for h in header}
    money = {name for column in ("total", "net", "price") for name in NAMES[column]} - {"value"}
    return not plain & money and bool(guess_questions(header, rows))


def kind_of(header: str, said: Sequence[str]) -> str | None:
    """NPS, CES or CSAT by a header's words; CSAT too where the answers speak of satisfaction; None for no question."""
    words = plain_words(header)
    known = words.split()
    for kind, hints in HINTS.items():
        for hint in hints:
            if any(word == hint or (hint not in WHOLE and word.startswith(hint)) for word in known):
                return kind
    return "CSAT" if said and sum(v in _CONTENTED for v in said) > len(said) / 2 else None


def score_in(said: str) -> float | None:
    """Roughly the number that a folded answer gives."""
    if len(said) > LONGEST:
        return None
    if _NUMBER.fullmatch(said):
        return float(said.replace(",", "."))
    found = _LABELLED.fullmatch(said)
    number = next((g for g in found.groups() if g), None) if found else None
    return float(number) if number else None


def _scored(said: Sequence[str]) -> bool:
    known = sum(
        score_in(v) is not None or v in _FIVE or v in _SEVEN or set(v) <= set("★☆⭐\ufe0f") for v in said
    )
    return known > len(said) / 2


def _asked(header: str, kind: str, said: Sequence[str]) -> Question:
    """The question with its scale: as its header says, else the smallest usual one that holds the answers seen."""
    numbers = [n for v in said if (n := score_in(v)) is not None]
    if kind == "NPS":
        # Nobody asks "would you recommend us" on a scale that ends at 5 and calls it NPS.
        short = len(numbers) < len(said) / 2 or (
            len(numbers) >= 10 and min(numbers) >= 1 and max(numbers) <= 5
        )
        return Question(header, "CSAT", "1-5") if short else Question(header, "NPS", "0-10")
    scale = _said_scale(header)
    if scale is None and len(numbers) < len(said) / 2:
        seven = any(v in _SEVEN and ("slightly" in v or "moderately" in v) for v in said)
        scale = "1-7" if seven else "1-5"
    if scale is None:
        high, low = max(numbers, default=0), min(numbers, default=1)
        if plain_words(header) == "score" and high > 7:
            return Question(header, "NPS", "0-10")
        sizes = [h for h in ((5, 7, 10) if kind == "CSAT" else (7, 10)) if high <= h] or [10]
        if kind == "CES" and len(numbers) >= 20 and high <= 5:
            sizes = [5]
        scale = f"{0 if low < 1 and sizes[0] != 7 else 1}-{sizes[0]}"
    return Question(header, kind, scale)


def _said_scale(header: str) -> str | None:
    """ "How satisfied are you (1-5)?" says it itself."""
    found = _RANGE.search(header.casefold())
    return f"{found[1]}-{found[2]}" if found else None


def _is_comment(header: str, rows: Sequence[Row]) -> bool:
    plain = plain_words(header)
    if not any(re.search(rf"\b{hint}{END if hint in WHOLE_COMMENTS else ''}", plain) for hint in COMMENTS):
        return False
    said = [v for row in rows if (v := row.get(header)) and v.strip()]
    # The same few words again and again were ticked, not written.
    written = len(said) < 5 or len(set(said)) > len(said) / 2
    return written and sum(score_in(folded(v)) is None for v in said) >= len(said) / 2

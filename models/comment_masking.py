"""E-mail addresses and telephone numbers in what customers wrote, masked before anybody sees it.

Dates, amounts and order numbers stay: they are what a complaint is about. A run of nine to thirteen figures that
nothing calls an order is taken for a telephone number: rather one number too many masked than one too few.
"""

from __future__ import annotations

import re

from words import message, text

EMAIL = message("[e-mail]")
PHONE = message("[phone]")

_LOCAL = r"[^\s@＠,;:<>()\[\]\"«»“”]"
_EMAIL = re.compile(
    # From the beginning of the token on only, so that a comment without blanks is read once.
    rf"(?<!{_LOCAL}){_LOCAL}++\s?[@＠]\s?(?:[\w-]++\.)+[\w-]{{2,}}"
)

_ORDER_WORDS = (
    r"orders?|invoice|tracking|parcel|ref(?:erence)?|pedidos?|compras?|factura|rastreo|seguimiento|encomendas?|nota fiscal|"
    r"nf|rastreio|rastreamento|c[óo]digo|protocolo|commandes?|colis|facture|suivi|замовлення|накладн\w+|ттн|посилк\w+|"
    r"заказ\w*|трек\w*|посылк\w+|чек\w*"
)
_NUMBER_WORDS = r"number|num|no|nr|n[º°o]|n[úu]mero|номер\w*|code|id|is|es|é|est"
_GAP = r"[\s:.,#№º°-]{0,3}"
_KEPT = (
    rf"\b(?:{_ORDER_WORDS})(?:{_GAP}\b(?:{_NUMBER_WORDS})\b){{0,2}}{_GAP}\d[\d-]*"
    r"|[#№]\s?\d[\d-]*"
    r"|(?<!\d)(?:[12]\d{3}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:[12]\d)?\d\d)(?!\d)(?![-./]\d)"
    r"|(?<!\d)[0-3]?\d [01]?\d (?:19|20)\d\d(?! ?\d)"
    r"|(?<!\d)[12]\d{3}\s?[-–/]\s?[12]\d{3}(?!\d)"
    r"|[$€£₴₽]\s?\d[\d.,]*"
)
_CANDIDATE = r"(?<!\w)(?P<phone>\+?\(?\+?\d(?:[ \u00a0.\-–/()]{0,2}\d){6,17})(?!\w)"
_FIGURES = re.compile(r"\d.*?\d", re.DOTALL)
_NUMBERS = re.compile(f"{_KEPT}|{_CANDIDATE}", re.IGNORECASE)


def mask(comment: str, email: str | None = None, phone: str | None = None) -> str:
    """The comment with `email` and `phone` (in the reader's language: "[e-mail]", "[phone]") in place of each."""
    if "@" in comment or "＠" in comment:
        comment = _EMAIL.sub(lambda _: text(EMAIL) if email is None else email, comment)

    def hidden(found: re.Match[str]) -> str:
        candidate = found["phone"]
        if candidate is None or not _is_phone(candidate):
            return found[0]
        return text(PHONE) if phone is None else phone

    return _NUMBERS.sub(hidden, comment) if _FIGURES.search(comment) else comment


def _is_phone(candidate: str) -> bool:
    groups = re.findall(r"\d+", candidate)
    figures = "".join(groups)
    if candidate.startswith(("+", "(+")) or (figures.startswith("00") and len(figures) > 9):
        return len(figures) <= 16
    if len(groups) == 1:
        return 9 <= len(figures) <= 13
    if len(figures) > 15 or len(figures) < 2 * len(groups):
        return False
    # 1.234.567 is an amount; 600 123 456 more likely a telephone.
    amount = len(figures) < 9 and all(len(group) == 3 for group in groups[1:])
    return not amount

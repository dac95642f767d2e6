"""What an answer says, as a score: a number, "10 - Extremely likely", "4 / 5", stars, or words that are known.

Words of quality ("very good", "fair") are left out on purpose: "very good" is the best answer of one common scale and
the second best of another, so that nobody could tell. Words that are not here are set aside with their reason.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

from data.values import any_of

TOP = (
    "{very,extremely,completely,totally,highly} satisfied", "{strongly,completely} agree", "{very,extremely} easy",
    "{very,extremely} happy", "{muy,totalmente,completamente} satisfech{o,a}", "totalmente de acuerdo", "muy facil",
    "{muito,totalmente} satisfeit{o,a}", "concordo {totalmente,plenamente}", "muito facil",
    "{tres,entierement,extremement} satisfait{,e}", "tout a fait {satisfait,satisfaite,d'accord,d’accord}", "tres facile",
    "{sehr,außerst,vollig} zufrieden", "stimme voll {,und ganz }zu", "sehr {einfach,leicht}",
    "{molto,completamente} soddisfatt{o,a}", "{molto,pienamente} d'accordo", "molto facile",
    "{дуже,повністю,цілком} задоволен{ий,а}", "{повністю,цілком} згод{ен,на}", "дуже легко",
    "{очень,полностью} {доволен,довольна,удовлетворен,удовлетворена}", "полностью соглас{ен,на}", "очень легко",
    "bardzo zadowolon{y,a}", "zdecydowanie sie zgadzam", "bardzo łatwo",
)  # fmt: skip
PLAIN = (
    "{,moderately ,mostly }satisfied", "{,mostly ,moderately }agree", "{,moderately }easy", "happy", "satisfech{o,a}",
    "de acuerdo", "facil", "satisfeit{o,a}", "concordo", "satisfait{,e}", "d{',’}accord", "facile", "zufrieden",
    "stimme zu", "einfach", "leicht", "soddisfatt{o,a}", "d'accordo", "задоволен{ий,а}", "згод{ен,на}", "легко",
    "{доволен,довольна,удовлетворен,удовлетворена}", "соглас{ен,на}", "zadowolon{y,a}", "zgadzam sie", "łatwo",
)  # fmt: skip
HEDGED = (
    "{somewhat,slightly,rather} {satisfied,agree,easy}", "{algo,parcialmente} satisfech{o,a}", "parcialmente de acuerdo",
    "{parcialmente,um pouco} satisfeit{o,a}", "concordo parcialmente", "plutot {satisfait,satisfaite,d'accord,d’accord,facile}",
    "{eher,teilweise} zufrieden", "stimme {eher,teilweise} zu", "eher {einfach,leicht}", "{abbastanza,piuttosto} soddisfatt{o,a}",
    "{скоріше,радше} {задоволений,задоволена,згоден,згодна,легко}",
    "скорее {доволен,довольна,удовлетворен,удовлетворена,согласен,согласна,легко}", "raczej {zadowolony,zadowolona,sie zgadzam}",
)  # fmt: skip
NEUTRAL = (
    "neutral", "neither satisfied nor dissatisfied", "neither dissatisfied nor satisfied", "neither agree nor disagree",
    "neither easy nor difficult", "neither", "undecided", "neutr{o,a,e,ale,alny}", "ni satisfech{o,a} ni insatisfech{o,a}",
    "ni de acuerdo ni en desacuerdo", "nem satisfeit{o,a} nem insatisfeit{o,a}", "indiferente", "nao concordo nem discordo",
    "ni satisfait{,e} ni insatisfait{,e}", "ni d{',’}accord ni pas d{',’}accord", "weder noch", "teils teils", "teils/teils",
    "weder zufrieden noch unzufrieden", "ne soddisfatt{o,a} ne insoddisfatt{o,a}", "нейтральн{о,ий,а,ая,ый}",
    "ni zadowolon{y,a} ni niezadowolon{y,a}",
)  # fmt: skip
HEDGED_BAD = (
    "{somewhat,slightly,rather} {dissatisfied,unsatisfied,disagree,difficult,hard}", "{algo,parcialmente} insatisfech{o,a}",
    "parcialmente en desacuerdo", "{parcialmente,um pouco} insatisfeit{o,a}", "discordo parcialmente",
    "plutot {insatisfait,insatisfaite,pas d'accord,pas d’accord,difficile}", "{eher,teilweise} unzufrieden",
    "stimme eher nicht zu", "eher {schwer,schwierig}", "{abbastanza,piuttosto} insoddisfatt{o,a}",
    "{скоріше,радше} {незадоволений,незадоволена,не згоден,не згодна,важко}",
    "скорее {недоволен,недовольна,не удовлетворен,не удовлетворена,не согласен,не согласна,трудно}",
    "raczej {niezadowolony,niezadowolona,sie nie zgadzam}",
)  # fmt: skip
BAD = (
    "{,moderately ,mostly }{dissatisfied,unsatisfied}", "{,mostly ,moderately }disagree", "{,moderately }{difficult,hard}",
    "unhappy", "insatisfech{o,a}", "en desacuerdo", "dificil", "insatisfeit{o,a}", "discordo", "insatisfait{,e}",
    "pas {satisfait,satisfaite,d'accord,d’accord}", "difficile", "unzufrieden", "stimme nicht zu", "schwer", "schwierig",
    "insoddisfatt{o,a}", "in disaccordo", "незадоволен{ий,а}", "не згод{ен,на}", "важко",
    "{недоволен,недовольна,не удовлетворен,не удовлетворена}", "не соглас{ен,на}", "трудно", "сложно",
    "niezadowolon{y,a}", "nie zgadzam sie", "trudno",
)  # fmt: skip
WORST = (
    "{very,extremely,completely,totally,highly} {dissatisfied,unsatisfied}", "{strongly,completely} disagree",
    "{very,extremely} {difficult,hard,unhappy}", "{muy,totalmente,completamente} insatisfech{o,a}",
    "totalmente en desacuerdo", "muy dificil", "{muito,totalmente} insatisfeit{o,a}", "discordo {totalmente,plenamente}",
    "muito dificil", "{tres,extremement} insatisfait{,e}", "pas du tout {satisfait,satisfaite,d'accord,d’accord}",
    "tres difficile", "{sehr,außerst,vollig} unzufrieden", "stimme uberhaupt nicht zu", "sehr {schwer,schwierig}",
    "{molto,completamente} insoddisfatt{o,a}", "molto difficile", "{дуже,повністю,цілком} незадоволен{ий,а}",
    "{повністю,цілком} не згод{ен,на}", "дуже важко",
    "{очень,полностью} {недоволен,недовольна,не удовлетворен,не удовлетворена}", "полностью не соглас{ен,на}",
    "очень {трудно,сложно}", "bardzo niezadowolon{y,a}", "zdecydowanie sie nie zgadzam", "bardzo trudno",
)  # fmt: skip


def folded(said: str) -> str:
    """Words as they are compared: lower case, no accents, one blank between them, no full stop or sign at the end."""
    apart = unicodedata.normalize("NFKD", said.lower())
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return re.sub(r"[\s\u00a0]+", " ", plain).strip(" .!")


def _spelt(pattern: str) -> list[str]:
    """ "satisf{ied,y}" -> every way it can be said."""
    parts = [p.split(",") if n % 2 else [p] for n, p in enumerate(re.split(r"[{}]", pattern))]
    return [folded("".join(chosen)) for chosen in itertools.product(*parts)]


def _all(*patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for each in patterns for p in each for said in _spelt(p)))


FIVE = {1: _all(WORST), 2: _all(BAD, HEDGED_BAD), 3: _all(NEUTRAL), 4: _all(PLAIN, HEDGED), 5: _all(TOP)}
SEVEN = {
    1: _all(WORST), 2: _all(BAD), 3: _all(HEDGED_BAD), 4: _all(NEUTRAL), 5: _all(HEDGED), 6: _all(PLAIN), 7: _all(TOP),
}  # fmt: skip
"""Score -> the words for it. On five points "satisfied" and "somewhat satisfied" are the same place: files have one."""

STARS = r"stars?|sterne?|estrellas?|estrelas?|etoiles?|stelle|stella|звезд[ыа]?|зірк[аи]|gwiazdk[ai]|[★⭐]"
OF = r"/|of|out of|von|de|sur|su|из|із|з|na"
LONGEST = 80
"""Characters of a cell that may be an answer; a longer one is a text."""


def _words(places: dict[int, tuple[str, ...]]) -> str:
    return " ".join(f"WHEN w IN {any_of(said)} THEN {score}" for score, said in places.items())


MACROS = (
    "CREATE OR REPLACE TEMP MACRO hf_said(x) AS rtrim(trim(regexp_replace(strip_accents(lower("
    "replace(x, chr(65039), ''))), '[\\s\\x{00a0}]+', ' ', 'g')), ' .!')",
    f"CREATE OR REPLACE TEMP MACRO hf_five(w) AS CASE {_words(FIVE)} END",
    f"CREATE OR REPLACE TEMP MACRO hf_seven(w) AS CASE {_words(SEVEN)} END",
    rf"""CREATE OR REPLACE TEMP MACRO hf_worded(w, low, high) AS CASE
        WHEN regexp_full_match(w, '\d{{1,3}} ?({OF}) ?\d{{1,3}}') THEN
            CASE WHEN try_cast(regexp_extract(w, '\d+$') AS INT) = high
            THEN try_cast(regexp_extract(w, '^\d+') AS DOUBLE) END
        WHEN regexp_full_match(w, '\d{{1,3}} ?({STARS})') THEN try_cast(regexp_extract(w, '^\d+') AS DOUBLE)
        WHEN regexp_full_match(w, '\d{{1,3}} ?[-–—:.=(,]+[^\d%]*\pL[^\d%]*') THEN try_cast(regexp_extract(w, '^\d+') AS DOUBLE)
        WHEN regexp_full_match(w, '[^\d%]*\pL[^\d%]*[-–—:=(]+ ?\d{{1,3}}\)?') THEN try_cast(regexp_extract(w, '\d+') AS DOUBLE)
        WHEN regexp_full_match(w, '[★⭐]+☆*') THEN length(rtrim(w, '☆'))
        WHEN low = 1 AND high = 5 THEN hf_five(w)
        WHEN low = 1 AND high = 7 THEN hf_seven(w) END""",
    rf"""CREATE OR REPLACE TEMP MACRO hf_answer(x, low, high) AS CASE
        WHEN length(x) > {LONGEST} THEN NULL
        WHEN regexp_full_match(x, '\s*[-+]?\d{{1,6}}(\.\d*|,\d{{1,2}})?\s*') THEN try_cast(replace(trim(x), ',', '.') AS DOUBLE)
        ELSE hf_worded(hf_said(x), low, high) END""",
)
"""`hf_answer(cell, lowest, highest)`: the score a cell says, on its scale or off it; NULL where it says none. A number
of percent is none, and so is one out of another number than the scale's highest."""

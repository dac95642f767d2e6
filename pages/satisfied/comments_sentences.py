"""What the Comments page says."""

from __future__ import annotations

import words
from charts.comments import title
from models.cohort_clock import cohort_label
from models.comment_language import OTHER, WORDLESS
from models.comment_themes import FEWEST_MEMBERS, STABLE
from models.comments import Comments, CommentTheme, Language, Measure
from models.estimate import difference
from words import plural, text


def label() -> str:
    return text("Reading the comments …")


def language_name(code: str) -> str:
    names = {
        "en": text("English"),
        "es": text("Spanish"),
        "pt": text("Portuguese"),
        "fr": text("French"),
        "uk": text("Ukrainian"),
        "ru": text("Russian"),
        OTHER: text("other languages"),
        WORDLESS: text("without words"),
    }
    return names[code]


def number(found: Language) -> str:
    """412 comments in English."""
    if found.code == OTHER:
        return plural("{n} comment in another language", "{n} comments in other languages", found.comments)
    if found.code == WORDLESS:
        return plural("{n} comment without words", "{n} comments without words", found.comments)
    return plural(
        "{n} comment in {language}",
        "{n} comments in {language}",
        found.comments,
        language=language_name(found.code),
    )


def telling(found: Language, measure: Measure | None) -> CommentTheme | None:
    """The theme to look at first: of those that score lower than all others beyond noise the lowest, else the largest.
    What fits no theme is told only where it alone scores lower."""
    lower = [t for t in found.themes if measure is not None and t.apart[measure].high < 0]
    if measure is not None and lower:
        return min(lower, key=lambda t: (t.rest, t.scores[measure].value, -t.comments))
    return found.named[0] if found.named else None


def answer(found: Language, measure: Measure | None) -> str:
    """The page's sentence for one language."""
    theme = telling(found, measure)
    if theme is None:
        return f"{number(found)}. {found.why_missing}"
    said = {"comments": number(found), "share": words.estimate(theme.share, digits=0), "theme": title(theme)}
    if measure is None or not theme.apart[measure].known:
        return text("Of {comments}, {share} speak of “{theme}”.", **said)
    said |= {
        "score": words.estimate(theme.scores[measure], digits=1),
        "most": f"{measure.high:g}",
        "others": words.value(theme.others[measure], digits=1),
    }
    if theme.rest:
        return text(
            "Of {comments}, {share} fit no theme; they score {score} of {most}, all others {others}.", **said
        )
    apart = theme.apart[measure]
    if apart.low <= 0 <= apart.high:
        return text(
            "Of {comments}, {share} speak of “{theme}”; they score {score} of {most}, which is not "
            "clearly different from all others.",
            **said,
        )
    return text(
        "Of {comments}, {share} speak of “{theme}”; they score {score} of {most}, all others {others}.",
        **said,
    )


def note(found: Comments) -> str:
    """Where the comments come from."""
    said = text(
        "{n} of {answers} survey answers hold a comment",
        n=words.count(found.comments),
        answers=words.count(found.answers),
    )
    if found.read < found.comments:
        said += text("; the newest {n} are read for themes", n=words.count(found.read))
    return said


def others(found: Comments, shown: Language) -> str:
    """The other languages, where there are any."""
    rest = [number(each) for each in found.languages if each.code != shown.code]
    return text("Besides: {list}.", list=words.listing(rest)) if rest else ""


def about(theme: CommentTheme, measures: tuple[Measure, ...]) -> str:
    """A theme's figures in one line."""
    parts = [
        plural(
            "{n} comment, {share}", "{n} comments, {share}", theme.comments, share=words.estimate(theme.share)
        )
    ]
    parts += [
        text(
            "{kind} answers {score} of {most}",
            kind=m.kind,
            score=words.estimate(theme.scores[m], digits=1),
            most=f"{m.high:g}",
        )
        for m in measures
        if theme.scores[m].known
    ]
    if len(parts) == 1:
        parts.append(text("too few answers for a mean score"))
    return " · ".join(parts)


def rest(found: Language) -> str:
    """What is behind "other words", and whether it is worth reading."""
    unnamed = next(theme for theme in found.themes if theme.rest)
    lower = any(apart.high < 0 for apart in unnamed.apart.values())
    more = text("They score lower than all others, beyond noise: worth reading one by one.") if lower else ""
    return f"{_rest(found)} {more}".strip()


def _rest(found: Language) -> str:
    if not found.unstable:
        return text("“Other words” are comments that no theme’s words come in.")
    return text(
        "“Other words” are comments without a theme, or with one that did not hold: it is rare, or did not come back when "
        "themes were looked for again in samples of the same comments.",
    )


def stability(found: Language) -> str:
    """How themes were tested, for the Full view."""
    return text(
        "Themes were looked for {repeats} more times, in random samples of the same comments (drawn with replacement) and from "
        "other starting points. Agreement is the share of comments in both a theme and its best match among those in either, "
        "1 where the same theme comes back. From {threshold} on a theme of at least {members} comments is named: Hennig (2007) calls such groups stable, and "
        "below 0.6 not to be trusted. The number of themes is the one with the most stable ones, times the share of comments in them. Intervals hold for these "
        "themes as they are; that other comments would give other themes is what the agreement says. A theme is said to score otherwise than the "
        "rest where their difference holds for all themes together (Bonferroni).",
        repeats=words.count(found.repeats),
        threshold=words.number(STABLE),
        members=words.count(FEWEST_MEMBERS),
    )


def trend(theme: CommentTheme) -> str:
    """Whether the last quarter's share differs from the one before beyond noise."""
    known = theme.quarters[[e.known for e in theme.quarters.share]]
    if len(known) < 2:
        return text("Fewer than two quarters hold enough comments to follow this theme.")
    before, last = known.iloc[-2], known.iloc[-1]
    change = difference(last.share, before.share)
    said = {
        "before": cohort_label(before.quarter.date(), "quarter"),
        "last": cohort_label(last.quarter.date(), "quarter"),
        "from_": words.estimate(before.share, digits=0),
        "to": words.estimate(last.share, digits=0),
    }
    if change.low <= 0 <= change.high:
        return text("{before} {from_}, {last} {to}: the change is within noise.", **said)
    if change.value > 0:
        return text("{before} {from_}, {last} {to}: it is written of more often, beyond noise.", **said)
    return text("{before} {from_}, {last} {to}: it is written of less often, beyond noise.", **said)

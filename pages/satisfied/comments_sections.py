"""The Comments page's sections: themes with what people wrote, their quarters, how they were tested, the search.

What customers wrote goes through `st.text` and `st.dataframe` alone, which show it as it is written: neither knows HTML,
Markdown or formulas.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

import words
import workspace
from charts import comments as drawing
from models import comment_search
from models.comments import Comments, CommentTheme, Language, Measure, Said
from models.definitions import Definitions
from pages.common import controls, download, show
from pages.common.later import later
from pages.satisfied import comments_sentences as sentences
from words import plural, text


def language(found: Comments) -> Language:
    """The language shown: the one with most comments unless another is chosen."""
    known = {each.code or "wordless": each for each in found.languages}
    if len(known) == 1:
        return found.languages[0]
    options = {
        code: f"{sentences.language_name(each.code)} ({words.count(each.comments)})"
        for code, each in known.items()
    }
    first = next(iter(options))
    return known[controls.pick(text("Comments in"), options, "comments.language", first, width=280)]


def measure(found: Comments) -> Measure | None:
    """The question whose answers are shown; None where no comment came with one."""
    if len(found.measures) < 2:
        return found.measures[0] if found.measures else None
    known = {m.kind.lower(): m for m in found.measures}
    options = {key: m.kind for key, m in known.items()}
    return known[controls.choice(text("Scores of"), options, "comments.measure", next(iter(options)))]


def draw_charts(shown: Language, asked: Measure | None) -> None:
    if asked is None:
        show.chart(drawing.shares(shown, show.theme()), "comments.shares")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        show.chart(drawing.shares(shown, show.theme()), "comments.shares")
    with right:
        show.chart(drawing.scores(shown, asked, show.theme()), "comments.scores")


def draw_themes(shown: Language, found: Comments) -> None:
    """Each theme with its figures and what people wrote."""
    st.subheader(text("In their own words"), anchor=False)
    for row in range(0, len(shown.themes), 2):
        for column, theme in zip(st.columns(2, gap="small"), shown.themes[row : row + 2], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                name = text("Other words") if theme.rest else drawing.title(theme, 5)
                st.markdown(f"**{_title(name)}**")
                st.caption(show.prose(sentences.about(theme, found.measures)))
                for said in theme.said:
                    _quote(said)
    if any(theme.rest for theme in shown.themes):
        st.caption(show.prose(sentences.rest(shown)))


def _title(name: str) -> str:
    return show.plain(text("“{theme}”", theme=name))


def _quote(said: Said) -> None:
    st.text(
        text(
            "“{comment}” ({answer}, {day})",
            comment=" ".join(said.comment.split()),
            answer=_answer(said.kind, said.score, said.scale),
            day=words.day(said.on),
        )
    )


def _answer(kind: str, score: float, scale: str) -> str:
    """NPS 3 of 10."""
    return text(
        "{kind} {score} of {most}", kind=kind, score=words.number(score), most=scale.partition("-")[2]
    )


def draw_trend(shown: Language, first: CommentTheme | None) -> None:
    """One theme by quarter."""
    st.subheader(text("By quarter"), anchor=False)
    options = {str(k): drawing.title(theme) for k, theme in enumerate(shown.named)}
    begin = next((str(k) for k, theme in enumerate(shown.named) if theme is first), "0")
    chosen = controls.pick(text("Theme"), options, f"comments.theme.{shown.code}", begin, width=320)
    theme = shown.named[int(chosen)]
    st.markdown(show.prose(sentences.trend(theme)))
    if any(e.known for e in theme.quarters.share):
        show.chart(drawing.quarters(theme, show.theme()), "comments.quarters")


def draw_stability(shown: Language) -> None:
    """How far the themes can be trusted."""
    st.subheader(text("Do the themes hold?"), anchor=False)
    st.caption(show.prose(sentences.stability(shown)))
    rows = pd.DataFrame(
        [(drawing.title(t, 5), t.stability, text("named")) for t in shown.named]
        + [(", ".join(w), s, text("not named")) for w, s in shown.unstable],
        columns=[text("Typical words"), text("Agreement"), text("Shown as")],
    )
    rows[text("Agreement")] = [words.number(s, fixed=True) for s in rows[text("Agreement")]]
    show.table(rows, "comments.stability", column_config=show.right(rows))
    tried = pd.DataFrame(
        [
            (words.count(size), words.count(stable), words.percent(held, 0))
            for size, (stable, held) in (shown.tried or {}).items()
        ],
        columns=[text("Themes looked for"), text("of these stable"), text("Comments in these")],
    )
    show.table(tried, "comments.sizes", column_config=show.right(tried, 0))


def draw_search(view: Definitions) -> None:
    """All comments, newest first, or those with the words asked for."""
    st.subheader(text("All comments"), anchor=False)
    asked = st.text_input(
        text("Search the comments"),
        key="comments.search",
        placeholder=text("words, such as delivery late"),
        width=360,
    ).strip()
    later(
        text("Searching the comments …"),
        lambda found: _draw_found(found, asked, view),
        comment_search.search,
        view,
        asked=asked,
    )


def _draw_found(found: comment_search.Found, asked: str, view: Definitions) -> None:
    if not found.matching:
        st.caption(text("No comment holds all of these words. Try fewer, or only the beginning of one."))
        return
    said = plural("{n} comment", "{n} comments", found.matching)
    if found.matching > len(found.newest):
        said = text(
            "{comments}; the newest {shown} are shown.", comments=said, shown=words.count(len(found.newest))
        )
    st.caption(show.prose(said))
    rows = found.newest
    shown = pd.DataFrame(
        {
            text("Comment"): rows.comment,
            text("Answer"): [_answer(r.kind, r.score, r.scale) for r in rows.itertuples()],
            text("Day"): rows.on.map(words.day),
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        key="comments.found",
        column_config={
            text("Comment"): st.column_config.TextColumn(width="large"),
            text("Answer"): st.column_config.TextColumn(width="small"),
            text("Day"): st.column_config.TextColumn(width="small"),
        },
    )
    kept = workspace.snapshot()
    if kept is None:
        return
    shop = workspace.open_shop(kept)
    st.download_button(
        text("All of these as CSV"),
        data=lambda: b"".join(download.pieces(comment_search.everything(shop, view, asked))),
        file_name="holdfast-comments.csv",
        mime="text/csv",
        key="comments.found.csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )
    st.caption(text("E-mail addresses and telephone numbers are masked, here and in the file."))

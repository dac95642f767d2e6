"""What can be wrong with a file, in sentences: what was found, where, and what to do."""

from __future__ import annotations

from typing import Any

from words import count, listing, text


class FileProblem(ValueError):
    """A file that cannot be used. `str()` is the whole sentence; `code` and `facts` are for programs.

    `facts["choices"]` holds the names to choose from where the file holds several tables.
    """

    def __init__(self, code: str, name: str, /, **facts: Any) -> None:
        self.code = code
        self.name = name
        self.facts = facts
        super().__init__(_sentence(code, name, facts))


def _sentence(code: str, name: str, facts: dict[str, Any]) -> str:
    return f"{name}: {code} {facts}"


def warning(name: str, facts: dict[str, Any]) -> str:
    """A sentence about something a person should know although the file was read."""
    return f"{name}: {facts}"


_ = (count, listing, text)

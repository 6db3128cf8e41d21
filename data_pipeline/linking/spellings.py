"""From a registered name to the spellings under which texts mention the company.

Registers write ``EXXON MOBIL CORP``, ``PROCTER & GAMBLE Co`` and ``QUILLMARK INC /DE/``; texts write Exxon Mobil, P&G,
Quillmark. All that is derived here follows from the registered name by rule, so that no later knowledge enters.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from data_pipeline.linking.common_words import COMMON, CONNECTORS, DESCRIPTORS, EMPTY_DESCRIPTORS, GENERIC, PROPER

LEGAL_FORMS = (
    "Incorporated", "Inc", "Corporation", "Corp", "Company", "Co", "Limited", "Ltd", "LLC", "plc", "PLC", "L.P", "LP",
    "N.V", "NV", "S.A", "SA", "SE", "AG", "SA/NV",
)  # fmt: skip
_FORM = "|".join(re.escape(form) for form in sorted(LEGAL_FORMS, key=len, reverse=True))
_TAIL = re.compile(rf"(?:,?\s+(?:&\s+)?(?:{_FORM})\.?)+$")
FORM_TAIL = re.compile(
    r"(?:,?\s+(?:(?:&|and)\s+)?(?-i:(?=[A-Z]|plc\b|llc\b))(?:incorporated|inc|corporation|corp|company|cos?|limited|ltd|l\.?l\.?c|p\.?l\.?c|l\.?p"
    r"|n\.?v|s\.?a\.?/n\.?v|s\.?p\.?a|s\.?a|s\.?e|a\.?g|a/s|asa|ab|oyj|gmbh|pty|bhd|k\.?k)(?![\w&-])\.?)+",
    re.IGNORECASE,
)
"""Legal forms behind a name."""
_SAME = {"incorporated": "inc", "corporation": "corp", "company": "co", "cos": "co", "limited": "ltd"}
_REGISTER_MARK = re.compile(r"\s*[/\\]\s*(?:[A-Z]{2,3}|NEW|THE|FA)?\s*[/\\]?\s*$")
"""EDGAR marks a state or a successor behind the name: ``/DE/``, ``/NEW/``, ``/ FA``, ``CO/THE``."""
TOKEN = re.compile(r"&|[^\W_]+")


class Grade(IntEnum):
    """How much a spelling says by itself."""

    SURE = 0
    """A name of several words, or a word that the register or the user gives alone: links on sight."""
    PHRASE = 1
    """Several words that are ordinary ones ("Best Buy"): links on sight unless every word of the text is capitalised."""
    PLAIN = 2
    """One distinctive word ("Exxon"): links where its neighbours speak of a company."""
    FIRST = 3
    """The distinctive first word of a longer name ("Exxon" for Exxon Mobil): as PLAIN, where a capital says less."""
    WORD = 4
    """One ordinary word, or the name of persons and places ("Apple", "Ford"): needs strong neighbours."""


class Spelling(NamedTuple):
    """One spelling of a registered name."""

    words: tuple[str, ...]
    """Folded tokens, ``and`` as ``&``."""
    grade: Grade
    rank: int
    """0: the registered name; 1: without a descriptor ("Group"); 2: its first word; 3: initials. Lower wins."""
    forms: tuple[str, ...] = ()
    """Legal forms of the registered name, folded; a text that gives another one means another company."""
    capitals: bool = False
    """Counts in capitals only (initials)."""


def legal_forms(tail: str) -> tuple[str, ...]:
    """Return the legal forms of a tail, each in one spelling: ``(", Inc.")`` gives ``("inc",)``."""
    words = re.sub(r"[.,/]", "", tail.casefold()).split()
    return tuple(_SAME.get(word, word) for word in words if word not in ("&", "and"))


def fold(token: str) -> str:
    """Return a token as it is compared."""
    folded = token.casefold()
    return "&" if folded == "and" else folded


def cleaned(name: str) -> str:
    """Return a registered name without the register's marks: ``QUILLMARK INC /DE/`` gives ``QUILLMARK INC``."""
    text = " ".join(name.split())
    unmarked = text if text.upper().endswith(("SA/NV", "A/S")) else _REGISTER_MARK.sub("", text)
    return unmarked or text


def spellings(name: str) -> list[str]:
    """Return the spellings that name a company without doubt, longest first: all are parts of the registered name."""
    full = " ".join(name.split()).rstrip(".")
    bare = full.removeprefix("The ")
    core = _TAIL.sub("", bare)
    found = {full, bare} if bare == core or len(bare.split()) > 1 else {full}
    if len(core.split()) > 1 or core == bare:
        found.add(core)
    return sorted((form for form in found if len(form) > 2), key=lambda form: (-len(form), form))


def derive(name: str, symbols: frozenset[str] = frozenset()) -> list[Spelling]:
    """Return all spellings of a registered name, the surest first.

    Args:
        name: As the register has it.
        symbols: The instrument's symbols: initials count where they are one of them ("GE"), or hold an ampersand ("P&G").
    """
    text = re.sub(r"^(?:The|THE)\s+|\s*\(?(?:The|THE)\)?$", "", cleaned(name))
    tail = re.search(rf"(?:{FORM_TAIL.pattern})$", text, re.IGNORECASE)
    core = text[: tail.start()] if tail else text
    forms = legal_forms(tail.group()) if tail else ()
    words = tuple(fold(token) for token in TOKEN.findall(core))
    return list(_derived(words, forms, symbols)) if words else []


def _derived(words: tuple[str, ...], forms: tuple[str, ...], symbols: frozenset[str]) -> Iterator[Spelling]:
    alone = not forms
    yield Spelling(words, _grade(words, alone), 0, forms)
    shorter = _without(words, EMPTY_DESCRIPTORS)
    if shorter != words:
        yield Spelling(shorter, _grade(shorter, False), 1, forms)
    plain = _without(words, EMPTY_DESCRIPTORS | DESCRIPTORS)
    first = words[0]
    if len(plain) == 1 and plain not in (words, shorter) and first not in GENERIC | DESCRIPTORS | EMPTY_DESCRIPTORS:
        yield Spelling(plain, max(Grade.FIRST, _grade(plain, False)), 1, forms)
    elif len(words) > 1 and len(first) > 3 and not first.isdigit() and first not in COMMON | PROPER | DESCRIPTORS:
        yield Spelling((first,), Grade.FIRST, 2)
    telling = [word for word in words if word not in CONNECTORS - {"&"}]
    initials = "".join(word[0] for word in telling)
    if (
        len(words) > 1
        and all(len(word) > 1 or word == "&" for word in telling)
        and ("&" in initials.strip("&") or initials.upper() in symbols)
    ):
        letters = tuple(initials) if "&" in initials else (initials,)
        grade = Grade.WORD if initials in COMMON else Grade.PLAIN
        yield Spelling(letters, grade, 3, capitals=True)


def _without(words: tuple[str, ...], endings: frozenset[str]) -> tuple[str, ...]:
    """Return words without the descriptors that end them; at least one word stays."""
    while len(words) > 1 and words[-1] in endings:
        words = words[:-1]
    return words[:-1] if len(words) > 1 and words[-1] == "&" else words


def _grade(words: tuple[str, ...], alone: bool) -> Grade:
    """``alone``: the registered name is these words, without a legal form."""
    telling = [word for word in words if word not in CONNECTORS]
    if len(telling) > 1:
        ordinary = "&" not in words and all(word in COMMON for word in telling)
        return Grade.PHRASE if ordinary else Grade.SURE
    if not telling or telling[0] in COMMON | PROPER or len(telling[0]) < 2:
        return Grade.WORD
    return Grade.SURE if alone else Grade.PLAIN

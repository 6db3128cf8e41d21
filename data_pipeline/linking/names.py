"""Company names: where a text says one that held on that day.

A wrong link poisons a label while a missed one costs a sample, so names are matched conservatively:

- words begin with a capital (or as registered), and the name stands alone between word boundaries;
- the legal form may be left out where two or more words remain ("Exxon Mobil" for "Exxon Mobil Corporation"); another
  form than the registered one means another company;
- one word ("Visa", "Apple", "Exxon") links with its legal form or its symbol in brackets; without them its neighbours
  must speak of a company, for ordinary words and names of persons and places more clearly than for distinctive ones;
- a name inside a longer one ("Apple Hospitality REIT", "Bank of America Stadium") does not count, the longest
  registered name wins;
- a company that only the body of an article names counts where it is named early or often, and the title names none;
- a name that fits two companies (BHP Billiton Limited and plc) links neither; of share classes of one company (CIK)
  the one with the shortest symbol is meant.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from data_pipeline.linking.brokers import Role, role
from data_pipeline.linking.cashtags import SymbolIndex
from data_pipeline.linking.chinese import has_chinese
from data_pipeline.linking.common_words import CONNECTORS
from data_pipeline.linking.context import STRONG, WEAK, Text, Token, has_first_name, is_longer_name, weight
from data_pipeline.linking.context_words import EXTENDING
from data_pipeline.linking.spans import covers, name_on, name_spans
from data_pipeline.linking.spellings import (
    FORM_TAIL,
    LEGAL_FORMS,
    TOKEN,
    Grade,
    Spelling,
    derive,
    fold,
    legal_forms,
    spellings,
)

__all__ = ["LEGAL_FORMS", "Mention", "NameIndex", "covers", "name_on", "spellings"]

_BRACKET = re.compile(
    r"(?:['\u2019]s?)?\s?[(\[]\s*(?:[A-Za-z ]{2,20}:\s*)?\$?([A-Z]{1,5}(?:[.\-][A-Z])?)(?:\.(?:N|O|OQ|K))?\s*[)\]]"
)
_SEPARATOR = re.compile(r"\s{0,3}|[-.'\u2019]")
OPENING, OFTEN = 300, 3
"""Characters of a body in which its subject is named; times that a company is named which the title does not."""
_NEEDED = {Grade.SURE: 0, Grade.PHRASE: WEAK, Grade.PLAIN: WEAK, Grade.FIRST: WEAK, Grade.WORD: STRONG}
"""What the neighbours of all mentions together must weigh."""


class _Entry(NamedTuple):
    instrument_id: str
    spelling: Spelling
    spans: tuple[Mapping[str, Any], ...]
    """All must cover the day."""
    lower: bool
    """Whether the name may begin with a small letter, as registered ("eBay")."""

    def started(self, day: date) -> bool:
        return all(span["valid_from"] is None or span["valid_from"] <= day for span in self.spans)

    def holds(self, day: date) -> bool:
        return all(covers(span, day) for span in self.spans)


class Mention(NamedTuple):
    """A name found in a text, with the weight of its neighbours."""

    instrument_id: str
    spelling: str
    start: int
    end: int
    grade: Grade
    weight: int


class NameIndex:
    """Finds company names that were valid on the day of the text."""

    def __init__(self, instruments: Iterable[Mapping[str, Any]], aliases: Iterable[Mapping[str, Any]] = ()) -> None:
        """Index rows of ``Instrument`` and of ``Alias``."""
        rows = list(instruments)
        self._symbols = SymbolIndex(rows)
        self._ciks = {row["instrument_id"]: row["cik"] for row in rows}
        self.named = {row["instrument_id"] for row in rows if row["name"].casefold() != row["symbol"].casefold()}
        """Instruments whose name is more than their symbol."""
        self._trie: dict[Any, Any] = {}
        seen: set[tuple[Any, ...]] = set()
        for row in rows:
            for span in name_spans(row):
                if has_chinese(span["name"]):
                    continue
                for spelling in derive(span["name"], frozenset({row["symbol"]})):
                    bound = (span, row) if spelling.capitals and "&" not in spelling.words else (span,)
                    key = (row["instrument_id"], spelling, *((part["valid_from"], part["valid_to"]) for part in bound))
                    if key not in seen:
                        seen.add(key)
                        self._put(_Entry(row["instrument_id"], spelling, bound, span["name"][:1].islower()))
        for alias in aliases:
            words = tuple(fold(token) for token in TOKEN.findall(alias["alias"]))
            if words and not has_chinese(alias["alias"]):
                spelling = Spelling(words, Grade.SURE, 0)
                self._put(_Entry(alias["instrument_id"], spelling, (alias,), alias["alias"][:1].islower()))

    def _put(self, entry: _Entry) -> None:
        node = self._trie
        for word in entry.spelling.words:
            node = node.setdefault(word, {})
        node.setdefault(None, []).append(entry)

    def find(self, text: str, day: date, lead: int = 0) -> dict[str, str]:
        """Return instrument_id -> matched spelling, for names that held on ``day`` and mean one instrument.

        A broker whose opinion the text reports is left out where another company is its subject.

        Args:
            text: Title and body.
            day: UTC date of the text.
            lead: Characters of the title; 0: the whole text counts alike. Where the title names companies, those named in the
                body alone are left out; else a company counts that the first ``OPENING`` characters of the body name, or
                that the text names ``OFTEN`` times: others are mentioned in passing.
        """
        found: dict[str, list[Mention]] = {}
        for mention in self.mentions(text, day):
            found.setdefault(mention.instrument_id, []).append(mention)
        proven = {
            key: entries
            for key, entries in found.items()
            if sum(entry.weight for entry in entries) >= min(_NEEDED[entry.grade] for entry in entries)
        }
        titled = {key: entries for key, entries in proven.items() if entries[0].end <= lead}
        told = {
            key: entries
            for key, entries in proven.items()
            if not lead or entries[0].end <= lead + OPENING or len(entries) >= OFTEN
        }
        return _without_brokers(text, titled) or _without_brokers(text, told)

    def mentions(self, text: str, day: date) -> list[Mention]:
        """Return the names that held on ``day`` in the order of the text, also those that their neighbours do not bear out."""
        found = [(match.start(), match.end(), match.group()) for match in TOKEN.finditer(text)]
        tokens = [Token(start, end, fold(word)) for start, end, word in found]
        if not any(token.folded in self._trie for token in tokens):
            return []
        view = Text(text, tokens)
        result = []
        index = 0
        while index < len(tokens):
            length, entries = self._longest(view, index, day)
            if not entries:
                index += 1
                continue
            mention = self._judged(view, index, index + length, entries, day)
            if mention is not None:
                result.append(mention)
            index += length
        return result

    def _longest(self, view: Text, first: int, day: date) -> tuple[int, list[_Entry]]:
        """The longest name known by ``day`` that begins at a word: its length, and what it may mean."""
        node = self._trie.get(view.tokens[first].folded)
        best: tuple[int, list[_Entry]] = (0, [])
        index = first
        while node is not None:
            entries = [entry for entry in node.get(None, ()) if entry.started(day)]
            if entries and _case_fits(view, first, index + 1, entries):
                best = (index + 1 - first, entries)
            index += 1
            if index >= len(view.tokens):
                break
            between = view.text[view.tokens[index - 1].end : view.tokens[index].start]
            node = node.get(view.tokens[index].folded) if _SEPARATOR.fullmatch(between) else None
        return best

    def _judged(self, view: Text, first: int, last: int, entries: list[_Entry], day: date) -> Mention | None:
        start, end = view.tokens[first].start, view.tokens[last - 1].end
        if start and view.text[start - 1] in "$#@&-_":
            return None
        tail = FORM_TAIL.match(view.text, end)
        if tail is None and not _ends(view.text, end):
            return None
        entries = [entry for entry in entries if entry.holds(day)]
        if tail is not None:
            forms = set(legal_forms(tail.group()))
            entries = [
                entry
                for entry in entries
                if entry.spelling.rank < 2 and (not entry.spelling.forms or forms <= set(entry.spelling.forms))
            ]
        bracket = _BRACKET.match(view.text, tail.end() if tail else end)
        symbol = self._symbols.find(bracket.group(1), day) if bracket else None
        best = min((entry.spelling.rank for entry in entries), default=0)
        ids = {entry.instrument_id for entry in entries if entry.spelling.rank == best}
        instrument_id = (
            symbol[0] if symbol and symbol[0] in {e.instrument_id for e in entries} else self._only(ids, day)
        )
        if instrument_id is None:
            return None
        grade = min(entry.spelling.grade for entry in entries if entry.instrument_id == instrument_id)
        if view.lower and grade is Grade.SURE and last - first > 1:
            grade = Grade.WORD
        proven = symbol is not None and symbol[0] == instrument_id
        stop = tail.end() if tail else end
        spelling = view.text[start:stop].rstrip(".")
        if tail is not None and not proven and last - first == 1:
            derived = all(entry.spelling.rank > 0 for entry in entries if entry.instrument_id == instrument_id)
            if (derived or not view.titled(first, last)) and has_first_name(view, first):
                return None
        if tail is not None or proven:
            return Mention(instrument_id, spelling, start, stop, Grade.SURE, STRONG)
        if is_longer_name(view, first, last, grade) or (bracket and grade >= Grade.PLAIN):
            return None
        return Mention(
            instrument_id,
            spelling,
            start,
            stop,
            grade,
            STRONG if grade is Grade.SURE else weight(view, first, last, grade),
        )

    def _only(self, ids: set[str], day: date) -> str | None:
        """The one instrument that is meant; of several classes of one company that with the shortest symbol."""
        if len(ids) < 2:
            return next(iter(ids), None)
        ciks = {self._ciks.get(key) for key in ids}
        if len(ciks) > 1 or None in ciks:
            return None
        listed = [(len(symbol), symbol, key) for key in ids if (symbol := self._symbols.symbol_on(key, day))]
        return min(listed)[2] if listed else None


def _without_brokers(text: str, named: dict[str, list[Mention]]) -> dict[str, str]:
    """The spelling of each company that is no broker of others' shares here."""
    starts = {key: {entry.start for entry in entries} for key, entries in named.items()}
    roles: dict[str, set[Role]] = {}
    for key, entries in named.items():
        others = set().union(*(found for other, found in starts.items() if other != key))
        roles[key] = {role(text, entry.start, entry.end, others) for entry in entries}
    subjects = [key for key, seen in roles.items() if Role.SUBJECT in seen]
    return {
        key: min(entries, key=lambda entry: (entry.grade, entry.start)).spelling
        for key, entries in named.items()
        if Role.SUBJECT in roles[key] or (Role.BROKER not in roles[key] and not subjects)
    }


def _ends(text: str, end: int) -> bool:
    """Whether a name ends here: ``-led`` may follow, other words behind a hyphen, an ampersand or a point may not."""
    following = re.match(r"[&.\-_](\w+)", text[end : end + 20])
    return following is None or (text[end] == "-" and following.group(1).casefold() in EXTENDING)


def _case_fits(view: Text, first: int, last: int, entries: list[_Entry]) -> bool:
    """Whether the words begin with capitals, apart from "of" and from parts behind a hyphen, a point or an apostrophe."""
    if all(entry.spelling.capitals for entry in entries):
        return all(view.raw(index).isupper() or view.raw(index) == "&" for index in range(first, last))
    small = [
        index
        for index in range(first, last)
        if (index == first or view.text[view.tokens[index].start - 1].isspace())
        and not view.capital(index)
        and view.tokens[index].folded not in CONNECTORS
    ]
    if not small or (small == [first] and any(entry.lower for entry in entries)):
        return True
    return view.lower and min(entry.spelling.grade for entry in entries) is Grade.SURE and last - first > 1

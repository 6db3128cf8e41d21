"""Entity anonymisation: companies become letters, the same one for a company throughout a prompt.

Every name that an instrument has or had by the decision's day is replaced, with or without its legal form, and so are
its cashtag, its symbol as a word, and the products and persons that the user lists. The subject is Company A; others
follow in the order in which the prompt names them. A later name is not replaced: nobody knew it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import polars as pl
import yaml
from pydantic import TypeAdapter, ValidationError

from data_pipeline.linking.spellings import LEGAL_FORMS, Grade, derive, spellings
from tickertune.core.errors import TickerTuneError

Aliases = dict[str, dict[str, list[str]]]
_ALIASES: TypeAdapter[Aliases] = TypeAdapter(Aliases)
_TAIL = re.compile(
    rf"(?:,?\s+(?:&\s+)?(?:{'|'.join(map(re.escape, sorted(LEGAL_FORMS, key=len, reverse=True)))})\.?)+$"
)
KINDS = ("product", "person")


def read_aliases(path: Path) -> Aliases:
    """Read further names by symbol: ``AAPL: {product: [iPhone], person: [Tim Cook]}``.

    Raises:
        TickerTuneError: The file is missing or not of that form.
    """
    remedy = "Write it as symbol: {product: [...], person: [...]}"
    try:
        aliases = _ALIASES.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise TickerTuneError(f"File {path} holds no aliases ({str(error).splitlines()[0]})", remedy) from error
    for symbol, kinds in aliases.items():
        if unknown := sorted(kinds.keys() - set(KINDS)):
            raise TickerTuneError(f"File {path}: {symbol} has the unknown kind {unknown[0]}", remedy)
    return aliases


class Anonymiser:
    """Finds names, symbols and aliases of all instruments.

    Args:
        instruments: Schema ``Instrument``, a row a symbol span.
        aliases: Further names by symbol.

    Raises:
        TickerTuneError: An alias is of a symbol that no instrument has.
    """

    def __init__(self, instruments: pl.DataFrame, aliases: Mapping[str, Mapping[str, list[str]]]) -> None:
        self._meanings: dict[str, list[tuple[str, str, date | None]]] = defaultdict(list)
        by_symbol: dict[str, str] = {}
        patterns: dict[str, str] = {}
        for row in instruments.sort("instrument_id", "symbol", "valid_from", nulls_last=False).iter_rows(named=True):
            by_symbol[row["symbol"]] = row["instrument_id"]
            spans = row["names"] or [{"name": row["name"], "valid_from": None}]
            for span in spans:
                for form in _forms(span["name"]):
                    self._mean(form, row["instrument_id"], "company", span["valid_from"])
                    patterns[form.casefold()] = rf"(?<!\w){_words(form)}(?!\w)"
            symbol = row["symbol"]
            self._mean(f"${symbol}", row["instrument_id"], "symbol", row["valid_from"])
            patterns[f"${symbol}".casefold()] = rf"[$#]{re.escape(symbol)}(?!\w)"
            if len(symbol) > 1:  # a letter alone is a word of its own
                self._mean(f"={symbol}", row["instrument_id"], "symbol", row["valid_from"])
                patterns[f"={symbol}"] = rf"(?<!\w)(?-i:{re.escape(symbol)})(?!\w)"
            else:
                self._mean(f"({symbol})", row["instrument_id"], "symbol", row["valid_from"])
                patterns[f"({symbol})"] = rf"(?<=[(:])\s?(?-i:{re.escape(symbol)})(?!\w)"
        for symbol, kinds in aliases.items():
            if symbol not in by_symbol:
                raise TickerTuneError(f"Aliases are given of '{symbol}', which no instrument is called", "Correct them")
            for kind, names in kinds.items():
                for name in names:
                    self._mean(name, by_symbol[symbol], kind, None)
                    patterns[name.casefold()] = rf"(?<!\w){_words(name)}(?!\w)"
        longest = sorted(patterns.items(), key=lambda item: (-len(item[0]), item[0]))
        self._pattern = re.compile("|".join(pattern for _, pattern in longest) or r"(?!)", re.IGNORECASE)

    def _mean(self, form: str, instrument_id: str, kind: str, since: date | None) -> None:
        key = form if form[:1] in "=(" else form.casefold()
        self._meanings[key].append((instrument_id, kind, since))

    def mask(self, instrument_id: str, day: date) -> "Mask":
        """The replacements of one prompt: the subject is Company A."""
        return Mask(self, instrument_id, day)

    def meaning(self, found: str, subject: str, day: date) -> tuple[str, str] | None:
        """Instrument and kind of what was found, as known on ``day``; the subject where several are meant."""
        word = found.strip()
        tag = word[1:] if word[:1] in "$#" else word
        keys = (f"${tag}".casefold(),) if tag != word else (_key(word), f"={word}", f"({word})")
        known = [
            (owner, kind)
            for key in keys
            for owner, kind, since in self._meanings.get(key, ())
            if since is None or since <= day
        ]
        return min(known, key=lambda meant: (meant[0] != subject, meant), default=None)


class Mask:
    """Replaces names consistently within one prompt; texts are given in the order in which the prompt shows them."""

    def __init__(self, anonymiser: Anonymiser, subject: str, day: date) -> None:
        self._of, self._subject, self._day = anonymiser, subject, day
        self._letters = {subject: "A"}
        self._numbers: dict[tuple[str, str], dict[str, int]] = {}

    @property
    def company(self) -> str:
        """What the subject is called."""
        return "Company A"

    @property
    def symbol(self) -> str:
        """What the subject's symbol is."""
        return "A"

    def text(self, text: str) -> str:
        """Return the text with every known name replaced."""
        return self._of._pattern.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        found = match.group()
        meant = self._of.meaning(found, self._subject, self._day)
        if meant is None:
            return found
        instrument_id, kind = meant
        letter = self._letters.setdefault(instrument_id, _letter(len(self._letters)))
        if kind == "company":
            return f"Company {letter}"
        if kind == "symbol":
            return f"${letter}" if found[0] in "$#" else f"{found[: len(found) - len(found.lstrip())]}Company {letter}"
        numbers = self._numbers.setdefault((instrument_id, kind), {})
        return f"{kind.capitalize()} {letter}{numbers.setdefault(_key(found), len(numbers) + 1)}"


def _forms(name: str) -> Iterable[str]:
    """Spellings of a name, the core without its legal form among them even where it is a single word, and short forms."""
    core = _TAIL.sub("", " ".join(name.split()).rstrip(".").removeprefix("The "))
    short = [" ".join(form.words) for form in derive(name) if form.grade is not Grade.WORD]
    joined = [form.replace(" & ", "&") for form in short if " & " in form]
    return {form for form in (*spellings(name), core, name, *short, *joined) if len(form) > 1}


def _words(name: str) -> str:
    """A pattern of the name whose spaces may be any white space."""
    return r"\s+".join(map(re.escape, name.split()))


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _letter(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

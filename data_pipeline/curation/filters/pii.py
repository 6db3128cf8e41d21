"""Personal data that a mask replaces: e-mail addresses, phone numbers, payment cards, IBANs.

Financial text is full of numbers that must stay: prices, volumes, dates, CIKs, accession numbers. So a phone number
needs a plus sign or the American grouping, a card its issuer's first digits and Luhn's check digit, an IBAN its
check digits (ISO 7064, mod 97).
"""

import re
from collections.abc import Callable

import polars as pl

from tickertune.core.recipe.curation import Personal

MASKS: dict[Personal, str] = {"email": "[EMAIL]", "phone": "[PHONE]", "card": "[CARD]", "iban": "[IBAN]"}
_MAYBE: dict[Personal, str] = {
    "email": "@",
    "phone": r"\+[0-9]|[0-9]{3}\)? ?[.-]?[0-9]{3}[.-][0-9]{4}",
    "card": r"[0-9](?:[ -]?[0-9]){13}",
    "iban": r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}",
}
"""What a text must hold to be looked at closely."""
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_CARD = re.compile(r"(?<![\w.,/=$€£-])\d{4}(?:(?:[ -]?\d{4}){3}|[ -]?\d{6}[ -]?\d{4,5})(?![\w%]|[.,-]\d)")
_CARD_ISSUERS = re.compile(r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|6(?:011|4[4-9]\d|5\d\d)\d{12}|3[47]\d{13}|3[068]\d{12}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_AMERICAN = re.compile(
    r"(?<![\w.,/=$€£+-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4}(?![\w%]|[.,-]\d)"
)
_FOREIGN = re.compile(r"(?<![\w.,/=$€£)-])\+[1-9]\d{0,2}(?:[ -]?\(?\d{1,5}\)?){2,6}(?![\w%]|[.,-]\d)")
_THOUSANDS = re.compile(r"\+\d{1,3}(?: \d{3})+")


def mask(texts: pl.Series, kinds: list[Personal]) -> tuple[pl.Series, dict[str, int]]:
    """Replace personal data of the given kinds.

    Returns:
        The texts, and how many of each kind were masked (``masked_email`` and so on; none: no key).
    """
    counts: dict[str, int] = {}
    for kind in (kind for kind in MASKS if kind in kinds):
        at = texts.str.contains(_MAYBE[kind]).arg_true()
        changed = [_SUBSTITUTE[kind](text) for text in texts.gather(at)]
        if found := sum(number for _, number in changed):
            texts = texts.clone().scatter(at, [text for text, _ in changed])
            counts[f"masked_{kind}"] = found
    return texts, counts


def _checked(
    pattern: re.Pattern[str], kind: Personal, valid: Callable[[str], bool]
) -> Callable[[str], tuple[str, int]]:
    def substitute(text: str) -> tuple[str, int]:
        number = 0

        def put(match: re.Match[str]) -> str:
            nonlocal number
            good = valid(match.group())
            number += good
            return MASKS[kind] if good else match.group()

        return pattern.sub(put, text), number

    return substitute


def luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit of the others (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return bool(_CARD_ISSUERS.fullmatch(digits)) and luhn(digits)


def _is_iban(text: str) -> bool:
    code = text.replace(" ", "")
    return 15 <= len(code) <= 34 and int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    """A number in groups of three behind a plus may be a change in volume unless it is long."""
    digits = sum(map(str.isdigit, text))
    return 9 <= digits <= 15 and not (digits < 11 and _THOUSANDS.fullmatch(text))


def _phones(text: str) -> tuple[str, int]:
    text, american = _AMERICAN.subn(MASKS["phone"], text)
    text, foreign = _checked(_FOREIGN, "phone", _is_phone)(text)
    return text, american + foreign


_SUBSTITUTE: dict[Personal, Callable[[str], tuple[str, int]]] = {
    "email": lambda text: _EMAIL.subn(MASKS["email"], text),
    "phone": _phones,
    "card": _checked(_CARD, "card", _is_card),
    "iban": _checked(_IBAN, "iban", _is_iban),
}

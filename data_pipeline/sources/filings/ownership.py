"""Forms 3, 4 and 5: what an insider holds, bought and sold, from their XML."""

from dataclasses import dataclass
from typing import Any

import lxml.etree

from data_pipeline.sources.parsing import clean_text

_TABLES = ("nonDerivativeTable/nonDerivativeTransaction", "derivativeTable/derivativeTransaction",
           "nonDerivativeTable/nonDerivativeHolding", "derivativeTable/derivativeHolding")  # fmt: skip
_DIRECTIONS = {"A": "acquired", "D": "disposed"}


@dataclass(frozen=True)
class Ownership:
    """An ownership report."""

    form: str
    issuer: str
    issuer_cik: str
    symbol: str
    owners: tuple[str, ...]
    body: str


def read_ownership(xml: str) -> Ownership | None:
    """Return the report, or None where the text is no ownership document."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = lxml.etree.fromstring(xml.strip().encode("utf-8", "replace"), parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    if root.tag != "ownershipDocument":
        return None
    owners = [_owner(node) for node in root.findall("reportingOwner")]
    rows = [_row(node) for table in _TABLES for node in root.findall(table)]
    notes = [" ".join("".join(node.itertext()).split()) for node in root.findall("footnotes/footnote")]
    remarks = _value(root, "remarks")
    return Ownership(
        form=_value(root, "documentType"),
        issuer=_value(root, "issuer/issuerName"),
        issuer_cik=_value(root, "issuer/issuerCik"),
        symbol=_value(root, "issuer/issuerTradingSymbol"),
        owners=tuple(owner for owner in owners if owner),
        body=clean_text("\n".join(line for line in (*owners, *rows, *notes, remarks) if line)),
    )


def _value(node: Any, path: str) -> str:
    found = node.find(path)
    return "" if found is None else " ".join("".join(found.itertext()).split())


def _owner(node: Any) -> str:
    relation = "reportingOwnerRelationship"
    roles = [_value(node, f"{relation}/officerTitle"), _value(node, f"{relation}/otherText")]
    flags = (("isDirector", "director"), ("isTenPercentOwner", "ten percent owner"))
    roles += [role for flag, role in flags if _value(node, f"{relation}/{flag}").lower() in ("1", "true")]
    name = _value(node, "reportingOwnerId/rptOwnerName")
    return f"{name} ({', '.join(role for role in roles if role)})" if any(roles) else name


def _row(node: Any) -> str:
    """Return a transaction or a holding as a line."""
    parts = [_value(node, "transactionDate/value"), _value(node, "securityTitle/value")]
    shares = _value(node, "transactionAmounts/transactionShares/value")
    if shares:
        code = _value(node, "transactionAmounts/transactionAcquiredDisposedCode/value")
        price = _value(node, "transactionAmounts/transactionPricePerShare/value")
        parts.append(f"{_DIRECTIONS.get(code, code)} {shares}" + (f" at {price}" if price else ""))
        parts.append(f"code {_value(node, 'transactionCoding/transactionCode')}")
    held = _value(node, "postTransactionAmounts/sharesOwnedFollowingTransaction/value")
    parts.append(f"holds {held}" if held else "")
    return ", ".join(part for part in parts if part)

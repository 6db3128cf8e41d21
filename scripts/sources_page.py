"""Write docs/sources.md from what the sources declare.

python scripts/sources_page.py
"""

from collections.abc import Iterable
from pathlib import Path

from data_pipeline.sources.protocol import SourceInfo
from data_pipeline.sources.registry import all_sources

PAGE = Path(__file__).parents[1] / "docs" / "sources.md"
EVIDENCE = {
    "recorded": "parser proven on a real recorded answer",
    "documented": "parser proven on a fixture that we wrote from public documentation or public code; never run against the vendor",
    "file": "reads a data set that you supply, by its published layout",
}
FLAGS = {"symbols": "`--symbols`", "query": "`--query`", "urls": "`--url`", "path": "`--path`"}

HEAD = """# Sources

Written by `make docs` from what each source declares; `tickertune data sources` prints the same. {counts}

Keys in brackets are optional. Nothing here was run against the live vendors from where it was built: `tickertune data canary` fetches one page of each source
that you have configured, and reports what drifted.

"""


def counts(infos: Iterable[SourceInfo]) -> str:
    """Count the sources by evidence, as the README does."""
    kinds = [info.evidence for info in infos]
    return f"{len(kinds)} sources: " + ", ".join(f"{kinds.count(kind)} {kind}" for kind in EVIDENCE)


def evidence_sentence(infos: Iterable[SourceInfo]) -> str:
    """Say how many sources there are, and how far each is proven."""
    kinds = [info.evidence for info in infos]
    parts = [f"**{kinds.count(kind)} {kind}** ({meaning})" for kind, meaning in EVIDENCE.items()]
    return f"{len(kinds)} sources: {', '.join(parts)}."


def page() -> str:
    """Return the page's text."""
    infos = [source.info for source in all_sources().values()]
    rows = sorted(
        (info for info in infos if info.fingpt_row is not None), key=lambda info: (info.fingpt_row, info.name)
    )
    more = [info for info in infos if info.fingpt_row is None]
    parts = [HEAD.format(counts=evidence_sentence(infos))]
    parts.append("## The 34 sources of the FinGPT paper\n\n" + _table(rows, numbered=True))
    titles = {
        "news": "News", "social": "Social", "filing": "Filings", "price": "Prices", "macro": "Macro", "dataset": "Data sets",
    }  # fmt: skip
    parts.append("\n## Beyond the 34\n")
    for category, title in titles.items():
        found = [info for info in more if info.category == category]
        if found:
            parts.append(f"\n### {title}\n\n" + _table(found, numbered=False))
    parts.append("\n## Each source\n")
    parts += [_details(info) for info in infos]
    return "".join(parts)


def _table(infos: list[SourceInfo], numbered: bool) -> str:
    head = "| # " if numbered else ""
    lines = [
        f"{head}| source | market | modes | needs | access today | evidence |",
        ("|---" * (7 if numbered else 6)) + "|",
    ]
    for info in infos:
        needs = [*(FLAGS[need] for need in info.needs), *(f"`{name}`" for name in info.credentials)]
        needs += [f"(`{name}`)" for name in info.optional_credentials]
        cells = [f"[{info.name}](#{info.name})", info.market, ", ".join(info.modes), ", ".join(needs), info.access]
        row = [str(info.fingpt_row)] if numbered else []
        lines.append("| " + " | ".join(_cell(cell) for cell in (*row, *cells, info.evidence)) + " |")
    return "\n".join(lines) + "\n"


def _details(info: SourceInfo) -> str:
    rate = f"{info.rate.calls} in {info.rate.seconds:g} s"
    rate += f", {info.rate.per_day} a day" if info.rate.per_day else ""
    rate += f", shared by all of `{info.rate.shared}`" if info.rate.shared else ", each host"
    facts = {
        "times": info.zone_rule,
        "stated lag of what is fetched afterwards": str(info.backfill_lag) if info.backfill_lag else "none",
        "limit": rate + ("; robots.txt is obeyed" if info.robots else ""),
        "terms": info.terms,
        "licence": info.licence
        + (" (text may be redistributed)" if info.redistributable else " (text is not redistributed)"),
        "evidence": f"{info.evidence}: {info.evidence_note}",
        "parser": info.parser_version,
    }
    lines = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    return f"\n### {info.name}\n\n{info.title}\n\n{lines}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)

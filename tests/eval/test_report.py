import json
import re
from base64 import b64decode
from dataclasses import replace
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from eval.metrics import MetricRow
from eval.report import render_table, write_report
from eval.report.collect import collect
from eval.report.examples import examples
from eval.report.facts import data_facts, data_notes
from tests.eval.made_run import make_run
from tests.eval.page import Page
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json, write_text


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's two worlds, reported."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "demo")
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> Page:
    return Page((run / "report.html").read_text())


def test_the_page_needs_nothing_from_outside(run: Path, page: Page) -> None:
    assert page.addresses
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses)
    html = (run / "report.html").read_text()
    assert "@import" not in html
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert len(html) < 3_000_000


def test_plots_are_svg_without_a_time_stamp(page: Page) -> None:
    for address in page.addresses:
        svg = b64decode(address.partition(",")[2]).decode()
        assert "<svg" in svg
        assert "<dc:date>" not in svg


def test_the_page_shows_every_part(page: Page) -> None:
    parts = [
        "not investment advice",
        "0123456789abcdef0123456789abcdef01234567",
        "placebo: nothing may be found",
        "The worlds side by side",
        "What this shows and what it does not",
        "Scores on the held-out part",
        "Paired differences",
        "not distinguishable",
        "Market-neutral portfolio",
        "Class priors",
        "near duplicate",
        "fingerprint of SFT",
        "Some scored prompts, and errors to read",
        "Verdicts: each trained checkpoint minus what it is judged against",
        "By month of the entry",
        "By ticker",
        "Errors of each checkpoint",
        "Downloads",
        "What each stage took",
    ]
    assert [part for part in parts if part not in page.text] == []
    assert (
        page.tags.count("img") == 16
    )  # two worlds: forest, months, confusion, reliability, coverage, equity, sft, grpo


def test_text_from_the_data_is_escaped(run: Path, page: Page) -> None:
    assert "<news>" in page.text
    assert "news" not in page.tags
    assert "CC0 <made>" in page.text


def test_metrics_json_holds_every_world_in_recipe_order(run: Path) -> None:
    rows = [MetricRow.model_validate(row) for row in json.loads((run / "metrics.json").read_text())]
    assert list(dict.fromkeys(row.world for row in rows)) == ["planted", "placebo"]
    assert {"mcc", "sharpe_net", "cost_drag", "mcc_p_above_zero_holm"} <= {row.metric for row in rows}
    per_world = sum(
        len(json.loads((run / world / "eval" / "metrics.json").read_text())) for world in ("planted", "placebo")
    )
    assert len(rows) == per_world


def test_markdown_has_the_same_numbers(run: Path) -> None:
    text = (run / "report.md").read_text()
    rows = json.loads((run / "metrics.json").read_text())
    mcc = next(row for row in rows if (row["world"], row["checkpoint"], row["metric"]) == ("planted", "sft", "mcc"))
    assert f"| SFT | {mcc['value']:.3f} [{mcc['low']:.3f}, {mcc['high']:.3f}]" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    names = ("report.html", "report.md", "report.json", "metrics.json")
    before = {name: (run / name).read_bytes() for name in names}
    write_report(run)
    assert {name: (run / name).read_bytes() for name in names} == before


def test_a_run_without_grpo_is_reported(tmp_path: Path) -> None:
    page = Page(write_report(make_run(tmp_path / "short", {"planted": ("movement", 0.9)}, ["sft"])).read_text())
    assert "SFT: better than the base model" in page.text
    assert "GRPO" not in page.text
    assert "side by side" not in page.text


def test_a_run_that_has_only_begun_is_reported(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"name": "new"})
    write_text(tmp_path / "recipe.yaml", "name: new\nworlds:\n  planted: {data: {kind: movement}}\n")
    assert "Not scored yet" in Page(write_report(tmp_path).read_text()).text
    assert json.loads((tmp_path / "metrics.json").read_text()) == []


def test_sentiment_is_judged_by_weighted_f1_and_has_no_portfolio(tmp_path: Path) -> None:
    page = Page(write_report(make_run(tmp_path / "texts", {"phrasebank": ("sentiment", 1.0)}, ["sft"])).read_text())
    assert "Against base model: Weighted F1 +" in page.text
    assert "Sharpe" not in page.text
    assert "Backtests" not in page.text


def test_a_text_that_may_not_be_published_is_withheld(tmp_path: Path) -> None:
    make_run(tmp_path, {"tweets": ("movement", 0.9)}, ["sft"])
    world = collect(tmp_path).worlds[0]
    documents = pl.DataFrame({"doc_id": [ids[0] for ids in world.samples["doc_ids"]], "redistributable": False})
    documents.write_parquet(tmp_path / "tweets" / "data" / "documents.parquet")
    shown = examples(collect(tmp_path).worlds[0])
    assert shown
    assert all(example.prompt is None for example in shown)
    text = Page(write_report(tmp_path).read_text()).text
    assert "does not let it be shown" in text
    assert "Regulators open an inquiry" not in text


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", {"planted": ("movement", 0.9)}, ["sft"])
    path = folder / "planted" / "eval" / "metrics.json"
    hostile = "<img src=x onerror=alert(1)> $\\frac{ [red]"
    path.write_text(path.read_text().replace('"sft"', json.dumps(hostile)))
    page = Page(write_report(folder).read_text())
    assert hostile in page.text
    assert all(address.startswith("data:") for address in page.addresses)
    assert "<img" not in (folder / "report.md").read_text().replace("\\<img", "")
    console = Console(record=True, width=200, file=StringIO())
    console.print(render_table(collect(folder).rows, "planted"))
    assert "[red]" in console.export_text()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="holds no run"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_damaged_files_are_named(tmp_path: Path) -> None:
    make_run(tmp_path, {"planted": ("movement", 0.9)}, ["sft"])
    log = tmp_path / "planted" / "sft" / "log.jsonl"
    log.write_text(log.read_text() + '{"step": 65, "lo')
    write_report(tmp_path)  # a kill cut the last line short
    log.write_text(log.read_text() + "\n" + '{"step": 65}')
    with pytest.raises(TickerTuneError, match=r"log\.jsonl is damaged in line 65"):
        write_report(tmp_path)
    log.unlink()
    write_json(tmp_path / "planted" / "eval" / "metrics.json", [{"world": "planted"}])
    with pytest.raises(TickerTuneError, match="does not hold metric rows"):
        write_report(tmp_path)
    write_json(tmp_path / "planted" / "eval" / "metrics.json", [])
    write_json(tmp_path / "planted" / "eval" / "votes.json", [{"world": "planted"}])
    with pytest.raises(TickerTuneError, match=r"votes\.json does not hold the curves of votes"):
        write_report(tmp_path)


def test_a_mixture_shows_the_label_that_is_scored(run: Path) -> None:
    world = collect(run).worlds[0]
    assert world.info is not None
    spec = {"name": "mixture", "sets": {}, "scored": world.info.label_spec}
    mixed = replace(world, info=world.info.model_copy(update={"label_spec": spec}))
    assert ("label event", "open") in data_facts(mixed)
    assert data_facts(mixed) == data_facts(world)
    assert data_notes(mixed) == data_notes(world)


def test_the_terminal_table_shows_checkpoints_first(run: Path) -> None:
    console = Console(record=True, width=160, file=StringIO())
    console.print(render_table(collect(run).rows, "planted"))
    text = console.export_text()
    assert (
        text.index("base model")
        < text.index("SFT")
        < text.index("GRPO")
        < text.index("majority")
        < text.index("ceiling")
    )
    assert "Sharpe net" in text


def test_the_page_does_not_show_paths_of_the_machine_that_trained(tmp_path: Path) -> None:
    run = make_run(tmp_path / "demo")
    facts = run / "planted" / "sft" / "tickertune.json"
    write_json(facts, {**json.loads(facts.read_text()), "base": "/Users/me/cache/some-model"})
    assert "/Users/me" not in write_report(run).read_text()

"""What can be downloaded from the page: all that it shows, nothing that is withheld, no more than it has room for."""

import csv
import io
import json
from pathlib import Path

import polars as pl

from eval.report import write_report
from eval.report.downloads import MOST_ALL, Shelf, safe_csv
from tests.eval.made_run import make_run
from tests.eval.page import Page, files_of, page_of
from tickertune.core.files import read_json


def test_everything_shown_can_be_downloaded(reported_runs: dict[str, Path]) -> None:
    files = files_of(page_of(reported_runs, "one"))
    names = {name.removeprefix("planted_").partition(".")[0] for name in files}
    assert names >= {"verdicts", "scores", "views", "errors", "error_counts", "prompts", "returns", "log_sft", "data"}
    scores = list(csv.DictReader(io.StringIO(next(text.decode() for name, text in files.items() if "scores" in name))))
    rows = {(row["checkpoint"], row["metric"]): row for row in read_json(reported_runs["one"] / "metrics.json")}
    assert len(scores) == len(rows)
    for row in scores:
        assert float(row["value"]) == rows[row["checkpoint"], row["metric"]]["value"]
    prompts = json.loads(files["planted_prompts.json"])
    assert all(prompt["prompt"] in page_of(reported_runs, "one").texts("pre") for prompt in prompts)


def test_thirty_checkpoints_are_all_in_the_downloads(reported_runs: dict[str, Path]) -> None:
    files = files_of(page_of(reported_runs, "many"))
    verdicts = next(text.decode() for name, text in files.items() if name.startswith("planted_verdicts"))
    assert {row["checkpoint"] for row in csv.DictReader(io.StringIO(verdicts))} == {f"step-{at}" for at in range(1, 31)}
    told = read_json(reported_runs["many"] / "report.json")["planted"]
    assert {row["checkpoint"] for row in told["views"] if row["checkpoint"]} >= {f"step-{at}" for at in range(1, 31)}


def test_a_withheld_text_is_in_no_download(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"tweets": ("movement", 0.9)}, ["sft"])
    samples = pl.read_parquet(run / "tweets/data/dataset/data/test.parquet")
    documents = pl.DataFrame({"doc_id": [ids[0] for ids in samples["doc_ids"]], "redistributable": False})
    documents.write_parquet(run / "tweets/data/documents.parquet")
    page = Page(write_report(run).read_text())
    assert len(files_of(page)) > 5
    for content in files_of(page).values():
        assert b"Regulators open" not in content
    assert all(prompt["prompt"] is None for prompt in json.loads(files_of(page)["tweets_prompts.json"]))


def test_words_that_a_spreadsheet_would_run_are_quoted() -> None:
    table = pl.DataFrame({"symbol": ["=cmd()", "+1", "-x", "@a", "AAPL", None], "value": [-1.0] * 6})
    assert safe_csv(table).splitlines()[1:] == [
        "'=cmd(),-1.0",
        "'+1,-1.0",
        "'-x,-1.0",
        "'@a,-1.0",
        "AAPL,-1.0",
        ",-1.0",
    ]


def test_a_page_has_room_for_so_much_and_names_where_the_rest_stands() -> None:
    shelf = Shelf()
    noise = pl.DataFrame({"value": pl.int_range(60_000, eager=True).hash(seed=1)})
    files = [shelf.table(f"table {at}", f"t{at}", noise, "planted/eval") for at in range(20)]
    assert all(file is not None and file.source is None for file in files)
    assert files[0] is not None
    assert files[0].said == "too large for the page: see planted/eval in the run folder"
    small = [shelf.table(f"table {at}", f"t{at}", noise.head(8_000), "planted/eval") for at in range(40)]
    kept = [file.source for file in small if file is not None and file.source is not None]
    assert 0 < len(kept) < 40
    assert sum(map(len, kept)) <= MOST_ALL

"""The report shows what the study found, and nothing of it where it has not run."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from eval.portfolio.study import SERIES, Study, study
from eval.report import write_report
from eval.report.collect import collect
from eval.report.tables import account, portfolio_risk
from tests.eval.made_predictions import sessions_from
from tests.eval.made_run import make_run
from tests.eval.page import Page
from tickertune.core.recipe import EvalConfig

CONFIG = EvalConfig.model_validate({"resamples": 200, "account": {}})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_run(tmp_path_factory.mktemp("report") / "run", {"planted": ("movement", 0.9)}, ["sft"])
    world = collect(folder).worlds[0]
    info = SimpleNamespace(horizon=1, exchange=None, label_spec={})
    book = study(
        world.predictions,
        world.samples,
        info,
        folder,
        CONFIG.model_copy(update={"account": None}),
        "planted",
        ["sft"],
        4,
    )  # type: ignore[arg-type]
    days = sessions_from(world.equity["session"].min(), 20)  # type: ignore[arg-type]
    value = 1e6 * np.cumprod(1 + np.random.default_rng(0).normal(0, 0.01, 20))
    series = [
        pl.DataFrame(
            {"checkpoint": name, "session": days, "equity": value, "equity_gross": value, "cash": 0.0, "exposure": 1.0},
            schema=SERIES,
        )
        for name in ("base", "sft", "buy_and_hold", "one_over_n")
    ]
    rows = [
        row.model_copy(update={"checkpoint": name})
        for row in book.book
        if row.checkpoint == "sft"
        for name in ("sft", "one_over_n", "random_as_sft")
    ]
    found = Study(4, book.book, rows, {"sft": {"fills_order": 3, "exits_without_a_price": 2}}, pl.concat(series))
    found.fills = pl.DataFrame({"checkpoint": ["sft"]})
    found.write(folder / "planted" / "eval", CONFIG)
    return folder


def test_book_and_account_stand_in_tables_with_their_baselines(run: Path) -> None:
    world = collect(run).worlds[0]
    risk, traded = portfolio_risk(world), account(world)
    assert risk is not None
    assert {"Sortino", "DSR", "Alpha"} <= set(risk.heads)
    assert traded is not None
    groups = {title: [line.name for line in lines] for title, lines in traded.groups}
    assert groups == {"Checkpoints": ["SFT"], "Baselines": ["1/N", "random, as SFT"]}


def test_the_page_says_what_could_not_be_done_and_how_many_were_tried(run: Path) -> None:
    page = Page(write_report(run).read_text())
    assert "exits without a price 2" in page.text
    assert "4 strategies tried on this split" in page.text
    assert "capacity is not modelled" in page.text
    assert "Cash account" in (run / "report.md").read_text()
    before = (run / "report.html").read_bytes()
    assert write_report(run).read_bytes() == before


def test_a_run_without_a_study_has_neither(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", {"planted": ("movement", 0.9)}, ["sft"])
    world = collect(folder).worlds[0]
    assert portfolio_risk(world) is None
    assert account(world) is None
    assert "Cash account" not in Page(write_report(folder).read_text()).text

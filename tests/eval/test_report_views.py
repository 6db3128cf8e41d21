"""Views by month, ticker and regime, and errors to read."""

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.labels.regimes import UNKNOWN
from eval.report.collect import World, collect
from eval.report.errors import MOST, error_counts, error_groups, error_table
from eval.report.examples import visible
from eval.report.plots import by_part
from eval.report.view_tables import NOTHING, error_grid, view_grid, view_note
from eval.report.views import FEWEST_SAMPLES, View, shown_in_views, views
from tests.eval.made_run import make_run

TREND, VOLATILITY = "regime trend", "regime volatility"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), {"w": ("movement", 0.9)}, history=True)


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return collect(folder).worlds[0]


@pytest.fixture(scope="module")
def found(world: World) -> dict[str, View]:
    return {view.kind: view for view in views(world)}


def test_every_view_holds_every_sample_once(world: World, found: dict[str, View]) -> None:
    assert list(found) == ["month", "ticker", TREND, VOLATILITY]
    for view in found.values():
        assert sum(part.n for part in view.parts) == world.samples.height


def test_months_are_those_of_the_entry_and_scored_as_a_part(world: World, found: dict[str, View]) -> None:
    counts = world.samples.group_by(pl.col("session").dt.strftime("%Y-%m")).len().sort("session")
    assert [(part.name, part.n) for part in found["month"].parts] == counts.rows()
    row = next(row for row in found["month"].parts[0].rows if row.checkpoint == "sft")
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.value < row.high
    assert by_part(world, found["month"]) is not None


def test_tickers_come_with_the_most_samples_first(found: dict[str, View]) -> None:
    counts = [part.n for part in found["ticker"].parts]
    assert counts == sorted(counts, reverse=True)
    assert "AKRO" in {part.name for part in found["ticker"].parts}


def test_a_renamed_instrument_is_one_ticker_under_its_last_name(world: World, tmp_path: Path, folder: Path) -> None:
    renamed = tmp_path / "run"
    shutil.copytree(folder, renamed)
    path = renamed / "w/data/dataset/data/test.parquet"
    middle = world.samples["session"].median()
    symbol = (
        pl.when((pl.col("symbol") == "AKRO") & (pl.col("session") > middle)).then(pl.lit("META")).otherwise("symbol")
    )
    pl.read_parquet(path).with_columns(symbol=symbol).write_parquet(path)
    names = [part.name for view in views(collect(renamed).worlds[0]) if view.kind == "ticker" for part in view.parts]
    assert "META" in names
    assert "AKRO" not in names


def test_a_part_with_too_few_samples_has_a_count_and_no_score(world: World, found: dict[str, View]) -> None:
    ticker = world.samples["instrument_id"][0]
    others = world.samples.filter(pl.col("instrument_id") != ticker)["sample_id"]
    kept = {*others, *world.samples.filter(pl.col("instrument_id") == ticker)["sample_id"].head(FEWEST_SAMPLES - 1)}
    fewer = {name: frame.filter(pl.col("sample_id").is_in(list(kept))) for name, frame in world.predictions.items()}
    (by_ticker,) = (view for view in views(World(**{**vars(world), "predictions": fewer})) if view.kind == "ticker")
    few = [part for part in by_ticker.parts if part.n < FEWEST_SAMPLES]
    assert [part.n for part in few] == [FEWEST_SAMPLES - 1]
    assert few[0].rows == []
    assert all(part.rows for part in by_ticker.parts if part.n >= FEWEST_SAMPLES)
    rare = World(**{**vars(world), "predictions": {name: frame.head(15) for name, frame in world.predictions.items()}})
    (month,) = (view for view in views(rare) if view.kind == "month")
    grid = view_grid(rare, month, shown_in_views(rare))
    assert grid is not None
    assert [cell.value for cell in grid.groups[0][1][0].cells[2:]] == [NOTHING] * (len(shown_in_views(rare)))
    assert grid.groups[0][1][0].cells[2].note == "too few"


def _cut(folder: Path, place: Path) -> Path:
    shutil.copytree(folder, place)
    return place


def test_no_bar_after_the_last_decision_changes_a_regime(folder: Path, tmp_path: Path, found: dict[str, View]) -> None:
    """And one before it does, so that the test can fail."""
    last = collect(folder).worlds[0].samples["as_of"].max().date()
    for shift, same in ((0, True), (-60, False)):
        changed = _cut(folder, tmp_path / str(shift))
        path = changed / "w/data/bars.parquet"
        later = pl.col("session") >= last + timedelta(days=shift)
        pl.read_parquet(path).with_columns(
            pl.when(later).then(pl.col(name) * (1 + 9 * (pl.int_range(pl.len()) % 2))).otherwise(name).alias(name)
            for name in ("open", "high", "low", "close")
        ).write_parquet(path)
        again = {view.kind: view for view in views(collect(changed).worlds[0])}
        assert ([part.n for part in again[TREND].parts] == [part.n for part in found[TREND].parts]) == same


def test_bounds_of_regimes_are_those_of_the_train_split(folder: Path, tmp_path: Path, found: dict[str, View]) -> None:
    """Later volatilities move no bound; those of training do."""
    note = found[VOLATILITY].note
    assert "thirds of the train split" in note
    for split, same in (("test", True), ("train", False)):
        changed = _cut(folder, tmp_path / split)
        path = changed / f"w/data/dataset/data/{split}.parquet"
        pl.read_parquet(path).with_columns(pl.col("volatility") * 3).write_parquet(path)
        again = {view.kind: view for view in views(collect(changed).worlds[0])}
        assert (again[VOLATILITY].note == note) == same


def test_without_earlier_samples_or_bars_a_regime_is_not_told_and_says_why(folder: Path, tmp_path: Path) -> None:
    changed = _cut(folder, tmp_path / "run")
    (changed / "w/data/bars.parquet").unlink()
    found = {view.kind: view for view in views(collect(changed).worlds[0])}
    assert found[TREND].parts == []
    assert "kept no bars" in found[TREND].note
    assert found[VOLATILITY].parts
    train = changed / "w/data/dataset/data/train.parquet"
    pl.read_parquet(train).with_columns(volatility=pl.lit(None, pl.Float64)).write_parquet(train)
    notes = {view.kind: view.note for view in views(collect(changed).worlds[0])}
    assert "no training sample has a known volatility" in notes[VOLATILITY]
    train.unlink()
    notes = {view.kind: view.note for view in views(collect(changed).worlds[0])}
    assert notes[VOLATILITY].startswith("Not told: File data/dataset/data/train.parquet does not exist")


def test_what_is_not_known_is_a_part_of_its_own(folder: Path, tmp_path: Path) -> None:
    changed = _cut(folder, tmp_path / "run")
    path = changed / "w/data/dataset/data/test.parquet"
    blind = pl.when(pl.int_range(pl.len()) < 30).then(None).otherwise("volatility")
    pl.read_parquet(path).with_columns(volatility=blind).write_parquet(path)
    view = next(view for view in views(collect(changed).worlds[0]) if view.kind == VOLATILITY)
    assert (view.parts[-1].name, view.parts[-1].n) == (UNKNOWN, 30)


def test_texts_are_parted_by_their_sets(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"w": ("sentiment", 1.0)}, ["sft"])
    name = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("fiqa:")).otherwise(pl.lit("tfns:")) + pl.col(
        "sample_id"
    )
    texts = pl.read_parquet(run / "w/data/dataset/data/test.parquet")
    names = dict(zip(texts["sample_id"], texts.select(name)["literal"], strict=True))
    for path in [run / "w/data/dataset/data/test.parquet", *(run / "w/eval/predictions").glob("*.parquet")]:
        pl.read_parquet(path).with_columns(pl.col("sample_id").replace_strict(names)).write_parquet(path)
    (view,) = views(collect(run).worlds[0])
    assert [part.name for part in view.parts] == ["fiqa", "tfns"]
    assert view.parts[0].rows[0].metric == "weighted_f1"


def test_a_note_says_that_nothing_is_corrected(world: World, found: dict[str, View]) -> None:
    assert "uncorrected" in view_note(world, found["month"])


def test_errors_are_bounded_and_stand_once(world: World) -> None:
    groups = error_groups(world, ["unknown"])
    shown = [example.sample_id for group in groups for example in group.shown]
    assert len(shown) == len(set(shown))
    assert all(0 < len(group.shown) <= MOST for group in groups)
    frame = world.predictions["grpo"].filter(pl.col("label") != pl.col("gold"))
    assert set(shown) <= set(frame["sample_id"])
    told = error_groups(world, shown)
    assert not set(shown) & {example.sample_id for group in told for example in group.shown}


def test_errors_name_what_training_broke(world: World) -> None:
    (group,) = (group for group in error_groups(world) if "base model was right" in group.title)
    base = world.predictions["base"].filter(pl.col("label") == pl.col("gold"))
    wrong = world.predictions["grpo"].filter(pl.col("label") != pl.col("gold"))
    assert group.count == base.join(wrong, on="sample_id").height
    counts = {one.checkpoint: one for one in error_counts(world)}
    assert counts["grpo"].broken == group.count
    assert counts["base"].broken is None
    assert counts["base"].unparsed == world.predictions["base"]["label"].null_count() > 0
    assert error_grid(list(counts.values())) is not None


def test_the_table_of_errors_holds_all_of_them_and_no_text(world: World) -> None:
    table = error_table(world)
    counts = {one.checkpoint: one.wrong for one in error_counts(world)}
    assert dict(table.group_by("checkpoint").len().iter_rows()) == counts
    assert not {"messages", "prompt"} & set(table.columns)


def test_controls_of_a_text_are_seen_and_do_nothing() -> None:
    assert visible("price \u202egnihton\u0000\u200b\ttab\nline é") == "price \\u202egnihton\\u0000\\u200b\ttab\nline é"

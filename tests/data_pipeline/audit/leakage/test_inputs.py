"""Layouts that the audit reads, and bad input that it refuses in a sentence."""

import json
from pathlib import Path

import datasets
import polars as pl
import pytest

from data_pipeline.audit.leakage import AuditResult, audit_dataset, parse_overrides
from tests.data_pipeline.audit.leakage.made import found
from tickertune.core.errors import TickerTuneError

TEXTS = [f"Company {n} opens plant number {n} in town {n % 7}" for n in range(120)]


def table(**columns: object) -> pl.DataFrame:
    """120 rows: text, label, and a stamp a day."""
    stamps = [f"2023-{1 + n // 28:02d}-{1 + n % 28:02d}T14:30:0{n % 10}Z" for n in range(120)]
    labels = ["up" if n % 3 else "down" for n in range(120)]
    values = {"text": TEXTS, "label": labels, "published_at": stamps} | columns
    return pl.DataFrame(values)


def parts(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {"train": frame.head(80), "test": frame.tail(40)}


def saved(folder: Path) -> Path:
    whole = {name: datasets.Dataset(part.to_arrow()) for name, part in parts(table()).items()}
    datasets.DatasetDict(whole).save_to_disk(str(folder / "set"))
    return folder / "set"


def files(ending: str):  # type: ignore[no-untyped-def]
    def write(folder: Path) -> Path:
        for name, part in parts(table()).items():
            path = folder / f"{name}-00000{ending}"
            {
                ".parquet": part.write_parquet, ".csv": part.write_csv, ".jsonl": part.write_ndjson,
                ".json": lambda path, part=part: path.write_text(json.dumps(part.to_dicts())),
            }[ending](path)  # fmt: skip
        return folder

    return write


@pytest.mark.parametrize(
    "write", [saved, *(files(ending) for ending in (".parquet", ".csv", ".jsonl", ".json"))],
    ids=["save_to_disk", "parquet", "csv", "jsonl", "json"],
)  # fmt: skip
def test_every_layout_reads_the_same(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    audit = audit_dataset(str(write(tmp_path)))
    assert audit.splits == {"train": 80, "test": 40}
    assert audit.roles == {"text": "text", "label": "label", "published": "published_at"}
    assert audit.texts_read == audit.rows == 120
    assert not audit.errors


def test_one_file_without_splits(tmp_path: Path) -> None:
    table().write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"))
    assert audit.splits == {}
    assert {state.check for state in audit.checks if not state.done} >= {
        "overlapping_windows",
        "duplicates_across_splits",
    }


def test_fingpt_forecaster_layout(tmp_path: Path) -> None:
    """prompt, answer, period, label, symbol: the period gives entry and exit, Sundays both."""
    rows = [
        {
            "prompt": f"[INST] You are an analyst. From 2023-05-{d:02d}, ACME{s} fell. Item {d}{s}. [/INST]", "answer": "x",
            "period": f"2023-05-{d:02d}_2023-05-{d + 7:02d}", "label": f"{way} by 1-2%", "symbol": f"ACME{s}",
        }
        for d in (7, 14, 21) for s in range(12) for way in (("up", "down")[(d + s) % 2],)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "train.parquet")
    audit = audit_dataset(str(tmp_path / "train.parquet"))
    assert audit.roles["period"] == "period"
    assert audit.roles["text"] == "prompt"
    assert found(audit, "weekend_stamps") == {"error"}


def test_label_that_stands_in_the_prompt_of_a_forecaster(tmp_path: Path) -> None:
    """The query to the rationale model names the answer; a set that keeps it leaks."""
    rows = [
        {"prompt": f"News {n}. Then let us assume that your prediction is {label}.", "label": label, "symbol": "A"}
        for n in range(90)
        for label in (("up by 1-2%", "down by 2-3%", "up by 5+%")[n % 3],)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    assert found(audit_dataset(str(tmp_path / "rows.parquet")), "target_in_text") == {"error"}


def test_stocknet_layout(tmp_path: Path) -> None:
    for day in ("2014-01-02", "2014-01-03"):
        folder = tmp_path / "raw" / "AAPL"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            {"text": ["$AAPL", "news", str(n)], "created_at": f"Thu Jan 02 03:{n:02d}:03 +0000 2014"} for n in range(5)
        ]
        (folder / day).write_text("\n".join(map(json.dumps, lines)))
    audit = audit_dataset(str(tmp_path / "raw"))
    assert audit.rows == 10
    assert audit.roles == {"text": "text", "symbol": "symbol", "published": "created_at"}


def test_chat_turns_are_read_without_the_reply(tmp_path: Path) -> None:
    turns = [
        [{"role": "user", "content": text}, {"role": "assistant", "content": label}]
        for text, label in table().select("text", "label").rows()
    ]
    table(messages=turns).drop("text").write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"))
    assert audit.roles["text"] == "messages"
    assert found(audit, "target_in_text") == set()


@pytest.mark.parametrize("unit", [1, 1000])
def test_epoch_numbers_are_times(tmp_path: Path, unit: int) -> None:
    stamps = [(1_672_756_200 + 86_400 * n) * unit for n in range(120)]
    table(published_at=stamps).write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"))
    assert audit.figures["hours"]["counts"][9] == 68, (
        "14:30 UTC is 9:30 in New York until the clock changes on 12 March"
    )
    assert not any("naive" in note for note in audit.notes)


def naive(folder: Path, **options: str) -> AuditResult:
    stamps = [f"2023-03-{1 + n % 28:02d} 14:30:0{n % 10}" for n in range(120)]
    decisions = [f"2023-03-{1 + n % 28:02d} 14:00:00" for n in range(120)]
    table(published_at=stamps, as_of=decisions).write_csv(folder / "rows.csv")
    return audit_dataset(str(folder / "rows.csv"), **options)  # type: ignore[arg-type]


def test_naive_times_are_read_as_utc_and_findings_say_so(tmp_path: Path) -> None:
    audit = naive(tmp_path)
    assert any("published_at holds naive times" in note for note in audit.notes)
    assert [finding.assumes_utc for finding in audit.errors] == [True]
    stated = naive(tmp_path, zone="America/New_York")
    assert [finding.assumes_utc for finding in stated.errors] == [False]
    assert not stated.notes


def test_overrides_go_before_names(tmp_path: Path) -> None:
    table(remark=TEXTS).write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"), columns=parse_overrides(["text=remark", "label="]))
    assert audit.roles["text"] == "remark"
    assert "label" not in audit.roles


def test_no_time_column_leaves_time_checks_out_and_says_why(tmp_path: Path) -> None:
    table().drop("published_at").write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"))
    reasons = {state.check: state.reason for state in audit.checks if not state.done}
    assert reasons["as_of"] == "no column for as_of or entry and published or available or items"
    assert "label_priors" not in reasons


def test_a_split_without_rows_is_no_trouble(tmp_path: Path) -> None:
    frame = table()
    frame.write_parquet(tmp_path / "train.parquet")
    frame.head(0).write_parquet(tmp_path / "test.parquet")
    assert audit_dataset(str(tmp_path)).splits == {"train": 120}


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda folder: table().head(0).write_parquet(folder / "rows.parquet"), "has no rows"),
        (lambda folder: (folder / "rows.parquet").write_bytes(b"PAR1 and no more"), "not readable Parquet"),
        (lambda folder: (folder / "rows.json").write_text("{"), "not readable JSON"),
        (lambda folder: (folder / "rows.json").write_text("3"), "no table"),
        (lambda folder: (folder / "rows.jsonl.xz").write_bytes(b"no xz"), "not readable '.xz'"),
        (lambda folder: pl.DataFrame({"zz": [1.5]}).write_parquet(folder / "rows.parquet"), "No column .* plays a known role"),
        (lambda folder: (folder / "notes.txt").write_text("hello"), "holds no data set"),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence(tmp_path: Path, write, sentence: str) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path)
    with pytest.raises(TickerTuneError, match=sentence):
        audit_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lable=label"], "unknown role 'lable' .did you mean 'label'"),
        (["text"], "has no '='"),
        (["text=txet"], "no column 'txet' .did you mean 'text'"),
        (["as_of=text+label"], "names 2 columns for one role"),
    ],
)
def test_bad_roles_are_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    table().write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(TickerTuneError, match=sentence):
        audit_dataset(str(tmp_path / "rows.parquet"), columns=parse_overrides(words))


def test_unknown_zone_exchange_and_path_are_one_sentence(tmp_path: Path) -> None:
    table().write_parquet(tmp_path / "rows.parquet")
    path = str(tmp_path / "rows.parquet")
    with pytest.raises(TickerTuneError, match="no IANA zone"):
        audit_dataset(path, zone="New York")
    with pytest.raises(TickerTuneError, match="did you mean 'XNYS'"):
        audit_dataset(path, exchange="XNYX")
    with pytest.raises(TickerTuneError, match="does not exist"):
        audit_dataset(str(tmp_path / "none"))


def test_large_sets_are_thinned_out_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from data_pipeline.audit.leakage import load

    monkeypatch.setattr(load, "MAX_ROWS", 50)
    monkeypatch.setattr(load, "MAX_TEXTS", 20)
    table().write_parquet(tmp_path / "rows.parquet")
    audit = audit_dataset(str(tmp_path / "rows.parquet"))
    assert (audit.rows, audit.looked_at) == (120, 30)
    assert audit.texts_read <= 20
    assert any("one in 4 was looked at" in note for note in audit.notes)

"""Each mistake seen in public code, planted in the simulated market, is caught; its clean twin is not flagged."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.data_pipeline.audit.leakage.made import ZONE, audited, found, labelled, market, rows, split_by_day, weeks
from tickertune.core.files import sha256_text


@pytest.fixture(scope="module")
def clean() -> pl.DataFrame:
    return rows()


def test_the_clean_twin_has_no_error_and_no_warning(clean: pl.DataFrame, tmp_path: Path) -> None:
    audit = audited(clean, tmp_path)
    assert [(finding.check, finding.detail) for finding in audit.findings if finding.severity != "note"] == []
    assert {state.check for state in audit.checks if not state.done} == {"scaled_on_everything"}


def test_the_clean_weeks_have_no_error(tmp_path: Path) -> None:
    audit = audited(weeks(), tmp_path)
    assert [(finding.check, finding.detail) for finding in audit.errors] == []


def test_weekly_resampling_that_stamps_fridays_price_on_sunday(tmp_path: Path) -> None:
    assert found(audited(weeks(), tmp_path), "weekend_stamps") == set()
    assert found(audited(weeks(2), tmp_path), "weekend_stamps") == {"error"}


def test_window_ends_that_are_inclusive_on_both_sides(tmp_path: Path) -> None:
    assert found(audited(weeks(), tmp_path), "inclusive_ends") == set()
    assert found(audited(weeks(both_ends=True), tmp_path), "inclusive_ends") == {"error"}


@pytest.mark.parametrize("host", ["Asia/Shanghai", "America/New_York", "Europe/Berlin"])
def test_fromtimestamp_in_the_hosts_zone(clean: pl.DataFrame, tmp_path: Path, host: str) -> None:
    epoch = clean.with_columns(epoch_time=pl.col("published_at").dt.epoch("s"))
    assert found(audited(epoch, tmp_path), "time_zone") == set()
    wall = pl.col("published_at").dt.convert_time_zone(host).dt.replace_time_zone("UTC")
    assert found(audited(epoch.with_columns(published_at=wall), tmp_path), "time_zone") >= {"error"}


def test_fromtimestamp_in_china_is_late_for_many_decisions(clean: pl.DataFrame, tmp_path: Path) -> None:
    wall = pl.col("published_at").dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone("UTC")
    audit = audited(clean.with_columns(published_at=wall), tmp_path)
    assert found(audit, "as_of") == {"error"}, "eight hours late is after many decisions"


def test_minus_four_hours_where_plus_four_were_meant(clean: pl.DataFrame, tmp_path: Path) -> None:
    """New York wall time minus its offset is eight (ten) hours early: the wire seems to rest by day."""
    local = pl.col("published_at").dt.convert_time_zone(ZONE)
    offset = local.dt.base_utc_offset() + local.dt.dst_offset()
    wrong = clean.with_columns(published_at=pl.col("published_at") + 2 * offset)
    assert found(audited(clean, tmp_path), "time_zone") == set()
    assert found(audited(wrong, tmp_path), "time_zone") == {"warning"}


def test_minus_four_hours_is_an_error_beside_the_true_clock(clean: pl.DataFrame, tmp_path: Path) -> None:
    wrong = clean.with_columns(published_at=pl.col("published_at") - pl.duration(hours=8), sent_time="published_at")
    assert "error" in found(audited(wrong, tmp_path), "time_zone")


def quarters(frame: pl.DataFrame, lag_days: int) -> pl.DataFrame:
    """Join the last quarter that ended ``lag_days`` before the decision."""
    known = pl.col("as_of").dt.date() - timedelta(days=lag_days)
    start = known.dt.truncate("1q")
    return frame.with_columns(period_end=start - timedelta(days=1), revenue=pl.col("symbol").hash(1) % 1000)


def test_fiscal_period_end_taken_for_the_filing_date(clean: pl.DataFrame, tmp_path: Path) -> None:
    assert found(audited(quarters(clean, 40), tmp_path), "fiscal_period") == set()
    assert found(audited(quarters(clean, 0), tmp_path), "fiscal_period") == {"error"}


def test_filing_dates_that_are_period_ends(clean: pl.DataFrame, tmp_path: Path) -> None:
    frame = quarters(clean, 40)
    filed = frame.with_columns(filed=pl.col("period_end") + timedelta(days=35))
    assert found(audited(filed, tmp_path), "fiscal_period") == set()
    assert found(audited(frame.with_columns(filed="period_end"), tmp_path), "fiscal_period") == {"error"}


def daily(frame: pl.DataFrame, *, own_day: bool) -> pl.DataFrame:
    """Close-to-close rows whose entry is a date: the text's own day, or the first close after the text."""
    _, _, sessions = market()
    stamp = frame["published_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    after = np.searchsorted(sessions.closes, stamp, side="right")
    days = pl.Series(sessions.dates[after.clip(max=len(sessions) - 1)]).cast(pl.Date)
    local = frame["published_at"].dt.convert_time_zone(ZONE).dt.date()
    return frame.drop("entry", "exit", "as_of").with_columns(entry=local if own_day else days)


def test_same_day_close_joined_to_after_hours_news(clean: pl.DataFrame, tmp_path: Path) -> None:
    assert "error" not in found(audited(daily(clean, own_day=False), tmp_path), "after_hours")
    assert "error" in found(audited(daily(clean, own_day=True), tmp_path), "after_hours")


def test_same_day_open_joined_to_news_of_trading_hours(clean: pl.DataFrame, tmp_path: Path) -> None:
    """FinGPT v1.0: the base price is the open of the day on which the news came at noon."""
    _, _, sessions = market()
    stamp = clean["published_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    same = np.searchsorted(sessions.opens, stamp, side="right") - 1
    wrong = clean.drop("as_of").with_columns(entry=pl.Series(sessions.opens[same]).dt.replace_time_zone("UTC"))
    assert found(audited(clean.drop("as_of"), tmp_path), "as_of") == set()
    assert found(audited(wrong, tmp_path), "as_of") == {"error"}


def with_fundamentals(frame: pl.DataFrame, days: int) -> pl.DataFrame:
    reported = (pl.col("as_of").dt.date() + timedelta(days=days)).cast(pl.String)
    return frame.with_columns(text=pl.format("{}\nBasic financials reported on {}: margin 0.21", "text", reported))


def test_target_week_fundamentals_in_the_prompt(clean: pl.DataFrame, tmp_path: Path) -> None:
    assert found(audited(with_fundamentals(clean, -40), tmp_path), "future_text") == set()
    assert found(audited(with_fundamentals(clean, 4), tmp_path), "future_text") == {"error"}


def test_fundamentals_dated_after_the_decision_in_a_column(clean: pl.DataFrame, tmp_path: Path) -> None:
    known = clean.with_columns(financials_date=pl.col("as_of").dt.date() - timedelta(days=40))
    future = clean.with_columns(financials_date=pl.col("as_of").dt.date() + timedelta(days=4))
    assert found(audited(known, tmp_path), "later_columns") == set()
    assert found(audited(future, tmp_path), "later_columns") == {"warning"}


def test_random_split_of_overlapping_samples(clean: pl.DataFrame, tmp_path: Path) -> None:
    draw = pl.Series([int(sha256_text(text)[:4], 16) % 5 == 0 for text in clean["text"]])
    audit = audited(clean.with_columns(split=pl.when(draw).then(pl.lit("test")).otherwise(pl.lit("train"))), tmp_path)
    assert found(audit, "random_split") == {"error"}
    assert found(audit, "overlapping_windows") == {"error"}


def test_windows_that_overlap_the_test_without_a_purge(clean: pl.DataFrame, tmp_path: Path) -> None:
    long = clean.with_columns(exit=pl.col("exit") + timedelta(days=14))
    audit = audited(long, tmp_path)
    assert found(audit, "overlapping_windows") == {"error"}
    assert found(audit, "random_split") == set()


def test_quantiles_fitted_on_everything(tmp_path: Path) -> None:
    wrong = rows(cut_on="all")
    assert found(audited(wrong, tmp_path), "fitted_on_everything") == {"error"}


def test_quantiles_fitted_on_everything_are_seen_without_the_returns(clean: pl.DataFrame, tmp_path: Path) -> None:
    alone = {"right": clean, "wrong": rows(cut_on="all")}
    alone = {name: frame.unique(["symbol", "entry"], maintain_order=True) for name, frame in alone.items()}
    wrong = labelled(alone["wrong"].with_columns(session=pl.col("entry").dt.date()), "all").drop("ret")
    right = labelled(alone["right"].with_columns(session=pl.col("entry").dt.date())).drop("ret")
    assert found(audited(wrong, tmp_path), "fitted_on_everything") in ({"warning"}, {"error"})
    assert found(audited(right, tmp_path), "fitted_on_everything") == set()


def test_scaler_fitted_on_everything(clean: pl.DataFrame, tmp_path: Path) -> None:
    value = np.random.default_rng(0).normal(3, 2, len(clean)) + np.arange(len(clean)) / len(clean)
    train = (clean["split"] == "train").to_numpy()
    right = clean.with_columns(feature=pl.Series((value - value[train].mean()) / value[train].std()))
    wrong = clean.with_columns(feature=pl.Series((value - value.mean()) / value.std()))
    ranged = clean.with_columns(feature=pl.Series((value - value.min()) / np.ptp(value)))
    assert found(audited(right, tmp_path), "scaled_on_everything") == set()
    assert found(audited(wrong, tmp_path), "scaled_on_everything") == {"error"}
    assert value.argmax() >= train.sum(), "the largest value is in the test"
    assert found(audited(ranged, tmp_path), "scaled_on_everything") == {"warning"}


def test_trailing_return_taken_for_the_forward_one(clean: pl.DataFrame, tmp_path: Path) -> None:
    """Trading-R1's printed algorithm shifts the wrong way: the exit comes before the entry."""
    wrong = clean.with_columns(exit=pl.col("entry") - timedelta(days=1))
    assert found(audited(wrong, tmp_path), "order_of_times") == {"error"}


def test_feature_that_is_the_target(clean: pl.DataFrame, tmp_path: Path) -> None:
    noise = pl.Series(np.random.default_rng(0).normal(0, 1, len(clean)))
    honest = clean.with_columns(momentum=noise + 5 * pl.col("ret"))
    same = clean.with_columns(momentum=pl.col("ret") * 100)
    label_alone = clean.drop("ret").with_columns(score=(pl.col("label") == "up").cast(pl.Float64) + noise / 10)
    assert found(audited(honest, tmp_path), "features_tell_target") == set()
    assert found(audited(same, tmp_path), "features_tell_target") == {"error"}
    assert found(audited(label_alone, tmp_path), "features_tell_target") == {"error"}


@pytest.mark.parametrize(
    "told",
    [
        pl.format("{}; the stock went {}", "text", "label"),
        pl.format("{}; return {}%", "text", (100 * pl.col("ret")).round(2)),
        pl.format(
            "{}; shares {} at once", "text", pl.when(pl.col("ret") > 0).then(pl.lit("jump")).otherwise(pl.lit("slide"))
        ),
    ],
    ids=["label", "value", "direction"],
)
def test_target_in_the_prompt(clean: pl.DataFrame, tmp_path: Path, told: pl.Expr) -> None:
    shuffled = clean.with_columns(pl.col("label", "ret").shift(97).fill_null(strategy="backward"))
    chance = clean.with_columns(shuffled.select(text=told)["text"])
    assert found(audited(chance, tmp_path), "target_in_text") == set()
    assert found(audited(clean.with_columns(text=told), tmp_path), "target_in_text") == {"error"}


def test_copies_across_splits(clean: pl.DataFrame, tmp_path: Path) -> None:
    train = clean.filter(pl.col("split") == "train").head(40)
    test = clean.filter(pl.col("split") == "test")
    for texts in (train["text"], train["text"] + " - update"):
        copied = test.with_columns(pl.Series("text", [*texts, *test["text"][40:]]))
        audit = audited(pl.concat([clean.filter(pl.col("split") == "train"), copied]), tmp_path)
        assert found(audit, "duplicates_across_splits") == {"error"}


def test_date_only_stamps_treated_as_midnight(clean: pl.DataFrame, tmp_path: Path) -> None:
    """A fifth of the stamps are dates, used in the morning of their own day."""
    local = pl.col("as_of").dt.convert_time_zone(ZONE).dt.truncate("1d").dt.convert_time_zone("UTC")
    some = pl.int_range(pl.len()) % 5 == 0
    wrong = clean.with_columns(published_at=pl.when(some).then(local).otherwise("published_at"))
    assert found(audited(wrong, tmp_path), "dates_as_midnight") == {"error"}
    assert found(audited(clean, tmp_path), "dates_as_midnight") == set()


def test_dates_alone_used_on_their_own_day(clean: pl.DataFrame, tmp_path: Path) -> None:
    dates = clean.with_columns(published_at=pl.col("as_of").dt.date())
    before = clean.with_columns(published_at=pl.col("as_of").dt.date() - timedelta(days=1))
    assert found(audited(before, tmp_path), "as_of") == set()
    assert found(audited(dates, tmp_path), "as_of") == {"error"}


def test_text_repeated_with_other_labels(clean: pl.DataFrame, tmp_path: Path) -> None:
    other = pl.when(pl.col("label") == "up").then(pl.lit("down")).otherwise(pl.lit("up"))
    again = clean.head(60).with_columns(label=other)
    assert found(audited(pl.concat([clean, again]), tmp_path), "text_with_other_labels") == {"warning"}
    assert found(audited(clean, tmp_path), "text_with_other_labels") == set()


def test_universe_of_survivors(clean: pl.DataFrame, tmp_path: Path) -> None:
    stretched = clean.with_columns((pl.col(name) - pl.lit(clean[name].min())) * 4 + pl.lit(clean[name].min())
                                   for name in ("published_at", "as_of", "entry", "exit"))  # fmt: skip
    names = stretched["symbol"].unique().sort()[:2].to_list()
    middle = pl.lit(stretched["as_of"].quantile(0.6))
    two_gone = stretched.filter(~pl.col("symbol").is_in(names) | (pl.col("as_of") < middle))
    assert found(audited(stretched, tmp_path), "survivorship") == {"warning"}
    assert found(audited(two_gone, tmp_path), "survivorship") == set()


def test_label_shares_that_move_and_a_class_that_is_missing(clean: pl.DataFrame, tmp_path: Path) -> None:
    moved = clean.filter((pl.col("split") == "train") | (pl.col("label") != "up"))
    audit = audited(moved, tmp_path)
    details = [finding.detail for finding in audit.findings if finding.check == "label_priors"]
    assert any("test has no row of up" in detail for detail in details)
    assert any("label shares move" in detail for detail in details)
    gone = clean.filter((pl.col("split") == "test") | (pl.col("label") != "up"))
    assert "error" in found(audited(gone, tmp_path), "label_priors")


def test_split_and_label_helpers_are_what_the_tests_say(clean: pl.DataFrame) -> None:
    shares = clean.filter(pl.col("split") == "train")["label"].value_counts(normalize=True)["proportion"]
    assert (shares - 1 / 3).abs().max() < 0.01
    again = labelled(clean.with_columns(session=pl.col("entry").dt.date()))
    assert again["label"].equals(clean["label"])
    days = clean["entry"].dt.convert_time_zone(ZONE).dt.date().to_frame("day")
    assert days.select(s=split_by_day(pl.col("day")))["s"].equals(clean["split"], check_names=False)


def test_stamps_after_the_text_was_fetched(clean: pl.DataFrame, tmp_path: Path) -> None:
    fetched = clean.with_columns(date_download=pl.col("published_at") + pl.duration(minutes=20))
    some = pl.int_range(pl.len()) % 50 == 0
    wrong = fetched.with_columns(
        date_download=pl.col("date_download") - pl.when(some).then(pl.duration(hours=9)).otherwise(pl.duration(hours=0))
    )
    assert found(audited(fetched, tmp_path), "time_zone") == set()
    assert found(audited(wrong, tmp_path), "time_zone") == {"warning"}


def test_answer_tag_in_the_text(clean: pl.DataFrame, tmp_path: Path) -> None:
    tagged = clean.with_columns(text=pl.col("text") + " (Sentiment: positive)").drop("label", "ret")
    assert found(
        audited(tagged.with_columns(text=pl.format("{} {}", "text", pl.int_range(pl.len()))), tmp_path),
        "target_in_text",
    ) == {"warning"}

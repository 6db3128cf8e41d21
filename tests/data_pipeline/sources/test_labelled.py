import zipfile
from pathlib import Path

import pytest

from data_pipeline.sources.labelled import phrasebank as module
from data_pipeline.sources.labelled import read_labelled
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SentimentSetConfig

MEMBER = "FinancialPhraseBank-v1.0/Sentences_50Agree.txt"


def phrasebank(path: Path) -> SentimentSetConfig:
    return SentimentSetConfig(name="phrasebank", path=path)


def tfns(path: Path) -> SentimentSetConfig:
    return SentimentSetConfig(name="tfns", path=path)


def write_zip(path: Path, content: bytes, member: str = MEMBER) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(f"__MACOSX/{member}", b"resource fork")
    return path


def test_real_phrasebank_has_the_split_of_the_protocol(shared_data: Path) -> None:
    path = shared_data / "sentiment" / "FinancialPhraseBank-v1.0.zip"
    train, test = (read_labelled(phrasebank(path), part) for part in ("train", "test"))
    assert (len(train), len(test)) == (3634, 1212)
    assert set(train["row_id"]).isdisjoint(test["row_id"])
    # Rows of numpy's permutation for seed 42 and 4,846 rows, as the published split draws them.
    assert test["row_id"][:3].to_list() == ["phrasebank:1855", "phrasebank:4392", "phrasebank:2806"]
    counts = dict(test["label"].value_counts().iter_rows())
    assert counts == {"negative": 145, "neutral": 729, "positive": 338}


def test_real_tfns_train_part(shared_data: Path) -> None:
    table = read_labelled(tfns(shared_data / "sentiment" / "tfns"), "train")
    assert dict(table["label"].value_counts().iter_rows()) == {"negative": 1442, "positive": 1923, "neutral": 6178}
    assert table["text"][0].startswith("$BYND - JPMorgan reels in expectations")
    assert table["label"][0] == "negative"


def test_phrasebank_is_latin_1_and_keeps_at_signs_and_odd_line_ends(tmp_path: Path) -> None:
    lines = ["Osakeyhtiö @ home grew .@positive", "A\x85B fell .@negative", "It is so .@neutral", "More .@neutral"]
    path = write_zip(tmp_path / "FinancialPhraseBank-v1.0.zip", "\r\n".join(lines).encode("latin-1"))
    train, test = (read_labelled(phrasebank(tmp_path), part) for part in ("train", "test"))
    both = dict(zip([*train["row_id"], *test["row_id"]], [*train["text"], *test["text"]], strict=True))
    assert (len(train), len(test)) == (3, 1)
    assert both["phrasebank:0"] == "Osakeyhtiö @ home grew ."
    assert both["phrasebank:1"] == "A\x85B fell ."
    assert read_labelled(phrasebank(path), "test").equals(test)


def test_bad_phrasebank_files_give_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TickerTuneError, match="does not exist"):
        read_labelled(phrasebank(tmp_path / "none.zip"), "test")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK no zip")
    with pytest.raises(TickerTuneError, match="not a readable zip"):
        read_labelled(phrasebank(broken), "test")
    with pytest.raises(TickerTuneError, match=r"holds 0 files Sentences_50Agree.txt"):
        read_labelled(phrasebank(write_zip(tmp_path / "other.zip", b"", "other.txt")), "test")
    with pytest.raises(TickerTuneError, match="line 2, does not end in @label"):
        read_labelled(phrasebank(write_zip(tmp_path / "label.zip", b"a@neutral\nb@happy\n")), "test")
    bomb = write_zip(tmp_path / "bomb.zip", b"a@neutral\n" * 2000)
    monkeypatch.setattr(module, "MAX_MEMBER_BYTES", 1000)
    with pytest.raises(TickerTuneError, match="unpacks to more than 1000 bytes"):
        read_labelled(phrasebank(bomb), "test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,sentiment\na,0\n", "lacks the column.*label"),
        ("text,label\na,0\nb,7\n", "line 3: label '7'"),
        ('text,label\n"open,0\n', "not a readable CSV"),
    ],
)
def test_bad_tfns_files_give_one_clear_error(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "sent_train.csv").write_text(content)
    with pytest.raises(TickerTuneError, match=message):
        read_labelled(tfns(tmp_path), "train")


def test_absent_tfns_test_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "sent_train.csv").write_text("text,label\na,1\n")
    assert read_labelled(tfns(tmp_path / "sent_train.csv"), "train").rows() == [("a", "positive", "tfns-train:0", "")]
    with pytest.raises(TickerTuneError, match=r"TFNS has no sent_valid.csv for its test part"):
        read_labelled(tfns(tmp_path), "test")

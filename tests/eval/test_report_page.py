"""The page as a reader without a mouse, without eyes, without a network or with thirty checkpoints meets it."""

import csv
import gzip
import io
import json
import re
from base64 import b64decode
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from eval.leaderboard import find_entries, leaderboard, write_board
from eval.report import write_report
from eval.report.downloads import MOST_ALL, Shelf, safe_csv
from tests.eval.made_run import make_run, make_sweep
from tickertune.core.files import read_json, write_json

MOST_BYTES = 5_000_000
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """A page's elements in order, with their attributes, and what is open around each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.text: dict[int, str] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, tuple(name for name, _ in self._open)))
        if tag not in VOID:
            self._open.append((tag, len(self.elements) - 1))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        for _, place in self._open:
            self.text[place] = self.text.get(place, "") + data

    def close(self) -> None:
        super().close()
        assert self._open == []

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of the elements of a tag."""
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def texts(self, tag: str) -> list[str]:
        """Texts of the elements of a tag."""
        return [self.text.get(at, "").strip() for at, (name, _, _) in enumerate(self.elements) if name == tag]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs with one checkpoint, with thirty in two worlds and a sweep of thirty, of texts, and a board of them."""
    place = tmp_path_factory.mktemp("runs")
    many = [f"step-{step}" for step in range(1, 31)]
    made = {
        "one": make_run(place / "one", {"planted": ("movement", 0.9)}, ["sft"], history=True),
        "many": make_run(
            place / "many", {"planted": ("movement", 0.9), "placebo": ("movement", 0.0)}, many, history=True
        ),
        "texts": make_run(place / "texts", {"texts": ("sentiment", 1.0)}, ["sft"]),
        "swept": make_run(place / "swept", {"planted": ("movement", 0.9)}, ["sft"]),
    }
    make_sweep(made["swept"], "planted", range(1, 31))
    for folder in made.values():
        write_report(folder)
    write_board(leaderboard(find_entries(place)), place / "board.html", "runs")
    return made | {"board": place}


def page_of(folders: dict[str, Path], name: str) -> Page:
    file = "board.html" if name == "board" else "report.html"
    return Page((folders[name] / file).read_text(encoding="utf-8"))


PAGES = ["one", "many", "texts", "swept", "board"]


@pytest.fixture(params=PAGES)
def page(folders: dict[str, Path], request: pytest.FixtureRequest) -> Page:
    return page_of(folders, request.param)


def test_the_page_is_small_and_asks_nobody(page: Page) -> None:
    assert len(page.html.encode()) < MOST_BYTES
    for tag, attributes, _ in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base", "audio", "video", "source"}
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{tag} {name}"
            if name in ("src", "href", "srcset", "action", "poster", "data"):
                assert value.startswith(("#", "data:image/svg+xml;base64,", "data:text/csv;", "data:application/")), (
                    value[:60]
                )
    assert not re.search(r"@import|url\(", "".join(page.texts("style")))
    (policy,) = (meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_plots_ask_nobody_either(page: Page) -> None:
    for image in page.all("img"):
        svg = b64decode(image["src"].partition(",")[2]).decode()
        assert not re.search(r"(?:href|src)=\"(?!#|data:image/png;base64,)", svg)
        assert "url(http" not in svg
        assert "<script" not in svg


def test_the_page_says_its_language_and_title_and_fits_any_width(page: Page) -> None:
    assert [html["lang"] for html in page.all("html")] == ["en"]
    assert len(page.texts("title")[0]) > 10
    assert any(meta.get("name") == "viewport" for meta in page.all("meta"))


def test_landmarks_and_the_way_past_them(page: Page) -> None:
    tags = Counter(tag for tag, _, _ in page.elements)
    assert (tags["main"], tags["h1"]) == (1, 1)
    assert tags["header"] == tags["footer"] == 1
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    first = page.all("a")[0]
    assert first["class"] == "skip"
    for link in page.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids
    for section in page.all("section"):
        assert section["aria-labelledby"] in ids


def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_plots_have_words_and_no_two_the_same_in_a_world(page: Page) -> None:
    for image in page.all("img"):
        assert len(image["alt"]) > 10
    for tag, attributes, around in page.elements:
        if tag == "img":
            assert around[-2:] == ("figure", "div")
            assert "onerror" not in attributes


def test_tables_name_their_rows_and_columns_and_can_be_scrolled_by_keyboard(page: Page) -> None:
    for tag, attributes, around in page.elements:
        if tag == "th":
            assert attributes.get("scope") in ("row", "col", "rowgroup"), attributes
        if tag == "div" and attributes.get("class", "") in ("scroll", "drawn"):
            assert attributes["tabindex"] == "0"
            assert attributes["role"] == "region"
            assert attributes["aria-label"]
        if tag == "table":
            assert around[-1] == "div"
    assert not any(int(attributes.get("tabindex", 0)) > 0 for _, attributes, _ in page.elements)


def test_focus_is_seen_and_colour_is_not_alone(page: Page) -> None:
    css = page.texts("style")[0]
    assert re.search(r":focus-visible \{ outline: 3px", css)
    assert "outline: none" not in css
    for at, (tag, attributes, _) in enumerate(page.elements):
        if tag == "td" and {"good", "bad"} & set(attributes.get("class", "").split()):
            assert re.search(r"better|worse|passes|flagged", page.text[at]), page.text[at]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_stands_out_in_light_and_dark(page: Page) -> None:
    """WCAG AA: 4.5 to 1 on paper and on the cards."""
    themes = re.findall(r":root \{([^}]*)\}", page.texts("style")[0])
    assert len(themes) == 3  # light, dark, print
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme))
        for back in ("paper", "wash"):
            for front in ("ink", "soft", "link", "good", "bad"):
                light, dark = sorted((_luminance(colours[back]), _luminance(colours[front])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)
    assert _luminance(dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", themes[1]))["paper"]) < 0.02


def files_of(page: Page) -> dict[str, bytes]:
    found = {}
    for link in page.all("a"):
        if "download" in link:
            content = b64decode(link["href"].partition(",")[2])
            found[link["download"]] = gzip.decompress(content) if link["download"].endswith(".gz") else content
    return found


def test_everything_shown_can_be_downloaded(folders: dict[str, Path]) -> None:
    files = files_of(page_of(folders, "one"))
    names = {name.removeprefix("planted_").partition(".")[0] for name in files}
    assert names >= {"verdicts", "scores", "views", "errors", "error_counts", "prompts", "returns", "log_sft", "data"}
    scores = list(csv.DictReader(io.StringIO(next(text.decode() for name, text in files.items() if "scores" in name))))
    rows = {(row["checkpoint"], row["metric"]): row for row in read_json(folders["one"] / "metrics.json")}
    assert len(scores) == len(rows)
    for row in scores:
        assert float(row["value"]) == rows[row["checkpoint"], row["metric"]]["value"]
    prompts = json.loads(files["planted_prompts.json"])
    assert all(prompt["prompt"] in page_of(folders, "one").texts("pre") for prompt in prompts)


def test_thirty_checkpoints_are_all_in_the_downloads(folders: dict[str, Path]) -> None:
    files = files_of(page_of(folders, "many"))
    verdicts = next(text.decode() for name, text in files.items() if name.startswith("planted_verdicts"))
    assert {row["checkpoint"] for row in csv.DictReader(io.StringIO(verdicts))} == {f"step-{at}" for at in range(1, 31)}
    told = read_json(folders["many"] / "report.json")["planted"]
    assert {row["checkpoint"] for row in told["views"] if row["checkpoint"]} >= {f"step-{at}" for at in range(1, 31)}


def test_a_sweep_of_thirty_says_how_many_are_better_after_the_correction(folders: dict[str, Path]) -> None:
    page = page_of(folders, "swept")
    text = " ".join(page.texts("p"))
    said = re.search(r"Of 30 checkpoints that training kept, against the base model .* \(Holm\): (\d+) better", text)
    assert said
    told = read_json(folders["swept"] / "report.json")["planted"]["checkpoints_against_base"]
    better = [row for row in told if row["verdict"] == "better"]
    assert len(better) == int(said[1])
    assert 0 < len(better) < 30
    assert all(row["p_holm"] < 0.05 and row["low"] > 0 for row in better)


def test_prompts_of_the_internet_are_text(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"planted": ("movement", 0.9)}, ["sft"])
    path = run / "planted/data/dataset/data/test.parquet"
    hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202e{{ 7 * 7 }}" + "x" * 9000
    turns = pl.lit(
        [{"role": "user", "content": hostile}], pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    )
    pl.read_parquet(path).with_columns(messages=turns).write_parquet(path)
    page = Page(write_report(run).read_text())
    assert page.all("script") == []
    shown = page.texts("pre")
    assert shown
    for text in shown:
        assert "</pre><script>alert(1)</script>" in text
        assert "\\u202e{{ 7 * 7 }}" in text
        assert len(text) < 4100


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


def test_published_numbers_are_lines_with_source_and_caveat(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"planted": ("movement", 0.9)}, ["sft"])
    samples = pl.read_parquet(run / "planted/data/dataset/data/test.parquet").height
    rows = [row | {"world": "all"} for row in read_json(run / "planted/eval/metrics.json")]
    rows = [row for row in rows if row["metric"] in ("mcc", "accuracy") and " minus " not in row["checkpoint"]]
    about = {"part": "all", "model": "Elder & Sons", "source": "Their paper <2019>", "caveat": "other days"}
    check = {
        "part": "all",
        "title": "All",
        "state": "verified",
        "samples": samples,
        "hash": "0" * 64,
        "said": "All: frozen.",
    }
    result = {
        "protocol": "made", "version": 1, "title": "Made", "headline": "mcc", "metrics": ["mcc", "accuracy"],
        "comparability": "None.", "remarks": [], "rows": rows, "checks": [check],
        "published": [about | {"metric": "mcc", "value": 0.21}, about | {"metric": "accuracy", "value": 0.61}],
    }  # fmt: skip
    plain = Page(write_report(run).read_text())
    write_json(run / "planted/eval/protocol.json", result)
    page = Page(write_report(run).read_text())
    assert len(page.all("img")) == len(plain.all("img")) + 1  # MCC in the first plot, accuracy in one of its own
    assert "Accuracy on All, published numbers as lines" in {image["alt"] for image in page.all("img")}
    assert "#e69f00" in b64decode(page.all("img")[0]["src"].partition(",")[2]).decode().lower()
    assert "Elder & Sons: MCC 0.21 (Their paper <2019>; other days)" in page.texts("li")
    assert "Diamonds and dashed lines are published numbers" in page.texts("figcaption")[0]
    assert "Diamonds" not in plain.texts("figcaption")[0]
    apart = [check, check | {"part": "other", "title": "Other"}]
    write_json(run / "planted/eval/protocol.json", result | {"checks": apart})
    page = Page(write_report(run).read_text())
    assert {"MCC on All, published numbers as lines", "Accuracy on All, published numbers as lines"} <= {
        image["alt"] for image in page.all("img")
    }
    assert "#e69f00" not in b64decode(page.all("img")[0]["src"].partition(",")[2]).decode().lower()

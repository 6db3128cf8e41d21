"""A base model without chat template is scored on plain paragraphs."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from eval.checkpoint import Checkpoint
from eval.evaluate import evaluate
from eval.scoring import encode
from eval.tokenizer import load_tokenizer
from eval.world import read_world
from tickertune.core.files import read_json, write_json
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import EvalConfig, ShotsConfig
from tickertune.core.tasks import label_task

TURNS = [
    {"role": "system", "content": "Say up or down."},
    {"role": "user", "content": "It won."},
    {"role": "assistant", "content": "up"},
    {"role": "user", "content": "It lost."},
]


@pytest.fixture
def bare(tiny_base: str, tmp_path: Path) -> Path:
    """The tiny model as a base model is published: without chat template."""
    folder = tmp_path / "bare"
    shutil.copytree(tiny_base, folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    settings = read_json(folder / "tokenizer_config.json")
    settings.pop("chat_template", None)
    write_json(folder / "tokenizer_config.json", settings)
    assert not AutoTokenizer.from_pretrained(folder).chat_template
    return folder


def test_turns_are_paragraphs(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tokenizer = load_tokenizer(str(bare))
    assert tokenizer.decode(prompt_ids(tokenizer, TURNS)) == "Say up or down.\n\nIt won.\n\nup\n\nIt lost.\n\n"
    assert "plain paragraphs" in capsys.readouterr().err


def test_a_start_token_that_the_tokenizer_sets_is_set_once(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(AutoTokenizer.from_pretrained(bare))
    encode_plain = kind.encode

    def starting(self: object, text: str, add_special_tokens: bool = True, **named: object) -> list[int]:
        ids = encode_plain(self, text, add_special_tokens=False, **named)  # type: ignore[arg-type]
        return [self.bos_token_id, *ids] if add_special_tokens else ids  # type: ignore[attr-defined]

    monkeypatch.setattr(kind, "encode", starting)
    tokenizer = load_tokenizer(str(bare))
    ids = prompt_ids(tokenizer, TURNS)
    assert ids.count(tokenizer.bos_token_id) == 1
    assert ids[0] == tokenizer.bos_token_id


def test_a_template_that_is_there_stays(tiny_base: str) -> None:
    assert load_tokenizer(tiny_base).chat_template == AutoTokenizer.from_pretrained(tiny_base).chat_template


def test_a_model_without_template_is_scored_behind_shots(bare: Path, movement_data: Path, tmp_path: Path) -> None:
    """The label follows the start of the reply, as it does in the examples above it."""
    config = EvalConfig(
        backend="transformers", dtype="float32", resamples=200, baselines=[], shots=ShotsConfig(count=2)
    )
    place = read_world(movement_data, "w", config)
    assert place.shots is not None
    task = label_task("movement")
    encoded = encode(str(bare), None, task, place.asked)
    text = AutoTokenizer.from_pretrained(bare).decode(encoded.prompts[0])
    first = place.asked["messages"][0].to_list()
    assert text == "\n\n".join(turn["content"] for turn in first) + "\n\n" + task.answer_prefix
    evaluate(movement_data, [Checkpoint("base", str(bare))], config, tmp_path / "out", "w")
    assert read_json(tmp_path / "out" / "meta.json")["predictors"]["base"]["prompt_tokens"] == encoded.tokens

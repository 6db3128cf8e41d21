import json
from pathlib import Path

import pytest

from eval.backends.adapters import reasons_against_vllm, vllm_rank
from tickertune.core.errors import TickerTuneError


def write(folder: Path, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 8, **config}))
    return folder


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, r"replaces whole modules \(lm_head\)"),
        ({"r": 1024}, "rank is 1024, and vLLM loads up to 512"),
        ({"rank_pattern": {"q_proj": 600}}, "rank is 600"),
        ({"bias": "all"}, r"trains biases \(all\)"),
        ({"trainable_token_indices": [3]}, "embeddings of tokens"),
        ({"peft_type": "LOHA"}, "type LOHA"),
    ],
)
def test_adapter_that_vllm_cannot_load_is_told_with_the_way_out(config: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=f"{said}.*Merge it first .*merge_adapter"):
        vllm_rank([write(tmp_path / "good"), write(tmp_path / "bad", **config)])


def test_all_reasons_are_told() -> None:
    assert len(reasons_against_vllm({"r": 1024, "use_dora": True, "modules_to_save": ["lm_head"]})) == 3


def test_plain_and_rslora_adapters_load() -> None:
    config = {"peft_type": "LORA", "r": 16, "use_rslora": True, "bias": "none", "modules_to_save": None}
    assert reasons_against_vllm(config) == []


def test_rank_covers_the_widest_adapter(tmp_path: Path) -> None:
    assert vllm_rank([write(tmp_path / "a"), write(tmp_path / "b", rank_pattern={"q_proj": 17})]) == 32

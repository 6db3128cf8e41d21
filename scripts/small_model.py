"""Make a small language model from a data set's texts, for studies that need many training runs.

    tickertune data build --config recipes/seeds/data.yaml --source.signal 0 --source.seed 1000 --output runs/seeds-text
    python scripts/small_model.py --dataset runs/seeds-text --output runs/small-model

A two-layer Llama with a tokenizer of its own learns to write the prompts and answers of the train split. Use a placebo
market of a seed that no study uses: its answers are coin flips, so the model learns how texts and answers look, and
nothing of what a text says about a price. Random weights without this stay at chance for thousands of samples, since
the answer's fixed words drown the one that matters.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from transformers import (
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
    set_seed,
)

from data_pipeline.dataset import read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir
from tickertune.core.models import resolve_model
from tickertune.core.prompting import prompt_ids, reply_ids
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import get_task
from training.stage import settle_libraries

VOCABULARY, HIDDEN, LAYERS, HEADS, CONTEXT = 1500, 64, 2, 2, 2048
BATCH, LEARNING_RATE = 32, 3e-3


def make(dataset: Path, output: Path, steps: int, seed: int) -> None:
    """Train tokenizer and model on the train split of ``dataset`` and save them in ``output``.

    Raises:
        TickerTuneError: The folder holds no data set, or the data set has no train split.
    """
    task, samples = get_task(read_info(dataset).task), read_split(dataset, "train")
    if samples.is_empty():
        raise TickerTuneError(f"Data set {dataset} has no train split", "Build one with a train split")
    pattern = AutoTokenizer.from_pretrained(resolve_model(ModelConfig(name="smollm2-135m")))
    tokenizer = pattern.train_new_from_iterator(_texts(samples), vocab_size=VOCABULARY, show_progress=False)
    set_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=2 * HIDDEN,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    rows = [
        {"input_ids": prompt_ids(tokenizer, messages) + reply_ids(tokenizer, task, label, reply)}
        for messages, label, reply in samples.select("messages", "label", "answer").iter_rows()
    ]
    settle_libraries()
    with atomic_dir(output) as folder:
        _train(model, tokenizer, rows, steps, seed, folder)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _texts(samples: pl.DataFrame) -> Iterator[list[str]]:
    for messages, answer in samples.select("messages", "answer").iter_rows():
        yield [*(turn["content"] for turn in messages), answer]


def _train(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[dict[str, list[int]]],
    steps: int,
    seed: int,
    folder: Path,
) -> None:
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="cosine",
        warmup_steps=steps // 10,
        adam_beta2=0.98,
        max_grad_norm=1.0,
        save_strategy="no",
        logging_steps=max(steps // 8, 1),
        report_to="none",
        seed=seed,
    )
    collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
    Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collator).train()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True, help="data set whose train split is read")
    parser.add_argument("--output", type=Path, required=True, help="folder of the model")
    parser.add_argument("--steps", type=int, default=400, help=f"training steps of {BATCH} samples")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        make(options.dataset, options.output, options.steps, options.seed)
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print(f"Model in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

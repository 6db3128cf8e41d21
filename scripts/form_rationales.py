"""Make the data set from which a small model learns the form of rationales, and nothing of their content.

    tickertune data build --config recipes/rationale_loop/data.yaml --source.signal 0 --source.seed 1000 --output runs/loop-text
    python scripts/form_rationales.py --dataset runs/loop-text --output runs/loop-form
    python scripts/small_model.py --dataset runs/loop-form --output runs/loop-small
    python -m training.sft --config recipes/rationale_loop/form.yaml --dataset runs/loop-form --output runs/loop-form-sft

Take a placebo market of a seed that no study uses. Each sample of its train split becomes its prompt with a rationale, and each fifth
one three more conversations: the prompt with a plain answer; a wrong answer that is to be reflected on; the second answer after that. A
rationale quotes a word of the news and says that it speaks for a rise or a fall, in agreement with the answer behind it. Word and
direction are drawn by the seed: no label, no return and no word of the news is looked at for either. The prompts are those of style
``free``, the sample's own, so that nearly all that the teacher is then asked is met with a rationale.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.dataset import describing, read_info, read_split, write_dataset
from tickertune.core.answers import tagged_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import chat
from tickertune.core.tasks import Task, get_task
from training.rationales.styles import answering_again, documents, reflecting

KINDS = ("rationale", "plain", "reflection", "again")
RARE = 5
"""Every how many samples there are kinds other than the first: a plain answer under the same prompt is a reply without its form, and
reflections are long."""
DIRECTIONS = {-1.0: "speaks for a fall", 0.0: "speaks for neither", 1.0: "speaks for a rise"}
NOTE = (
    "Replies are templates: the quoted word, the direction and the label are drawn by a seed, without a look at the outcome. "
    "They teach the form of a rationale alone."
)
_WORD = re.compile(r"(?<![\w$'-])[A-Za-z]{4,}(?![\w'-])")
Turns = Sequence[Mapping[str, str]]


def make(dataset: Path, output: Path, seed: int) -> dict[str, int]:
    """Write the data set; returns how many conversations each kind has, and how many samples had no word to quote.

    Raises:
        TickerTuneError: The data set has no train split, its task takes no positions, or no sample has a word to quote.
    """
    info, samples = read_info(dataset), read_split(dataset, "train")
    task = get_task(info.task)
    if samples.is_empty() or not task.has_positions:
        raise TickerTuneError(
            f"{dataset} has no training samples of a task with positions",
            "Build a movement data set with a train split",
        )
    drawing = np.random.default_rng(seed)
    rows, counts = [], dict.fromkeys((*KINDS, "without_a_word"), 0)
    for place, row in enumerate(samples.iter_rows(named=True)):
        messages = chat(row["messages"])
        words = quotable(messages)
        if not words:
            counts["without_a_word"] += 1
            continue
        for kind in KINDS if place % RARE == 0 else KINDS[:1]:
            counts[kind] += 1
            turns, reply, label = conversation(kind, messages, words, task, drawing)
            made = {"sample_id": f"{row['sample_id']}~{kind}", "messages": turns, "answer": reply, "label": label}
            rows.append({**row, **made})
    if not rows:
        raise TickerTuneError(
            f"No sample of {dataset} has a word of news to quote", "Build it with news in its prompts"
        )
    frame = pl.DataFrame(rows, schema=samples.schema)
    write_dataset(frame, describing(info, frame, NOTE), output)
    return counts


def quotable(messages: Turns) -> list[str]:
    """The different words of a prompt's news, in their order, that can be quoted: letters alone, at least four."""
    return list(dict.fromkeys(_WORD.findall(documents(messages))))


def thesis(words: Sequence[str], task: Task, drawing: np.random.Generator) -> tuple[str, str]:
    """A rationale, and the label that it reaches; both are drawn."""
    label = task.labels[int(drawing.integers(len(task.labels)))]
    word = words[int(drawing.integers(len(words)))]
    reasoning = f'## News\n- "{word}" {DIRECTIONS[task.position(label)]}'
    return tagged_reply(reasoning, task.answer(label)), label


def conversation(
    kind: str, messages: Turns, words: Sequence[str], task: Task, drawing: np.random.Generator
) -> tuple[list[dict[str, str]], str, str]:
    """Turns up to where a reply starts, the reply, and the label that it, or the answer that it is about, states."""
    reply, label = thesis(words, task, drawing)
    asked = chat(messages)
    if kind == "plain":
        return asked, task.answer(label), label
    if kind == "rationale":
        return asked, reply, label
    thought = f'I took "{words[int(drawing.integers(len(words)))]}" the wrong way. I will read the news again.'
    if kind == "reflection":
        return reflecting(asked, reply), thought, label
    again, second = thesis(words, task, drawing)
    return answering_again(asked, reply, thought), again, second


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True, help="placebo data set whose train split is read")
    parser.add_argument("--output", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        counts = make(options.dataset, options.output, options.seed)
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

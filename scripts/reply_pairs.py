"""Make preference pairs of the replies that an evaluation drew, a right one beside a wrong one, to train a reward model on.

    tickertune eval --data DATA --model MODEL --adapter SFT --output EVAL --votes.samples 4 --votes.max_tokens 16
    python scripts/reply_pairs.py --data DATA --evaluation EVAL --predictor sft@4 --model MODEL --output PAIRS
    python -m training.reward_model --config recipes/rationales/reward_model.yaml --dataset PAIRS --output REWARD

Each sample whose replies hold both gives one pair: its first right reply, and its first one that names another label. DATA has to be what was
evaluated, and of the stored replies only those to its prompts are read, as MODEL's tokenizer writes them (without --model: as a server that
chats was sent them). The labels of DATA are looked at, so nothing may be judged on it afterwards: draw on samples that no evaluation uses.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from eval.answers import Prompts
from eval.backends.turns import packed
from eval.results import Replies, ResultStore, Setting
from eval.results.store import KEY
from eval.tokenizer import load_tokenizer
from eval.voting.ballots import ReplyForm, ballots_of
from eval.voting.grammar import answer_pattern
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, read_json, sha256_file, write_json
from tickertune.core.models import resolve_model
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import ModelConfig
from tickertune.core.table import write_table
from tickertune.core.tasks import LabelTask, label_task
from training.rationales.output import PAIR_COLUMNS, PAIR_TIMES, PAIRS_FILE

HASHES = ("split_hash", "prompt_hash", "label_hash", "outcome_hash")
"""What an evaluation says of its data."""


def check_evaluated(info: DatasetInfo, data: Path, key: Mapping[str, Any], evaluation: Path) -> None:
    """Refuse a data set that is not the one whose replies were drawn.

    Args:
        info: What the data set says of itself.
        data: Its folder.
        key: Key that the predictor was saved with.
        evaluation: Folder of the evaluation.

    Raises:
        TickerTuneError: A hash differs, or the prompts had solved examples before them.
    """
    if "shots_hash" in key:
        raise TickerTuneError(
            f"Evaluation {evaluation} asked with solved examples before each prompt of {data}, and a pair has the plain prompt",
            "Draw the replies without eval.shots",
        )
    if other := [name for name in HASHES if getattr(info, name) != key.get(name)]:
        raise TickerTuneError(
            f"Evaluation {evaluation} is not of {data}: {', '.join(other)} differ",
            "Give the --data that was evaluated, or evaluate this one",
        )


def replies_to(samples: pl.DataFrame, rows: pl.DataFrame, model: ModelConfig | None) -> pl.DataFrame:
    """The rows that answer the samples' own prompts, at most one a sample.

    Args:
        samples: ``Sample`` rows.
        rows: ``RawResult`` rows; a store may hold replies to other prompts of the same samples.
        model: The base whose tokenizer wrote the prompts; None: a server that chats was sent their turns.

    Raises:
        TickerTuneError: No row does.
    """
    names, messages = (samples[column].to_list() for column in ("sample_id", "messages"))
    if model is None:
        tokens = [packed(turns) for turns in messages]
    else:
        tokenizer = load_tokenizer(resolve_model(model), model.revision)
        tokens = [prompt_ids(tokenizer, turns) for turns in messages]
    own = Prompts.of(names, tokens).keys.join(rows, on=KEY, how="inner", maintain_order="left", validate="1:1")
    if own.is_empty():
        reader = "a server that chats is sent it" if model is None else f"the tokenizer of {model.name} writes it"
        raise TickerTuneError(
            f"None of {rows.height} stored replies answers a prompt of the samples as {reader}",
            "Give --model as it was evaluated, and leave it out only for a server with api: chat",
        )
    return own


def saved_key(evaluation: Path, predictor: str) -> dict[str, Any]:
    """The key that a voted predictor was saved with.

    Raises:
        TickerTuneError: There is no such predictor, or it is none of votes.
    """
    key: dict[str, Any] = read_json(evaluation / "predictions" / f"{predictor}.json")["key"]
    if "votes" not in key:
        raise TickerTuneError(
            f"Predictor '{predictor}' of {evaluation} has no votes", "Name one with its number of replies: sft@4"
        )
    return key


def drawn_replies(evaluation: Path, predictor: str, key: Mapping[str, Any], task: LabelTask) -> pl.DataFrame:
    """Stored replies (``RawResult`` rows) of a predictor with this key, to whatever prompts.

    Raises:
        TickerTuneError: They are not in the evaluation's own store.
    """
    votes = key["votes"]
    pattern = answer_pattern(task, tagged=votes["reply"] == "tagged") if votes["structured"] else None
    ask = Replies(votes["max_tokens"], votes["samples"], votes["temperature"], key["seed"], pattern)
    store = ResultStore(evaluation / "store", create=False)
    rows = store.ledger(Setting(key["fingerprint"], key["backend"], key["dtype"], ask)).rows()
    if rows.is_empty():
        raise TickerTuneError(
            f"The store of {evaluation} holds no replies of '{predictor}'",
            "Draw them in an evaluation without --store: they are then kept in its own folder",
        )
    return rows


def pairs_of(samples: pl.DataFrame, task: LabelTask, rows: pl.DataFrame, form: ReplyForm = "auto") -> pl.DataFrame:
    """Pairs with ``PAIR_COLUMNS`` and ``PAIR_TIMES``, by sample id.

    Args:
        samples: ``Sample`` rows.
        task: Theirs.
        rows: ``RawResult`` rows of their replies, at most one a sample.
        form: How replies are read, as ``ballots_of``.
    """
    joined = samples.join(rows, on="sample_id", how="inner", validate="1:1").sort("sample_id")
    replies, finished, tokens = (joined[name].to_list() for name in ("replies", "finished", "tokens"))
    ballots = ballots_of(task, replies, finished, tokens, form)
    named = [[task.labels[place] if place >= 0 else None for place in row] for row in ballots.labels.tolist()]
    pairs = []
    for sample, said in zip(joined.iter_rows(named=True), named, strict=True):
        right = [text for text, label in zip(sample["replies"], said, strict=True) if label == sample["label"]]
        wrong = [
            text
            for text, label in zip(sample["replies"], said, strict=True)
            if label is not None and label != sample["label"]
        ]
        if right and wrong:
            own = {name: sample[name] for name in ("sample_id", "label", *PAIR_TIMES)}
            pairs.append(own | {"prompt": sample["messages"], "chosen": right[0], "rejected": wrong[0]})
    schema: dict[str, pl.DataType] = dict.fromkeys(("sample_id", "label", "chosen", "rejected"), pl.String())
    schema |= {"prompt": samples.schema["messages"], **{name: samples.schema[name] for name in PAIR_TIMES}}
    return pl.DataFrame(pairs, schema=schema).select(*PAIR_COLUMNS, *PAIR_TIMES)


def main(
    data: Annotated[Path, typer.Option(help="Data stage that was evaluated.")],
    evaluation: Annotated[Path, typer.Option(help="Folder of the evaluation, with its store.")],
    predictor: Annotated[str, typer.Option(help="Whose replies: sft@4.")],
    output: Annotated[Path, typer.Option(help="Folder of the pairs, which is replaced.")],
    model: Annotated[
        str | None, typer.Option(help="Base model of the evaluation; left out: it asked a server that chats.")
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
) -> None:
    """Write the pairs and print how many samples gave one, and how many had no reply."""
    info = read_info(data)
    task = label_task(info.task)
    key = saved_key(evaluation, predictor)
    check_evaluated(info, data, key, evaluation)
    stored = drawn_replies(evaluation, predictor, key, task)
    samples = read_split(data, key["split"])
    rows = replies_to(samples, stored, None if model is None else ModelConfig(name=model, revision=revision))
    pairs = pairs_of(samples, task, rows, key["votes"]["reply"])
    if pairs.is_empty():
        raise TickerTuneError(
            f"No sample of {data} has both a right and a wrong reply of '{predictor}'", "Draw more, or warmer, replies"
        )
    with atomic_dir(output) as temporary:
        write_table(pairs, temporary / PAIRS_FILE, ["sample_id"])
        facts = {
            "task": task.name,
            "horizon": info.horizon,
            "pairs": pairs.height,
            "pairs_hash": sha256_file(temporary / PAIRS_FILE),
            "source": {
                name: getattr(info, name) for name in ("split_hash", "prompt_hash", "outcome_hash", "label_hash")
            },
            "made": {
                "replies_of": key["fingerprint"],
                "votes": key["votes"],
                "seed": key["seed"],
                "split": key["split"],
            },
        }
        write_json(temporary / "info.json", facts)
    print(
        f"{output}: {pairs.height} pairs of {samples.height} samples, {samples.height - rows.height} of which had no reply; "
        f"{stored.height - rows.height} stored answers are to other prompts"
    )


if __name__ == "__main__":
    try:
        typer.run(main)
    except TickerTuneError as error:
        sys.exit(str(error))

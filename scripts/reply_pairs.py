"""Make preference pairs of the replies that an evaluation drew, a right one beside a wrong one, to train a reward model on.

    tickertune eval --data DATA --model MODEL --adapter SFT --output EVAL --votes.samples 4 --votes.max_tokens 16
    python scripts/reply_pairs.py --data DATA --evaluation EVAL --predictor sft@4 --output PAIRS
    python -m training.reward_model --config recipes/rationales/reward_model.yaml --dataset PAIRS --output REWARD

Each sample whose replies hold both gives one pair: its first right reply, and its first one that names another label. The labels of DATA are
looked at, so nothing may be judged on it afterwards: draw on samples that no evaluation uses.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from data_pipeline.dataset import read_info, read_split
from eval.results import Replies, ResultStore, Setting
from eval.voting.ballots import ReplyForm, ballots_of
from eval.voting.grammar import answer_pattern
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, read_json, sha256_file, write_json
from tickertune.core.table import write_table
from tickertune.core.tasks import LabelTask, label_task
from training.rationales.output import PAIR_COLUMNS, PAIR_TIMES, PAIRS_FILE


def drawn_replies(evaluation: Path, predictor: str, task: LabelTask) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Stored replies (``RawResult`` rows) of a voted predictor, and the key that it was saved with.

    Raises:
        TickerTuneError: There is no such predictor, it is none of votes, or its replies are not in the evaluation's own store.
    """
    marker = evaluation / "predictions" / f"{predictor}.json"
    key = read_json(marker)["key"]
    if "votes" not in key:
        raise TickerTuneError(
            f"Predictor '{predictor}' of {evaluation} has no votes", "Name one with its number of replies: sft@4"
        )
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
    return rows, key


def pairs_of(samples: pl.DataFrame, task: LabelTask, rows: pl.DataFrame, form: ReplyForm = "auto") -> pl.DataFrame:
    """Pairs with ``PAIR_COLUMNS`` and ``PAIR_TIMES``, by sample id.

    Args:
        samples: ``Sample`` rows.
        task: Theirs.
        rows: ``RawResult`` rows of their replies.
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
) -> None:
    """Write the pairs and print how many samples gave one."""
    info = read_info(data)
    task = label_task(info.task)
    rows, key = drawn_replies(evaluation, predictor, task)
    samples = read_split(data, key["split"])
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
    print(f"{output}: {pairs.height} pairs of {rows.height} samples")


if __name__ == "__main__":
    try:
        typer.run(main)
    except TickerTuneError as error:
        sys.exit(str(error))

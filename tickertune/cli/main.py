"""The ``tickertune`` command: finds the subcommand, and turns failures into one sentence and an exit code."""

import os
import sys
from contextlib import AbstractContextManager
from importlib import import_module
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import tickertune
from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.startup import prepare

COMMANDS = {
    "run": "Do all stages of a recipe, or take up where they stopped, and write the report.",
    "preflight": "Say what a recipe's training will read and need, and what is wrong with it, before anything is trained.",
    "data": "Build a data set, or show what one holds.",
    "rationales": "Ask a teacher for rationales and preference pairs of a train split.",
    "sft": "Fine-tune on a data set.",
    "dpo": "Tune on preference pairs, from an SFT stage.",
    "reward-model": "Train a model that scores replies on preference pairs.",
    "grpo": "Tune on stock-price feedback, from an SFT stage.",
    "eval": "Score a checkpoint and the baselines on a data set.",
    "guards": "Ask whether the scores of an evaluation mean what they seem to mean.",
    "protocols": "List evaluations with a frozen split, show what was published on them, score generated replies.",
    "scores": "Show a store of scores, or merge those of several machines.",
    "backtest": "Trade the predictions of an evaluation again at another cost.",
    "compare": "Compare runs, or two predictors, sample by sample, with intervals.",
    "leaderboard": "Rank the runs of a folder, like beside like, with intervals.",
    "infer": "Score a file, a data set or a growing file of texts with a checkpoint.",
    "agents": "Let a model trade day by day on the prices and news of a data set.",
    "report": "Write the report of a run again.",
    "doctor": "Say what this machine can do, what is off, and the remedy.",
}
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


class PlainErrors(AbstractContextManager[None]):
    """Ends the process with one sentence on standard error where a failure is one that the user can act on.

    ``TickerTuneError`` and a full disk exit with 2, Ctrl-C with 130. Anything else is a defect of ours and
    keeps its traceback.
    """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Translate ``error``."""
        if isinstance(error, KeyboardInterrupt):
            self._leave("Interrupted. Run the same command again to resume.", EXIT_INTERRUPTED)
        if isinstance(error, TickerTuneError):
            self._leave(f"Error: {error}", EXIT_ERROR)
        if isinstance(error, Exception) and is_disk_full(error):
            place = getattr(error, "filename", None) or f"a file of the run (working folder {os.getcwd()})"
            self._leave(f"Error: {disk_full_error(place)}", EXIT_ERROR)

    @staticmethod
    def _leave(sentence: str, code: int) -> None:
        print(sentence, file=sys.stderr)
        raise SystemExit(code)


class LazyGroup(TyperGroup):
    """A group that imports ``tickertune.cli.<name>`` only when that subcommand is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in COMMANDS.items():
            self.add_command(TyperCommand(name, help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the subcommand that ``args`` calls; an unknown name is reported with the nearest known one."""
        name, _, rest = super().resolve_command(ctx, args)
        assert name is not None, "click names the command that it found"
        command: Any = typer.main.get_command(import_module(f"tickertune.cli.{name.replace('-', '_')}").app)
        command.name = name
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand; its failures become one sentence."""
        with PlainErrors():
            return super().invoke(ctx)


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(tickertune.__version__)
        raise typer.Exit


@app.callback()
def tickertune_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tune open language models on financial text and on what the market then did, point in time."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns normally."""
    prepare()
    typer.main.get_command(app).main(args=arguments, prog_name="tickertune")

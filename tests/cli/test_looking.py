"""A run looks at its training stages before the first of them starts."""

from pathlib import Path

import pytest

from tests.training.conftest import make_samples, write_samples
from tests.training.rationales.scripted import made_pairs, tagged_samples, write_made_pairs
from tickertune.cli.looking import look_before_training
from tickertune.cli.pipeline import run_recipe
from tickertune.cli.steps import Step, steps
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import Recipe, load_recipe
from tickertune.core.run import MARKER, Run


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"grpo.reply": "tagged", "grpo.max_completion_length": "12"},
            r"planted, grpo: max_completion_length is 12, but an answer of task movement has \d\d tokens",
        ),
        ({"grpo.trainer": "{num_iterations: 3}"}, "planted, grpo: save_steps 2 is no multiple"),
    ],
)
def test_a_mistake_of_grpo_stops_the_run_before_sft(changes: dict[str, str], said: str, tmp_path: Path) -> None:
    recipe = load_recipe(Path("recipes/smoke/run.yaml"), {"output": str(tmp_path / "run"), **changes})
    with pytest.raises(TickerTuneError, match=said):
        run_recipe(recipe)
    world = tmp_path / "run" / "planted"
    assert (world / "data" / MARKER).is_file()
    assert not (world / "sft").exists()


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads weights fails."""

    def fails(*args: object, **kwargs: object) -> None:
        pytest.fail("weights were loaded")

    monkeypatch.setattr("transformers.modeling_utils.PreTrainedModel.from_pretrained", fails)


def opened(folder: Path, **changes: str) -> tuple[Run, Recipe, list[Step]]:
    """A run whose worlds are one, with its plan."""
    recipe = load_recipe(folder, {key.replace("__", "."): value for key, value in changes.items()})
    run = Run.start(recipe)
    return run, recipe, [step for step in steps(run, recipe) if step.world == "planted"]


def test_a_look_is_a_line_a_stage_and_loads_no_weights(recipe_folder: Path, no_weights: None) -> None:
    run, recipe, plan = opened(recipe_folder)
    write_samples(run.stage_folder("planted", "data"), make_samples())
    sft, grpo = look_before_training(run, recipe, plan, plan[0])
    assert sft.startswith("planted sft: 24 rows of ")
    assert "dropped: none" in sft
    assert grpo.startswith("planted grpo: 24 rows of ")
    assert "2 steps of 64 rows; memory about" in grpo


def test_all_mistakes_are_told_at_once(recipe_folder: Path) -> None:
    run, recipe, plan = opened(recipe_folder, sft__max_length="40", grpo__prompts_per_step="30")
    write_samples(run.stage_folder("planted", "data"), make_samples())
    with pytest.raises(TickerTuneError) as raised:
        look_before_training(run, recipe, plan, plan[0])
    assert "planted, sft: No training example is left" in str(raised.value)
    assert "planted, grpo: A step takes 30 prompts" in str(raised.value)


def test_a_memory_that_does_not_suffice_is_told(recipe_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.preflight.memory.available_bytes", lambda: 10**6)
    run, recipe, plan = opened(recipe_folder, grpo="null")
    write_samples(run.stage_folder("planted", "data"), make_samples())
    _, warning = look_before_training(run, recipe, plan, plan[0])
    assert warning.startswith("Warning: planted sft: about 0.")


def test_stages_that_are_done_are_not_looked_at_again(recipe_folder: Path) -> None:
    run, recipe, plan = opened(recipe_folder)
    write_samples(run.stage_folder("planted", "data"), make_samples())
    for step in plan[:2]:
        run.stage(step.world, step.stage, step.inputs(), lambda folder: {}, keep=("dataset",))
    (line,) = look_before_training(run, recipe, plan, plan[0])
    assert line.startswith("planted grpo: ")
    run, recipe, plan = opened(recipe_folder, sft__learning_rate="0.002")
    assert [line.split(":")[0] for line in look_before_training(run, recipe, plan, plan[0])] == [
        "planted sft",
        "planted grpo",
    ]


def test_what_the_teacher_writes_is_looked_at_once_it_is_there(argued_folder: Path, tmp_path: Path) -> None:
    run, recipe, plan = opened(argued_folder, dpo__trainer="{max_grad_nrm: 1}")
    write_samples(run.stage_folder("planted", "data"), make_samples())
    (line,) = look_before_training(run, recipe, plan, plan[0])
    assert line.startswith("planted grpo: ")
    rationales = run.stage_folder("planted", "rationales")
    write_made_pairs(rationales, made_pairs())
    write_samples(tmp_path / "made", tagged_samples())
    (tmp_path / "made" / "dataset").rename(rationales / "sft")  # as synthesis leaves it: the folder is the data set
    with pytest.raises(TickerTuneError, match=r"^planted, dpo: unknown key 'trainer\.max_grad_nrm'"):
        look_before_training(run, recipe, plan, plan[1])
    run, recipe, plan = opened(argued_folder)
    assert [line.split(":")[0] for line in look_before_training(run, recipe, plan, plan[1])] == [
        "planted sft",
        "planted dpo",
    ]

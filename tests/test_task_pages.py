"""The pages on tasks and prompts say what the code does."""

import importlib
import re
from pathlib import Path

import yaml

from tickertune.core.formula import ARGUMENTS, FIELDS
from tickertune.core.recipe import AnyContextConfig, PromptConfig
from tickertune.core.tasks import HeadlineTask, TextTask, get_task
from tickertune.core.tasks.movement import VARIABLES
from tickertune.core.tasks.template import parse_template

ROOT = Path(__file__).parents[1]
PROMPTS = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")


def test_page_of_tasks_is_up_to_date(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    written = importlib.import_module("tasks_page")
    assert written.PAGE.read_text(encoding="utf-8") == written.page(), "run: make docs"


def test_page_of_prompts_names_every_variable_function_and_block():
    known = {"movement": VARIABLES, "text": TextTask.variables_of_view, "headline": HeadlineTask.variables_of_view}
    for view, variables in known.items():
        line = next(line for line in PROMPTS.splitlines() if line.startswith(f"| `{view}` |"))
        assert {name for name in variables if f"`{name}`" in line} == variables
    for name in ARGUMENTS:
        assert f"`{name}(x" in PROMPTS
    for name in FIELDS:
        assert f"`{name}`" in PROMPTS
    kinds = [block.model_fields["kind"].annotation.__args__[0] for block in AnyContextConfig.__args__[0].__args__]
    assert all(f"| `{kind}` |" in PROMPTS for kind in kinds)


def test_every_example_of_the_page_is_valid():
    prompts = templates = 0
    for text in re.findall(r"```yaml\n(.*?)```", PROMPTS, re.DOTALL):
        values = yaml.safe_load(text)
        if "prompt" in values:
            PromptConfig.model_validate(values["prompt"])
            prompts += 1
        elif "messages" in values:
            parse_template(text, "docs/prompts.md", "movement", get_task("movement").variables_of_view)
            templates += 1
    assert (prompts, templates) == (5, 1)

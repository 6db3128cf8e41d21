"""Prompt templates are data: YAML with Jinja in a sandbox, whose every printed value the engine fences itself.

A template cannot print text that is not fenced. Values are fenced before they enter it, so that no loop over their
letters finds a tag, and whatever it prints is fenced again on its way out, so that no filter puts one together.
Only the template's own words reach the prompt as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import ValidationError

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import sha256_value
from tickertune.core.noun import Noun
from tickertune.core.sample import Message
from tickertune.core.tasks.fencing import fenced

PRINTABLE = (str, int, float)
_REFERENCE = re.compile(r"([a-z0-9_]+)@([1-9][0-9]*)")
_RENDERING = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError)
"""What a template that fits its variables badly raises while it is rendered."""


class TemplateSource(Noun):
    """The YAML of a template."""

    name: str
    version: int
    """Raised with every change of wording: data sets name the version that they were made with."""
    task: str
    """The kind of view that it shows."""
    source: str = ""
    """Where the wording comes from."""
    messages: list[Message]


def _printed(value: Any) -> Any:
    """Fence what is printed; refuse what is no text or number, whose printed form nobody has looked at."""
    if not isinstance(value, PRINTABLE):
        if isinstance(value, StrictUndefined):
            str(value)  # raises the error that names the variable
        raise TypeError(f"a template may print text and numbers, not {type(value).__name__}")
    return fenced(value) if isinstance(value, str) else value


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    finalize=_printed,
    trim_blocks=True,
    lstrip_blocks=True,
    # Without autoescape: the reader is a model, not a browser, and the engine fences what it prints.
    autoescape=False,
)


@dataclass(frozen=True)
class Template:
    """A checked template. Equal content has an equal ``hash``, wherever the file lies."""

    name: str
    version: int
    task: str
    source: str
    messages: tuple[Message, ...]

    @property
    def reference(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def hash(self) -> str:
        """SHA-256 of name, version and wording."""
        turns = [message.model_dump() for message in self.messages]
        return sha256_value({"name": self.name, "version": self.version, "task": self.task, "messages": turns})

    def render(self, variables: Mapping[str, Any]) -> list[Message]:
        """Render the prompt.

        Args:
            variables: Texts, numbers, and lists and mappings of them; every text is fenced here.

        Raises:
            TickerTuneError: The template uses a variable that there is not, or uses one in a way that it does not bear.
        """
        inert = {name: _inert(value) for name, value in variables.items()}
        try:
            return [Message(role=turn.role, content=_compiled(turn.content).render(inert)) for turn in self.messages]
        except _RENDERING as error:
            raise TickerTuneError(
                f"Prompt template {self.reference} cannot be rendered ({error})",
                f"Use the variables of task {self.task}: {', '.join(sorted(variables))}",
            ) from error


@lru_cache(maxsize=64)
def _compiled(content: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(content)


def _inert(value: Any) -> Any:
    """A value of which every text is fenced; anything else than texts, numbers, lists and mappings is a fault of ours."""
    if isinstance(value, str):
        return fenced(value)
    if isinstance(value, Mapping):
        return {name: _inert(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_inert(item) for item in value]
    if value is None or isinstance(value, PRINTABLE):
        return value
    raise TypeError(f"a template variable may not be a {type(value).__name__}")


def template_names() -> list[str]:
    """References of the templates that come with the package, sorted."""
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml"))


def load_template(reference: str, task: str, variables: frozenset[str]) -> Template:
    """Load a template of the package by ``name@version``, or the user's own by the path of its YAML file.

    Args:
        reference: ``movement@1``, or a path that ends in .yaml or .yml.
        task: The kind of view that it must be for.
        variables: Names that such a view has.

    Raises:
        TickerTuneError: There is no such template, or it is damaged, for another task, or uses unknown variables.
    """
    if reference.endswith((".yaml", ".yml")):
        path = Path(reference)
        if not path.is_file():
            raise TickerTuneError(f"Prompt template {path} does not exist", "Correct prompt.template in the recipe")
        return parse_template(path.read_text(encoding="utf-8"), str(path), task, variables)
    names = template_names()
    if _REFERENCE.fullmatch(reference) is None or reference not in names:
        raise TickerTuneError(
            f"There is no prompt template '{reference}'{did_you_mean(reference, names)}",
            f"Use one of {', '.join(names)}, or the path of a YAML file",
        )
    text = (_folder() / f"{reference}.yaml").read_text(encoding="utf-8")
    return parse_template(text, reference, task, variables)


def parse_template(text: str, what: str, task: str, variables: frozenset[str]) -> Template:
    """Check a template's YAML; arguments and errors as ``load_template``."""
    remedy = "See docs/prompts.md for what a template holds"
    try:
        source = TemplateSource.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise TickerTuneError(f"Prompt template {what} is not valid YAML ({error})", remedy) from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "the top"
        raise TickerTuneError(f"Prompt template {what} is wrong at {where}: {problem['msg']}", remedy) from None
    if source.task != task:
        raise TickerTuneError(
            f"Prompt template {what} is for task {source.task}, not for {task}", f"Use a template of task {task}"
        )
    if not source.messages or source.messages[-1].role != "user":
        raise TickerTuneError(f"Prompt template {what} does not end with a user message", remedy)
    for message in source.messages:
        _check(message.content, what, variables)
    return Template(source.name, source.version, source.task, source.source, tuple(source.messages))


def _check(content: str, what: str, variables: frozenset[str]) -> None:
    remedy = f"Use the variables {', '.join(sorted(variables))}"
    try:
        tree = _ENVIRONMENT.parse(content)
        used = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        raise TickerTuneError(f"Prompt template {what}, line {error.lineno}: {error.message}", remedy) from error
    if any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
        raise TickerTuneError(f"Prompt template {what} includes another file", "Write it as one template")
    for name in sorted(used - variables - set(_ENVIRONMENT.globals)):
        raise TickerTuneError(
            f"Prompt template {what} uses the unknown variable '{name}'{did_you_mean(name, variables)}", remedy
        )


def _folder() -> Any:
    return files("tickertune.core.tasks") / "templates"

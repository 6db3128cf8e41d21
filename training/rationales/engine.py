"""A teacher in this process: the evaluation's engines generate its replies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from eval.backends import choose_backend, open_backend
from eval.backends.base import Backend
from tickertune.core.models import check_adapter, model_fingerprint, resolve_model
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe.rationales import EngineTeacherConfig, RationalesConfig
from tickertune.core.stage_facts import check_base
from training.models import load_tokenizer
from training.rationales.teacher import Ask, Chat, Reply


class EngineTeacher:
    """Generates replies; the model is loaded at the first ask.

    A reply depends on the seed, its prompt and its number alone (``Backend.sample``): not on what was asked before, so also not on
    a kill, nor on how many replies are drawn.

    Raises:
        TickerTuneError: The model or the adapter is not there, or they do not belong together.
    """

    def __init__(self, config: RationalesConfig, teacher: EngineTeacherConfig) -> None:
        self._config, self._teacher = config, teacher
        self._base = resolve_model(teacher.model)
        if teacher.adapter is not None:
            check_adapter(teacher.adapter, self._base)
            check_base(teacher.adapter, self._base, teacher.model.revision)
        self._tokenizer: Any = load_tokenizer(self._base, teacher.model)
        self._engine = choose_backend(teacher.backend)
        self._stack = ExitStack()
        self._backend: Backend | None = None

    @property
    def identity(self) -> Mapping[str, object]:
        """Model, contents of weights, engine."""
        adapter = self._teacher.adapter
        return {
            "kind": "engine",
            "model": self._teacher.model.name,
            "weights": model_fingerprint(self._base, self._teacher.model.revision),
            "adapter": None if adapter is None else model_fingerprint(str(adapter)),
            "engine": self._engine,
            "dtype": self._teacher.model.dtype,
        }

    def fits(self, messages: Chat) -> bool:
        """Whether prompt and reply have at most ``max_length`` tokens together."""
        return len(prompt_ids(self._tokenizer, messages)) + self._config.max_tokens <= self._teacher.max_length

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        """See ``Teacher.answer``; short prompts come first, so that those of a batch are about equally long."""
        by_prompt: dict[str, list[Ask]] = {}
        for ask in asks:
            by_prompt.setdefault(replace(ask, draw=0).key, []).append(ask)
        groups = [(prompt_ids(self._tokenizer, group[0].messages), group) for group in by_prompt.values()]
        groups.sort(key=lambda entry: len(entry[0]))
        draws = max((1 + ask.draw for ask in asks), default=1)
        step = max(1, self._teacher.batch_size // draws)
        for some in (groups[start : start + step] for start in range(0, len(groups), step)):
            yield from self._draw([prompt for prompt, _ in some], [group for _, group in some])

    def _draw(self, prompts: list[list[int]], groups: Sequence[Sequence[Ask]]) -> Iterator[tuple[Ask, Reply]]:
        drawn = self._loaded().sample(
            prompts,
            self._config.max_tokens,
            n=max(1 + ask.draw for group in groups for ask in group),
            temperature=self._config.temperature,
            seed=self._config.seed,
            adapter=self._teacher.adapter,
        )
        for prompt, group, completions in zip(prompts, groups, drawn, strict=True):
            for ask in group:
                one = completions[ask.draw]
                yield ask, Reply(one.text, one.finished, len(prompt), one.tokens)

    def _loaded(self) -> Backend:
        if self._backend is None:
            self._backend = self._stack.enter_context(
                open_backend(
                    self._engine,
                    self._base,
                    self._base,
                    dtype=self._teacher.model.dtype,
                    batch_size=self._teacher.batch_size,
                    max_length=self._teacher.max_length,
                    adapters=[] if self._teacher.adapter is None else [self._teacher.adapter],
                    revision=self._teacher.model.revision,
                )
            )
        return self._backend

    def close(self) -> None:
        """Give back the model's memory."""
        self._backend = None
        self._stack.close()

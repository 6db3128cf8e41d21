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
from training.models import load_tokenizer
from training.rationales.teacher import Ask, Chat, Reply


class EngineTeacher:
    """Generates replies; the model is loaded at the first ask.

    All replies to one prompt are drawn together by a seed that the prompt gives, so that they are the same whatever was
    asked before: also after a kill between two of them.

    Raises:
        TickerTuneError: The model or the adapter is not there, or they do not belong together.
    """

    def __init__(self, config: RationalesConfig, teacher: EngineTeacherConfig) -> None:
        self._config, self._teacher = config, teacher
        self._base = resolve_model(teacher.model)
        if teacher.adapter is not None:
            check_adapter(teacher.adapter, self._base)
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

    @property
    def together(self) -> bool:
        """Yes: a batch shares one stream of random numbers."""
        return True

    def fits(self, messages: Chat) -> bool:
        """Whether prompt and reply have at most ``max_length`` tokens together."""
        return len(prompt_ids(self._tokenizer, messages)) + self._config.max_tokens <= self._teacher.max_length

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        """See ``Teacher.answer``."""
        by_prompt: dict[str, list[Ask]] = {}
        for ask in asks:
            by_prompt.setdefault(replace(ask, draw=0).key, []).append(ask)
        for key, group in by_prompt.items():
            yield from self._group(int(key[:8], 16), group)

    def _group(self, seed: int, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        prompt = prompt_ids(self._tokenizer, asks[0].messages)
        count = max(asks[0].of, 1 + max(ask.draw for ask in asks))  # also where only some are missing
        (drawn,) = self._loaded().generate(
            [prompt],
            self._config.max_tokens,
            n=count,
            temperature=self._config.temperature,
            seed=seed,
            adapter=self._teacher.adapter,
        )
        for ask in asks:
            completion = drawn[ask.draw]
            written = len(self._tokenizer.encode(completion.text, add_special_tokens=False)) + completion.finished
            yield ask, Reply(completion.text, completion.finished, len(prompt), written)

    def _loaded(self) -> Backend:
        if self._backend is None:
            self._backend = self._stack.enter_context(
                open_backend(
                    self._engine,
                    self._base,
                    self._base,
                    dtype=self._teacher.model.dtype,
                    batch_size=self._config.draws,
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

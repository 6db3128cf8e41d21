"""transformers engine: the shared prefix is read once, its keys and values serve every prompt."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList

from eval.backends.base import Completion, OnDone, Tokens, draw_seed
from eval.backends.prefixes import Group, prefix_groups
from tickertune.core.errors import TickerTuneError

MIN_PREFIX = 8
"""Shorter shared prefixes are not worth a pass of their own."""


class TransformersBackend:
    """A base model in this process, on the GPU where there is one.

    Args:
        model: Folder or Hub id of the weights.
        tokenizer: Folder or Hub id of the tokenizer.
        dtype: Name of the torch type to compute in.
        batch_size: Prompts a forward pass.
        revision: Hub commit.
    """

    name = "transformers"

    def __init__(self, model: str, tokenizer: str, dtype: str, batch_size: int, revision: str | None = None) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model: Any = AutoModelForCausalLM.from_pretrained(
            model, dtype=getattr(torch, dtype), revision=revision, use_safetensors=True
        )
        self._model.to(self._device).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(tokenizer, revision=revision)
        self._batch_size = batch_size
        self._adapters: dict[Path, str] = {}

    @classmethod
    def around(cls, model: Any, tokenizer: Any, batch_size: int) -> "TransformersBackend":
        """Return an engine for a model that is in memory as it is, adapter and all, such as one in training."""
        backend = cls.__new__(cls)
        backend._model, backend._tokenizer, backend._batch_size = model, tokenizer, batch_size
        backend._device = str(model.device)
        backend._adapters = {}
        return backend

    @torch.no_grad()
    def score(
        self,
        prompts: Sequence[Tokens],
        label_tokens: Sequence[int],
        adapter: Path | None = None,
        on_done: OnDone | None = None,
    ) -> NDArray[np.float64]:
        """See ``Backend.score``."""
        scores = np.empty((len(prompts), len(label_tokens)))
        with self._adapter(adapter):
            for group in prefix_groups(prompts):
                length, prefix = self._read_prefix(prompts, group)
                order = sorted(group.places, key=lambda place: len(prompts[place]))
                for start in range(0, len(order), self._batch_size):
                    places = order[start : start + self._batch_size]
                    suffixes = [prompts[place][length:] for place in places]
                    scores[places] = self._score_batch(suffixes, prefix, length, label_tokens)
                    if on_done is not None:
                        on_done(len(places))
        return scores

    def _read_prefix(self, prompts: Sequence[Tokens], group: Group) -> tuple[int, Any]:
        """Length of what a group shares, 0 where it is not worth a pass, and its keys and values."""
        length = group.prefix if group.prefix >= MIN_PREFIX else 0
        return length, self._prefix(prompts[group.places[0]][:length]) if length else None

    def _prefix(self, tokens: Tokens) -> Any:
        ids = torch.tensor([tokens], device=self._device)
        return self._model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values

    def _score_batch(
        self, suffixes: Sequence[Tokens], prefix: Any, prefix_length: int, label_tokens: Sequence[int]
    ) -> NDArray[np.float64]:
        """Padding stands on the right, so that under the causal mask no real token sees it."""
        rows, width = len(suffixes), max(map(len, suffixes))
        ids = torch.zeros((rows, width), dtype=torch.long)
        mask = torch.zeros((rows, prefix_length + width), dtype=torch.long)
        mask[:, :prefix_length] = 1
        for row, suffix in enumerate(suffixes):
            ids[row, : len(suffix)] = torch.tensor(suffix)
            mask[row, prefix_length : prefix_length + len(suffix)] = 1
        last = torch.tensor([len(suffix) - 1 for suffix in suffixes])
        kept, place = torch.unique(last, return_inverse=True)
        cache = _repeated(prefix, rows)
        logits = self._model(
            input_ids=ids.to(self._device),
            attention_mask=mask.to(self._device),
            position_ids=torch.arange(prefix_length, prefix_length + width, device=self._device).expand(rows, -1),
            past_key_values=cache,
            use_cache=cache is not None,
            logits_to_keep=kept.to(self._device),
        ).logits
        final = logits[torch.arange(rows), place].float().log_softmax(dim=-1)
        return np.asarray(final[:, list(label_tokens)].cpu().double().numpy())

    @torch.no_grad()
    def generate(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        adapter: Path | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.generate``. Sampled replies depend on the batch size as well as on the seed."""
        replies: list[list[Completion]] = [[] for _ in prompts]
        order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
        with self._adapter(adapter), torch.random.fork_rng():
            torch.manual_seed(seed)
            for start in range(0, len(order), self._batch_size):
                places = order[start : start + self._batch_size]
                batch = self._generate_batch([prompts[place] for place in places], max_tokens, n, temperature)
                for row, completion in enumerate(batch):
                    replies[places[row // n]].append(completion)
        return replies

    def _generate_batch(
        self, prompts: Sequence[Tokens], max_tokens: int, n: int, temperature: float
    ) -> list[Completion]:
        pad = self._pad()
        width = max(map(len, prompts))
        ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}
        output = self._model.generate(
            input_ids=ids.to(self._device),
            attention_mask=mask.to(self._device),
            max_new_tokens=max_tokens,
            num_return_sequences=n if temperature > 0 else 1,
            pad_token_id=pad,
            **(sampling or {"do_sample": False}),
        )[:, width:].tolist()
        ends = self._end_tokens()
        completions = [
            Completion(self._tokenizer.decode(row, skip_special_tokens=True), not ends.isdisjoint(row))
            for row in output
        ]
        return completions if temperature > 0 else [reply for reply in completions for _ in range(n)]

    @torch.no_grad()
    def sample(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int,
        temperature: float,
        seed: int = 0,
        adapter: Path | None = None,
        pattern: str | None = None,
        on_done: OnDone | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.sample``. The most likely token after Gumbel noise is a draw from the softmax."""
        if pattern is not None:
            raise TickerTuneError(
                "Backend transformers cannot hold replies to a pattern", "Use --backend vllm, or votes.structured false"
            )
        replies: list[list[Completion]] = [[] for _ in prompts]
        with self._adapter(adapter):
            for group in prefix_groups(prompts):
                length, prefix = self._read_prefix(prompts, group)
                order = sorted(group.places, key=lambda place: len(prompts[place]))
                rows = [(place, number) for place in order for number in range(n)]
                for start in range(0, len(rows), self._batch_size):
                    batch = rows[start : start + self._batch_size]
                    seeds = [draw_seed(seed, prompts[place]) + number for place, number in batch]
                    noise = OwnNoise(seeds, temperature)
                    drawn = self._sample_batch(
                        [prompts[place] for place, _ in batch], prefix, length, max_tokens, noise
                    )
                    for (place, _), completion in zip(batch, drawn, strict=True):
                        replies[place].append(completion)
                    if on_done is not None:
                        on_done(sum(number == n - 1 for _, number in batch))
        return replies

    def _sample_batch(
        self, prompts: Sequence[Tokens], prefix: Any, length: int, max_tokens: int, noise: "OwnNoise"
    ) -> list[Completion]:
        """Padding stands between the shared prefix and the rest, where the mask hides it."""
        width = max(map(len, prompts))
        gaps = [width - len(prompt) for prompt in prompts]
        rows = [
            prompt[:length] + [self._pad()] * gap + prompt[length:] for prompt, gap in zip(prompts, gaps, strict=True)
        ]
        mask = [[1] * length + [0] * gap + [1] * (width - gap - length) for gap in gaps]
        cache = _repeated(prefix, len(rows))
        output = self._model.generate(
            input_ids=torch.tensor(rows, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
            max_new_tokens=max_tokens,
            pad_token_id=self._pad(),
            do_sample=False,
            repetition_penalty=1.0,
            logits_processor=LogitsProcessorList([noise]),
            **({} if cache is None else {"past_key_values": cache}),
        )[:, width:].tolist()
        ends = self._end_tokens()
        completions = []
        for row in output:
            end = next((place for place, token in enumerate(row) if token in ends), None)
            text = self._tokenizer.decode(row[:end], skip_special_tokens=True)
            completions.append(Completion(text, end is not None, len(row) if end is None else end + 1))
        return completions

    def _pad(self) -> int:
        pad = self._tokenizer.pad_token_id
        return int(self._tokenizer.eos_token_id if pad is None else pad)

    def _end_tokens(self) -> set[int]:
        ends = self._model.generation_config.eos_token_id
        ends = self._tokenizer.eos_token_id if ends is None else ends
        return set(ends) if isinstance(ends, list) else {ends}

    @contextmanager
    def _adapter(self, adapter: Path | None) -> Iterator[None]:
        """Put ``adapter`` in force, or none, for the block."""
        if adapter is not None and adapter not in self._adapters:
            self._load_adapter(adapter)
        if adapter is not None:
            self._model.set_adapter(self._adapters[adapter])
        with self._model.disable_adapter() if adapter is None and self._adapters else nullcontext():
            yield

    def _load_adapter(self, adapter: Path) -> None:
        from peft import PeftModel

        name = f"adapter{len(self._adapters)}"
        if self._adapters:
            self._model.load_adapter(adapter, adapter_name=name)
        else:
            self._model = PeftModel.from_pretrained(self._model, adapter, adapter_name=name)
        self._model.eval()
        self._adapters[adapter] = name

    def close(self) -> None:
        """Free the model's memory."""
        del self._model
        if self._device == "cuda":
            torch.cuda.empty_cache()


class OwnNoise(LogitsProcessor):  # type: ignore[misc]
    """Adds Gumbel noise to scaled logits, each row's from a generator of its own.

    Args:
        seeds: One a row, in the order of the batch.
        temperature: What logits are divided by.
    """

    def __init__(self, seeds: Sequence[int], temperature: float) -> None:
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._temperature = temperature

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores whose greatest is the draw, [rows, vocabulary]."""
        drawn = [torch.empty(scores.shape[1]).exponential_(generator=generator) for generator in self._generators]
        return scores.float() / self._temperature - torch.stack(drawn).log().to(scores.device)


def _repeated(prefix: Any, rows: int) -> Any:
    """Keys and values of a prefix for each of ``rows`` rows; None without a prefix."""
    if prefix is None:
        return None
    cache = copy.deepcopy(prefix)
    cache.batch_repeat_interleave(rows)
    return cache

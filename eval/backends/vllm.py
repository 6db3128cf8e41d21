"""vLLM engine in this process: one forward pass a prompt, prefix caching, adapters beside the base."""

import gc
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from eval.backends.adapters import vllm_rank
from eval.backends.base import Completion, OnDone, Tokens, draw_seed
from eval.backends.prefixes import warming_order

CPU_BLOCK = 32
"""Tokens of a cache block on CPU; vLLM's own 128 would be longer than the prefix our prompts share."""
_SETTINGS = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1"}
_CPU_SETTINGS = {"VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}


class VllmBackend:
    """An embedded vLLM engine, on the GPU where there is one.

    Only one may be open in a process at a time.

    Args:
        model: Folder or Hub id of the weights.
        tokenizer: Folder or Hub id of the tokenizer.
        dtype: Name of the torch type to compute in.
        batch_size: Sequences in flight on CPU; on GPU vLLM decides.
        max_length: Longest prompt and reply together, in tokens.
        adapters: All adapters that will be asked for.
        revision: Hub commit.

    Raises:
        TickerTuneError: An adapter is of a kind that vLLM does not load.
    """

    name = "vllm"

    def __init__(
        self,
        model: str,
        tokenizer: str,
        dtype: str,
        batch_size: int,
        max_length: int,
        adapters: Sequence[Path] = (),
        revision: str | None = None,
    ) -> None:
        self._ids = {adapter: place + 1 for place, adapter in enumerate(adapters)}
        gpu = torch.cuda.is_available()
        options: dict[str, Any] = {
            # Scoring is prefill, which gains next to nothing from graphs that take longer to capture than to use.
            "enforce_eager": True,
            "enable_prefix_caching": True,
            "max_model_len": max_length,
            "max_logprobs": 20,
            "disable_log_stats": True,
            "use_tqdm_on_load": False,
            "seed": 0,
        }
        options |= {"gpu_memory_utilization": 0.7} if gpu else {"block_size": CPU_BLOCK, "max_num_seqs": batch_size}
        if adapters:
            options |= {"enable_lora": True, "max_lora_rank": vllm_rank(adapters), "max_cpu_loras": len(adapters)}
        self._chunk = 4096 if gpu else 8 * batch_size
        self._environment = dict(os.environ)
        for key, value in (_SETTINGS if gpu else _SETTINGS | _CPU_SETTINGS).items():
            os.environ.setdefault(key, value)
        with _quiet():
            from vllm import LLM

            with _fast_adapters() if adapters and not gpu else nullcontext():
                self._engine: Any = LLM(
                    model=model,
                    tokenizer=tokenizer,
                    dtype=dtype,
                    revision=revision,
                    tokenizer_revision=revision,
                    **options,
                )

    def score(
        self,
        prompts: Sequence[Tokens],
        label_tokens: Sequence[int],
        adapter: Path | None = None,
        on_done: OnDone | None = None,
    ) -> NDArray[np.float64]:
        """See ``Backend.score``.

        The cache is emptied first, so that scores do not depend on earlier calls: in bfloat16 a prefix that was
        computed in another batch changes the last digits. The first prompt of each group that shares a prefix stands before
        the others; vLLM shares the prefix within one step too, so none has to be read in a step of its own.
        """
        from vllm import SamplingParams

        self._engine.reset_prefix_cache()
        order, _ = warming_order(prompts)
        params = SamplingParams(max_tokens=1, temperature=0.0, logprob_token_ids=list(label_tokens), detokenize=False)
        scores = np.empty((len(prompts), len(label_tokens)))
        for start, end in pairwise([*range(0, len(prompts), self._chunk), len(prompts)]):
            places = order[start:end]
            for place, output in zip(
                places, self._run([prompts[place] for place in places], params, adapter), strict=True
            ):
                found = output.outputs[0].logprobs[0]
                scores[place] = [found[token].logprob for token in label_tokens]
            if on_done is not None:
                on_done(end - start)
        return scores

    def generate(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        adapter: Path | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.generate``."""
        from vllm import SamplingParams

        copies = n if temperature > 0 else 1
        params = SamplingParams(n=copies, max_tokens=max_tokens, temperature=temperature, seed=seed)
        replies = [[_completion(reply) for reply in output.outputs] for output in self._run(prompts, params, adapter)]
        return [reply * (n // copies) for reply in replies]

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
        """See ``Backend.sample``. vLLM gives the n-th reply to a prompt the prompt's seed plus n, and draws by it alone."""
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        order, ahead = warming_order(prompts)
        if ahead < len(prompts):
            self._run(
                [prompts[place] for place in order[:ahead]], SamplingParams(max_tokens=1, temperature=0.0), adapter
            )
        held = None if pattern is None else StructuredOutputsParams(regex=pattern)
        replies: list[list[Completion]] = [[] for _ in prompts]
        for start in range(0, len(order), self._chunk):
            places = order[start : start + self._chunk]
            params = [
                SamplingParams(
                    n=n,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    seed=draw_seed(seed, prompts[place]),
                    structured_outputs=held,
                )
                for place in places
            ]
            for place, output in zip(
                places, self._run([prompts[place] for place in places], params, adapter), strict=True
            ):
                replies[place] = [_completion(reply) for reply in output.outputs]
            if on_done is not None:
                on_done(len(places))
        return replies

    def _run(self, prompts: Sequence[Tokens], params: Any, adapter: Path | None) -> list[Any]:
        from vllm.lora.request import LoRARequest

        if not prompts:
            return []
        lora = (
            None if adapter is None else LoRARequest(f"adapter{self._ids[adapter]}", self._ids[adapter], str(adapter))
        )
        requests = [{"prompt_token_ids": prompt} for prompt in prompts]
        with _quiet():
            return list(self._engine.generate(requests, params, lora_request=lora, use_tqdm=False))

    def close(self) -> None:
        """Stop the engine, and restore the environment and the process groups that it made."""
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        self._engine.llm_engine.engine_core.shutdown()
        del self._engine
        gc.collect()
        cleanup_dist_env_and_memory()
        for key in set(os.environ) - set(self._environment):
            del os.environ[key]
        os.environ.update(self._environment)


def _completion(reply: Any) -> Completion:
    return Completion(reply.text, reply.finish_reason == "stop", len(reply.token_ids))


def _fast_adapters() -> AbstractContextManager[None]:
    from eval.backends.cpu_lora import grouped_lora

    return grouped_lora()


@contextmanager
def _quiet() -> Iterator[None]:
    """Run eagerly and without vLLM's deprecation notes.

    vLLM compiles one sampling function even when told to be eager, which needs a C++ compiler on CPU and takes 20 s.
    """
    with warnings.catch_warnings(), torch.compiler.set_stance("force_eager"):
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield

"""TF-IDF and logistic regression: what the words alone tell, learnt from the train split only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Fold = tuple[Indices, Indices]

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse regularisation strengths to choose from; the smallest of equals is taken."""
FOLDS = 3
_FENCED = re.compile(r"<(news|text)>\n(.*)\n</\1>", re.DOTALL)
_STAMP = re.compile(r"^[A-Z][a-z]{2}(?: \d\d:\d\d)? ", re.MULTILINE)


def prompt_text(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the news or text inside a prompt's fence, without time stamps; empty where there is none."""
    found = _FENCED.search(messages[-1]["content"])
    return _STAMP.sub("", found[2]) if found else ""


class TextClassifier:
    """Label probabilities from word and word-pair frequencies.

    ``C`` is chosen by accuracy on time-ordered folds of the train split (random ones for undated texts), and the
    vocabulary of each fold comes from its training part alone.

    Args:
        train: ``Sample`` rows of the train split.
        labels: The task's labels, in the order of the columns of ``probabilities``.
        seed: Seed of the random folds.
    """

    def __init__(self, train: pl.DataFrame, labels: Sequence[str], seed: int = 0) -> None:
        self._labels = list(labels)
        # Repeated samples of a mixture would stand on both sides of a fold.
        frame = _texts(train).unique(["session", "text", "label"], keep="first", maintain_order=True)
        texts, gold = frame["text"].to_list(), frame["label"].to_numpy()
        self.strength = _choose_strength(texts, gold, _folds(frame, seed))
        self._vectoriser = _vectoriser().fit(texts)
        self._model = _model(self.strength).fit(self._vectoriser.transform(texts), gold)

    def probabilities(self, samples: pl.DataFrame) -> NDArray[np.float64]:
        """Label probabilities [n, k] of ``Sample`` rows; a label that training never saw gets 0."""
        found = self._model.predict_proba(self._vectoriser.transform(_texts(samples)["text"].to_list()))
        result = np.zeros((samples.height, len(self._labels)))
        for column, label in enumerate(self._model.classes_):
            result[:, self._labels.index(label)] = found[:, column]
        return result


def learnable(train: pl.DataFrame) -> bool:
    """Whether the train split has two classes and some words."""
    words = _texts(train)["text"].str.contains(r"\w\w")
    return train["label"].n_unique() > 1 and int(words.sum()) >= 2


def _texts(samples: pl.DataFrame) -> pl.DataFrame:
    texts = [prompt_text(messages) for messages in samples["messages"].to_list()]
    return samples.select("session", "label").with_columns(pl.Series("text", texts, pl.String))


def _vectoriser() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=200_000)


def _model(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=1000)


def _folds(frame: pl.DataFrame, seed: int) -> Iterator[Fold]:
    """Past against future by whole sessions; random parts where there are no sessions."""
    if frame["session"].null_count():
        from sklearn.model_selection import KFold

        if frame.height >= FOLDS:
            yield from KFold(FOLDS, shuffle=True, random_state=seed).split(np.arange(frame.height))
        return
    day = frame["session"].rank("dense").to_numpy().astype(np.int64) - 1
    edges = np.linspace(0, int(day.max()) + 1, FOLDS + 2).astype(np.int64)
    for start, end in pairwise(edges[1:]):
        yield np.flatnonzero(day < start), np.flatnonzero((day >= start) & (day < end))


def _choose_strength(texts: list[str], gold: NDArray[Any], folds: Iterator[Fold]) -> float:
    hits = dict.fromkeys(STRENGTHS, 0)
    for past, future in folds:
        if len(future) == 0 or len(set(gold[past])) < 2:
            continue
        vectoriser = _vectoriser()
        known = vectoriser.fit_transform([texts[place] for place in past])
        asked = vectoriser.transform([texts[place] for place in future])
        for strength in STRENGTHS:
            hits[strength] += int((_model(strength).fit(known, gold[past]).predict(asked) == gold[future]).sum())
    return max(STRENGTHS, key=lambda strength: hits[strength])

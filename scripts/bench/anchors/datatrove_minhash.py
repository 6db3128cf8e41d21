"""datatrove's MinHash pipeline as its documentation runs it: signatures, buckets, clusters, filter.

Its defaults (5-grams, 14 buckets of 8 hashes, English tokenizer); the four steps are called one after the other in
this process, on documents in memory, so that no executor, reader, writer or start of a worker is timed.
"""

from collections.abc import Callable
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig

Tokenize = Callable[[str], list[str]]


def survivors(texts: list[str], ids: list[str], folder: Path, tokenize: Tokenize | None = None) -> set[str]:
    """Return the ids that stay.

    Args:
        texts: Documents.
        ids: Their ids.
        folder: Empty folder for its files.
        tokenize: Instead of its own word tokenizer, a quicker one that it does not offer.
    """
    documents = [Document(text=text, id=name) for text, name in zip(texts, ids, strict=True)]
    config = MinhashConfig()
    folders = [str(folder / name) for name in ("signatures", "buckets", "removed")]
    signature = MinhashDedupSignature(folders[0], config=config, language="eng")
    if tokenize is not None:
        signature.word_tokenizer = type("Plain", (), {"word_tokenize": staticmethod(tokenize)})()
    signature.run(iter(documents), 0, 1)
    for bucket in range(config.num_buckets):
        MinhashDedupBuckets(folders[0], folders[1], config=config).run(None, bucket, config.num_buckets)
    MinhashDedupCluster(folders[1], folders[2], config=config).run(None, 0, 1)
    return {document.id for document in MinhashDedupFilter(folders[2]).run(iter(documents), 0, 1)}

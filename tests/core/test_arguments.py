"""Arguments read: sections, claims, what proves them; by compiled code, as their definitions say."""

import re
import sys
import time
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickertune.core.answers import Arguments, Claim, different_words

REASONS = """Before any heading.
- a claim before "the first heading" (source: Mon 08:00)
## Demand
- Orders are growing "record orders of 12 plants" (source: Tue 09:00)
More words here.
##No heading
## Risks
"""


def test_sections_and_claims() -> None:
    found = Arguments(["nothing", REASONS, "## Risks\n## risks\nnew"]).sections
    assert found.text.tolist() == [1, 1, 2, 2]
    assert found.new_words.tolist() == [15, 0, 0, 1]
    assert found.claims.tolist() == [1, 0, 0, 0]
    assert found.repeated.tolist() == [False, False, False, True]
    assert claims_of(REASONS) == [
        Claim(3, "the first heading", "Mon 08:00"),
        Claim(3, "record orders of 12 plants", "Tue 09:00"),
    ]
    assert claims_of("- no quote\n-none\n - indented") == [Claim(2, "", "")]
    assert claims_of('- a"b c"d "e"(source: f)g') == [Claim(3, "b c", "f")]
    assert claims_of('- , "b c". (source: f). !') == [Claim(0, "b c", "f")], "marks are no words"


def claims_of(text: str) -> list[Claim]:
    return Arguments([text]).claims()


def folded(text: str) -> str:
    """A text with each letter in lower case for itself, those of the first plane."""
    return "".join(low if letter < "\U00010000" and len(low := letter.lower()) == 1 else letter for letter in text)


def sections_by_definition(text: str) -> list[tuple[int, int, bool]]:
    """Headings cut a text into parts; a word is new where no part before has it; a dash is no word."""
    found, seen, titles = [], {"-"}, set()
    for part in f"\n{folded(text)}".split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        found.append((len(set(body.split()) - seen), part.count("\n- "), title.strip() in titles))
        seen |= set(body.split())
        titles.add(title.strip())
    return found


CLAIM_PARTS = re.compile(r'"([^"\n]{1,600})"|\(source:[ ]{0,4}([^()\n]{1,120})\)')


def claims_by_definition(text: str) -> list[tuple[int, str, str]]:
    """Bullets cut a text into claims, each up to the end of its line; what is in quotes or names a source is not its own."""
    found = []
    for part in f"\n{text}".split("\n- ")[1:]:
        line = part.partition("\n")[0]
        matches = list(CLAIM_PARTS.finditer(line))
        quote = next((match[1] for match in matches if match[1]), "")
        source = next((match[2] for match in matches if match[2]), "")
        own = [
            word for word in CLAIM_PARTS.sub(" ", line).split() if any(map(str.isalnum, word)) or "\U00010400" in word
        ]
        found.append((len(own), quote.strip(), source.strip()))
    return found


def proven_by_definition(text: str, prompt: str, own_words: int, quote_words: int, letters: int) -> set[str]:
    """Quotes that stand on a line of the prompt which names the source outside of them; what is shorter than asked counts not."""
    return {
        folded(quote)
        for own, quote, source in claims_by_definition(text)
        if quote and own >= own_words and quote.count(" ") + 1 >= quote_words and len(source) >= letters
        for line in prompt.split("\n")
        for before, there, after in [line.partition(quote)]
        if there and any(folded(source) in folded(side) for side in (before, after))
    }


PIECES = ["## ", "##", "- ", "-", "\n", "\n", "\r", "\u2028", "\t", "  ", '"', '"a b"', "(source: ", "(source:", ")", "News", "news", "\u0130", "OΣ", "x1", ".", ",", "\U00010400", "\U00010428"]  # fmt: skip


TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), min_size=1, max_size=4)


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_arguments_are_read_as_the_definitions_say(texts: list[str]) -> None:
    found = Arguments(texts).sections
    for place, text in enumerate(texts):
        mine = found.text == place
        rows = zip(*(column[mine].tolist() for column in found[1:]), strict=True)
        assert list(rows) == sections_by_definition(text)
        assert claims_of(text) == claims_by_definition(text)
    assert different_words(texts).tolist() == [len(set(folded(text).split())) for text in texts]


WORDS = ["news", "News", "AP", "ap", "a b", "\u0130b", "OΣ", "\U00010400", "\U00010428", "x", "."]
LINES = st.lists(st.sampled_from([*WORDS, " ", "\n"]), max_size=12).map("".join)
PROMPTS = st.tuples(st.integers(0, 140), LINES).map(lambda parts: "n" * parts[0] + parts[1])  # over several blocks
CLAIMS = st.lists(
    st.tuples(LINES, LINES, LINES).map(lambda parts: '- {} "{}" (source: {})'.format(*parts)), max_size=4
).map("\n".join)


@settings(deadline=None, max_examples=500)
@given(
    st.lists(CLAIMS, min_size=1, max_size=3),
    st.lists(PROMPTS, min_size=1, max_size=3),
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(1, 3),
)
def test_claims_are_proven_as_the_definition_says(
    texts: list[str], prompts: list[str], own_words: int, quote_words: int, letters: int
) -> None:
    pairs = [(text, prompt) for text in range(len(texts)) for prompt in range(len(prompts))]
    least = {"own_words": own_words, "quote_words": quote_words, "source_letters": letters}
    made, proven = Arguments(texts).proven(prompts, np.array(pairs), **least)
    assert made.tolist() == [len(claims_by_definition(texts[text])) for text, _ in pairs]
    assert proven.tolist() == [
        len(proven_by_definition(texts[text], prompts[prompt], own_words, quote_words, letters))
        for text, prompt in pairs
    ]


@pytest.mark.parametrize(
    ("prompt", "proves"),
    [
        ("AP: record orders", True),  # at the end of a prompt
        ("record orders, ap", True),
        ("n" * 45 + "AP record orders", True),  # over the edge of a block of places
        ("n" * 60 + " AP record orders", True),  # alone in the last block
        ("AP\nrecord orders", False),
        ("record orders\nAP", False),
        ("record orders\nAP: record orders of 12 plants", True),
        ("AP: Record orders", False),
        ("AP: record order", False),
        ("", False),
    ],
)
def test_what_proves_a_claim(prompt: str, proves: bool) -> None:
    text = '- a claim "record orders" (source: AP)'
    pairs = np.array([[0, 0], [1, 0], [1, 1]])
    read = Arguments(["", f"{text}\n{text}"])
    made, proven = read.proven([prompt, "AP: record orders"], pairs, own_words=2, quote_words=2, source_letters=2)
    assert (made.tolist(), proven.tolist()) == ([0, 2, 2], [0, proves, 1])


def test_of_several_sources_the_first_counts_and_a_long_one_is_none() -> None:
    assert claims_of("- a (source: b) (source: c)") == [Claim(1, "", "b")]
    longest = "s" * 120
    assert claims_of(f"- (source:    {longest})") == [Claim(0, "", longest)]
    assert claims_of(f"- (source:     {longest})") == [Claim(2, "", "")], "only four blanks are no part of it"


@pytest.mark.parametrize("size", [0, 1, 600, 601])
def test_the_longest_quote_and_source(size: int) -> None:
    text = f'- a claim "{"q" * size}" (source:     {"s" * (size // 5)})'
    assert claims_of(text) == claims_by_definition(text)
    assert (claims_of(text)[0].quote != "") == (0 < size <= 600)


@settings(deadline=None)
@given(st.text(alphabet='<>/thinkanswer#- "()sourceup:dow0123456789.%+,\n\u2212', max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert (Arguments([text]).sections.claims >= 0).all()
    assert all(claim.own_words >= 0 for claim in claims_of(text))


@pytest.mark.parametrize("part", ["- 1", '\n- a "b c" (source: d)', "\n## a\nb ", '- "a', "(source: ", "## ", "1."])
def test_reading_takes_linear_time(part: str) -> None:
    """Eight times the text takes far less than 64 times as long."""

    def seconds(size: int) -> float:
        block = part * (size // len(part))
        begun = time.process_time()
        Arguments([block]).proven([block], np.zeros((1, 2), np.int64), own_words=1, quote_words=1, source_letters=1)
        different_words([block])
        return time.process_time() - begun

    seconds(1)
    assert min(seconds(20_000) for _ in range(3)) < 30 * max(min(seconds(2_500) for _ in range(3)), 1e-4)


def test_words_that_differ_far_from_their_ends_are_told_apart_in_linear_time() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"a{first}{second}{third}bcdefghijklmnop" for first in letters for second in letters for third in letters]

    def seconds(count: int) -> float:
        begun = time.process_time()
        assert different_words([" ".join(words[:count])]).tolist() == [count]
        return time.process_time() - begun

    seconds(1)
    assert min(seconds(16_000) for _ in range(3)) < 30 * max(min(seconds(2_000) for _ in range(3)), 1e-4)


def test_vllm_can_look_through_what_compiled_code_has_loaded() -> None:
    different_words(["a"])
    held = [
        value
        for module in list(sys.modules.values())
        for value in list(vars(module).values())
        if module.__name__.startswith("llvmlite")
    ]
    assert held
    assert all(isinstance(vars(value), Mapping) for value in held if hasattr(value, "__dict__"))


def test_texts_beyond_what_is_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["", f"## a\n{REASONS}", "nothing", REASONS, f"{REASONS}\n## b\nmore"]
    pairs = np.array([[place, prompt] for place in range(len(texts)) for prompt in range(2)])
    least = {"own_words": 1, "quote_words": 1, "source_letters": 1}
    prompts = ["Mon 08:00 the first heading", "Tue 09:00 record orders of 12 plants"]

    def read() -> list[object]:
        found = Arguments(texts)
        counted = [column.tolist() for column in (*found.sections, *found.proven(prompts, pairs, **least))]
        return [counted, found.claims(), different_words(texts).tolist()]

    whole = read()
    assert whole[0][-1] == [0, 0, 1, 1, 0, 0, 1, 1, 1, 1]
    monkeypatch.setattr("tickertune.core.answers.argument.TOGETHER", 100)
    assert read() == whole

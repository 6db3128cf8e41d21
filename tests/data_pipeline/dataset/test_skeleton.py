"""Placeholders in prompts."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_pipeline.dataset.hub.skeleton import put_back, remains, take_out
from tickertune.core.tasks.base import fenced

TEXTS = st.lists(st.text(min_size=1, max_size=30).map(fenced).filter(bool), max_size=5)


@settings(max_examples=1000)
@given(TEXTS)
@example(["0", "0"])  # a digit stands in placeholders too
def test_what_was_taken_out_is_put_back(texts: list[str]) -> None:
    lines = "\n".join(f"Mon 09:30 {text}" for text in texts)
    messages = [{"role": "system", "content": "Judge."}, {"role": "user", "content": f"<news>\n{lines}\n</news>"}]
    skeleton = take_out(messages, texts)
    if skeleton is not None:
        assert put_back(skeleton, dict(enumerate(texts))) == messages


def test_a_text_that_is_a_part_of_another_tears_nothing() -> None:
    messages = [{"role": "user", "content": "Profit warning at Acme\nProfit warning"}]
    skeleton = take_out(messages, ["Profit warning", "Profit warning at Acme"])
    assert skeleton == [{"role": "user", "content": "<document 1>\n<document 0>"}]


def test_no_text_is_looked_for_in_a_placeholder() -> None:
    skeleton = take_out([{"role": "user", "content": "0 and 0"}], ["0", "0"])
    assert skeleton == [{"role": "user", "content": "<document 0> and <document 1>"}]


def test_a_prompt_that_shows_another_text_cannot_be_taken_apart() -> None:
    assert take_out([{"role": "user", "content": "COMPANY gains"}], ["Acme gains"]) is None


def test_a_missing_text_leaves_no_prompt() -> None:
    assert put_back([{"role": "user", "content": "<document 0> <document 1>"}], {0: "x"}) is None


def test_remains_of_a_text_are_found() -> None:
    text = "one two three four five six seven eight nine ten"
    assert remains([text], "so: two three four five  six seven eight nine!".replace("!", " "))
    assert not remains([text], "one two three four five six seven")
    assert remains(["four words it has"], "x four words it has y")
    assert not remains(["up 3%"], "went up 3% today")

"""The strictest licence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.dataset.licences import ORDERED, UNKNOWN, hub_licence, strictest


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("Apache-2.0 (generated text)", "apache-2.0"),
        ("phrasebank: CC BY-NC-SA 3.0", "cc-by-nc-sa-3.0"),
        ("tfns: MIT", "mit"),
        ("CC BY-NC 4.0", "cc-by-nc-4.0"),
        ("public record (sec.gov: may be copied and distributed without the SEC's permission)", "cc0-1.0"),
        ("MIT (the collection's)", UNKNOWN),
        ("data set MIT; tweet text under the platform's terms", UNKNOWN),
        ("CC BY-NC 4.0 (the collection's); articles belong to their publishers", UNKNOWN),
        ("unstated", UNKNOWN),
        ("proprietary (Benzinga)", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_licence_is_known_only_where_nothing_else_stands_beside_it(stated: str, name: str) -> None:
    assert hub_licence(stated) == name


def test_the_sentiment_mix_inherits_the_phrasebanks_licence() -> None:
    assert strictest(["phrasebank: CC BY-NC-SA 3.0", "tfns: MIT"]) == "cc-by-nc-sa-3.0"


@given(st.lists(st.sampled_from([name for name, _ in ORDERED]), min_size=1))
def test_no_text_is_under_a_stricter_licence_than_the_data_set(names: list[str]) -> None:
    order = [name for name, _ in ORDERED]
    assert order.index(strictest(names)) == max(order.index(name) for name in names)
    assert strictest([*names, "unstated"]) == UNKNOWN


def test_no_licence_is_an_unknown_one() -> None:
    assert strictest([]) == UNKNOWN

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eval.backends.prefixes import prefix_groups, shared_prefix, warming_order

Prompts = list[list[int]]
HEADER = list(range(10))


def template(number: int, count: int, length: int = 100) -> Prompts:
    """Prompts of one template: a header that all have, the template's own text, and a few tokens of their own."""
    generator = np.random.default_rng(number)
    own = generator.integers(1000, 9000, size=length).tolist()
    return [HEADER + own + generator.integers(100, 900, size=12).tolist() for _ in range(count)]


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=12), min_size=1, max_size=60))
def test_groups_hold_every_prompt_once_and_share_what_they_say(prompts: Prompts) -> None:
    groups = prefix_groups(prompts)
    assert sorted(place for group in groups for place in group.places) == list(range(len(prompts)))
    for group in groups:
        members = [prompts[place] for place in group.places]
        assert group.places == sorted(group.places)
        assert group.prefix == shared_prefix(members)
        assert all(member[: group.prefix] == members[0][: group.prefix] for member in members)
    order, ahead = warming_order(prompts)
    assert sorted(order) == list(range(len(prompts)))
    assert ahead == len(groups)


def test_one_template_is_one_group_in_its_order() -> None:
    prompts = template(0, 40)
    (group,) = prefix_groups(prompts)
    assert group.places == list(range(40))
    assert group.prefix >= 110
    assert warming_order(prompts) == (list(range(40)), 1)


def test_each_template_of_a_mixture_is_a_group() -> None:
    """Although all of them share a header."""
    one, two = template(1, 30), template(2, 20)
    mixed = [prompt for pair in zip(one, two, strict=False) for prompt in pair] + one[20:]
    first, second = prefix_groups(mixed)
    assert [mixed[place] for place in first.places] == one
    assert [mixed[place] for place in second.places] == two
    assert min(first.prefix, second.prefix) >= 110
    order, ahead = warming_order(mixed)
    assert ahead == 2
    assert [mixed[place] for place in order[:2]] == [one[0], two[0]]


def test_too_few_prompts_of_a_kind_are_no_group_of_their_own() -> None:
    prompts = [prompt for number in range(10) for prompt in template(number, 2)]
    (group,) = prefix_groups(prompts)
    assert group.prefix == len(HEADER)


def test_no_prompts_have_no_groups() -> None:
    assert prefix_groups([]) == []
    assert warming_order([]) == ([], 0)

"""Answers of their own grammar: what is stated is read back, what breaks the grammar is no decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import (
    TASKS,
    ChoiceTask,
    EntitiesTask,
    Forecast,
    ForecasterTask,
    RelationsTask,
    forecast_label,
    get_task,
    label_task,
)
from tickertune.core.tasks.extraction import ENTITY_TYPES, RELATIONS
from tickertune.core.tasks.forecaster import LABELS

FORECASTER = ForecasterTask()
plain = st.text(st.characters(categories=("L", "N", "Zs"), include_characters=".,-&'"), min_size=1, max_size=30)
name = plain.map(lambda text: " ".join(text.split())).filter(bool)


@pytest.mark.parametrize("label", LABELS)
def test_a_forecast_is_read_back(label):
    assert FORECASTER.parse(FORECASTER.answer(label)).label == label
    forecast = Forecast(label, ["sales rose", "margin rose"], ["debt"], "The news outweighs the debt.")
    assert FORECASTER.parse(FORECASTER.full_answer(forecast)).label == label
    assert FORECASTER.answer(label) in FORECASTER.full_answer(forecast)


@given(st.lists(name, max_size=3), st.lists(name, max_size=3), st.just("") | name, st.sampled_from(LABELS))
def test_any_words_around_a_forecast_leave_it_readable(good, bad, why, label):
    assert FORECASTER.read(FORECASTER.full_answer(Forecast(label, good, bad, why))) == label


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.015, "U2"), (0.02, "U2"), (0.0200001, "U3"), (-0.003, "D1"), (0.05, "U5"), (0.0501, "U5+"), (-0.3, "D5+"), (0.0, "U1")],
)  # fmt: skip
def test_a_return_falls_into_its_bin(value, label):
    assert forecast_label(value) == label


@given(st.floats(-0.5, 0.5))
def test_labels_stand_in_the_order_of_returns(value):
    assert LABELS.index(forecast_label(value)) <= LABELS.index(forecast_label(value + 0.0101))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Prediction: Up by 1-2%\nPrediction: Down by 1-2%", "unparsed"),
        ("Prediction: Up by 1-3%", "unparsed"),
        ("Up by 1-2%", "unparsed"),
        ("Analysis: because\nPrediction: Up by 1-2%", "unparsed"),
        ("Prediction: Up by 1-2%\nPotential concerns:\n- debt", "unparsed"),
        ("", "abstained"),
    ],
)
def test_a_forecast_that_breaks_the_grammar_is_no_decision(text, outcome):
    assert FORECASTER.parse(text).outcome == outcome


def test_a_reply_that_was_cut_off_is_truncated_even_where_it_could_be_read():
    assert FORECASTER.parse("Prediction: Up by 1-2%", finished=False).outcome == "truncated"
    assert EntitiesTask().parse("person | Jo", finished=False).outcome == "truncated"


def test_words_that_would_forge_a_section_are_refused():
    with pytest.raises(ValueError, match="would break the grammar"):
        FORECASTER.full_answer(Forecast("U1", ["Prediction: Down by 1-2%"]))


@given(st.lists(st.tuples(st.sampled_from(ENTITY_TYPES), name), max_size=5))
def test_entities_are_read_back_in_their_order(rows):
    task = EntitiesTask()
    label = task.label(rows)
    assert task.parse(task.answer(label)).label == label
    assert [tuple(row) for row in task.rows(label)] == list(dict.fromkeys((kind, text) for kind, text in rows))


@given(st.lists(st.tuples(name, st.sampled_from(RELATIONS), name), max_size=5), st.randoms())
def test_relations_are_read_back_in_any_order(rows, random):
    task = RelationsTask()
    label = task.label(rows)
    lines = task.answer(label).splitlines()
    random.shuffle(lines)
    assert task.parse("\n".join(lines)).label == label


@pytest.mark.parametrize("text", ["person Jo", "animal | Rex", "person | ", "person | Jo | x", "none\nperson | Jo"])
def test_an_extraction_that_breaks_the_grammar_is_unparsed(text):
    assert EntitiesTask().parse(text).outcome == "unparsed"


@pytest.mark.parametrize(("task", "label"), [("ticker", "ARVF"), ("sector", "Consumer Goods & Services")])
def test_an_origin_is_read_back(task, label):
    assert get_task(task).parse(get_task(task).answer(label) + ".").label == label
    assert get_task(task).parse(f"Perhaps {label}").outcome == "unparsed"


def test_graded_sentiment_tells_its_classes_apart():
    task = get_task("sentiment7")
    for label in task.labels:
        assert task.parse(task.answer(label)).label == label
        assert task.well_formed(task.answer(label))
    assert task.parse("mildly negative, no: strong negative").outcome == "unparsed"


def test_only_tasks_with_scored_labels_are_scored():
    assert label_task("fomc").labels == ("dovish", "neutral", "hawkish")
    for other in ("forecaster", "sentiment7", "entities", "ticker"):
        with pytest.raises(TickerTuneError, match=f"'{other}' have to be generated"):
            label_task(other)


def test_every_closed_label_space_reads_its_own_answers():
    for task in TASKS.values():
        for label in task.labels:
            assert task.parse(task.answer(label)).label == label
        assert task.labels or not isinstance(task, ChoiceTask)

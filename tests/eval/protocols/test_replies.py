"""Entities, relations and forecasts: measures of generated replies against tables computed by hand."""

import polars as pl
import pytest

from eval.protocols.features import question_features, reply_features
from eval.protocols.measures import measured, question_f1, question_rows
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import EntitiesTask, Forecast, ForecasterTask, RelationsTask, get_task

CONFIG = EvalConfig(resamples=200)


def replies(texts, finished=None):
    return pl.DataFrame({"reply": texts, "finished": finished or [True] * len(texts)})


def values(task, gold, texts, metrics, answers=None, finished=None):
    features = reply_features(task, gold, answers or gold, replies(texts, finished))
    clusters = [f"{place}" for place in range(len(gold))]
    rows = measured(features.drop("outcome"), clusters, metrics, CONFIG, "part", "base")
    return {row.metric: row for row in rows}, features


def test_entities_are_right_by_type_and_whole_name():
    task = EntitiesTask()
    gold = [
        task.label([("organization", "Acme Corp"), ("person", "Jo Doe")]),
        task.label([("location", "Berlin")]),
        task.label([]),
        task.label([("person", "Al Roe")]),
    ]
    texts = [
        "organization | Acme Corp\nperson | Jo",  # one right, one cut short
        "organization | Berlin\nlocation | Berlin",  # right, and one of a wrong type
        "none",
        "I think it is Al Roe.",  # cannot be read: has found nothing
    ]
    found, features = values(task, gold, texts, ["entity_f1", "entity_precision", "entity_recall", "exact_match"])
    # hits 1 + 1 + 0 + 0, given 2 + 2 + 0 + 0, expected 2 + 1 + 0 + 1
    assert found["entity_precision"].value == pytest.approx(2 / 4)
    assert found["entity_recall"].value == pytest.approx(2 / 4)
    assert found["entity_f1"].value == pytest.approx(2 * 2 / (4 + 4))
    assert found["exact_match"].value == pytest.approx(1 / 4)
    assert features["outcome"].to_list() == ["label", "label", "label", "unparsed"]


def test_a_reply_that_was_cut_off_has_found_nothing():
    task = EntitiesTask()
    gold = [task.label([("location", "Berlin")])]
    found, features = values(task, gold, gold, ["entity_recall"], finished=[False])
    assert found["entity_recall"].value == 0.0
    assert features["outcome"].to_list() == ["truncated"]


def test_relations_count_triples_and_their_kinds_alone():
    task = RelationsTask()
    gold = [
        task.label([("Acme", "subsidiary", "Roar"), ("Acme", "industry", "steel")]),
        task.label([("Bex", "subsidiary", "Cen"), ("Bex", "subsidiary", "Dun")]),
    ]
    texts = [
        "Acme | subsidiary | Bolt\nAcme | industry | steel",  # one right; both kinds right
        "Bex | subsidiary | Cen",  # one right; one of two kinds
    ]
    found, _ = values(task, gold, texts, ["relation_f1", "relation_precision", "relation_recall", "relation_only_f1"])
    assert found["relation_precision"].value == pytest.approx(2 / 3)
    assert found["relation_recall"].value == pytest.approx(2 / 4)
    assert found["relation_f1"].value == pytest.approx(2 * 2 / 7)
    assert found["relation_only_f1"].value == pytest.approx(2 * 3 / 7)


def test_forecasts_by_side_magnitude_and_words():
    task = ForecasterTask()
    gold = ["U2", "D1", "U5+", "D3"]
    texts = [
        "Prediction: Up by 2-3%",  # side right; 2.5 against 1.5
        "Prediction: Up by 0-1%",  # side wrong; 0.5 against -0.5
        "Prediction: Up by 4-5%",  # side right; 4.5 against 5.5
        "No idea.",
    ]
    metrics = ["binary_accuracy", "binary_accuracy_on_parsed", "magnitude_mse", "rouge1"]
    found, _ = values(task, gold, texts, metrics, answers=[task.answer(label) for label in gold])
    assert found["binary_accuracy"].value == pytest.approx(2 / 4)
    assert found["binary_accuracy_on_parsed"].value == pytest.approx(2 / 3)
    assert found["magnitude_mse"].value == pytest.approx((1 + 1 + 1) / 3)
    assert found["magnitude_mse"].n == 3
    assert "rouge1" not in found  # the answers have no words but the prediction


def test_words_of_a_forecast_are_compared_section_by_section():
    task = ForecasterTask()
    reference = task.full_answer(Forecast("U1", ["sales rose"], ["debt"], "good news wins"))
    reply = task.full_answer(Forecast("U1", ["sales rose"], ["costs"], "good news"))
    found, _ = values(task, ["U1"], [reply], ["rouge1", "rouge2", "rougeL"], answers=[reference])
    assert found["rouge1"].value == pytest.approx((1 + 0 + 2 * 2 / 5) / 3)
    assert found["rouge2"].value == pytest.approx((1 + 0 + 2 * 1 / 3) / 3)
    assert found["rouge1"].n == 3


def test_a_task_of_labels_is_sent_elsewhere():
    with pytest.raises(TickerTuneError, match="tickertune eval"):
        reply_features(get_task("sentiment"), ["positive"], ["positive"], replies(["positive"]))


def headline(rows):
    """Prediction-like rows: question, gold, decision."""
    return pl.DataFrame(
        {
            "sample_id": [f"headline:{place}:{question}" for place, (question, _, _) in enumerate(rows)],
            "gold": [gold for _, gold, _ in rows],
            "label": [label for _, _, label in rows],
        },
        schema={"sample_id": pl.String, "gold": pl.String, "label": pl.String},
    )


def test_headline_f1_is_by_question():
    rows = [
        ("Direction Up", "yes", "yes"), ("Direction Up", "yes", "no"), ("Direction Up", "no", "yes"),
        ("PastPrice", "yes", "yes"), ("PastPrice", "no", "no"), ("PastPrice", "yes", None),
    ]  # fmt: skip
    features = question_features(headline(rows))
    found = {row.metric: row for row in question_rows(features, "gold", "base")}
    # Direction Up: 1 right yes of 2 true and 2 said; PastPrice: 1 of 2 true and 1 said
    assert found["question_f1: Direction Up"].value == pytest.approx(2 * 1 / (2 + 2))
    assert found["question_f1: PastPrice"].value == pytest.approx(2 * 1 / (2 + 1))
    metrics = ["mean_question_f1", "mean_question_weighted_f1"]
    mean = {row.metric: row.value for row in measured(features, list("abcdef"), metrics, CONFIG, "gold", "base")}
    assert mean["mean_question_f1"] == pytest.approx((0.5 + 2 / 3) / 2)
    # weighted: Up (2 x .5 + 1 x 0) / 3, as "no" is never right; PastPrice (2 x 2/3 + 1 x 1) / 3
    assert mean["mean_question_weighted_f1"] == pytest.approx((1 / 3 + (4 / 3 + 1) / 3) / 2)


def test_question_f1_equals_scikit_learn():
    from sklearn.metrics import f1_score

    rows = [("q", gold, label) for gold, label in zip("ynnyynyn" * 3, "yynnynyy" * 3, strict=True)]
    rows = [(q, {"y": "yes", "n": "no"}[gold], {"y": "yes", "n": "no"}[label]) for q, gold, label in rows]
    features = question_features(headline(rows))
    sums = {name: features[name].to_numpy().sum() for name in features.columns}
    expected = f1_score([gold for _, gold, _ in rows], [label for _, _, label in rows], pos_label="yes")
    assert question_f1(sums)[0] == pytest.approx(expected, abs=1e-12)

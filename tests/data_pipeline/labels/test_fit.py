"""Classes from targets."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.fit import NO_CLASS, category_codes, classify, fit, fit_categories
from data_pipeline.labels.registry import LABELS, label_spec
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import label_config
from tickertune.core.tasks import forecast_label, get_task


@pytest.mark.parametrize("name", ["acl18", "acl18_as_published"])
def test_acl18_drops_the_band_and_keeps_its_edges(name: str) -> None:
    spec = label_spec(label_config(name=name))
    fitted = fit(spec, np.array([0.5, 0.6]))
    targets = np.array([-0.0051, -0.005, -0.0049, 0.0, 0.0054, 0.0055, 0.0056, np.nan])
    assert classify(spec, fitted, targets).tolist() == [0, 0, NO_CLASS, NO_CLASS, NO_CLASS, 1, 1, NO_CLASS]
    assert fitted.fitted_on == 0


@pytest.mark.parametrize(("classes", "shares"), [(2, [0.5, 0.5]), (3, [1 / 3] * 3), (5, [0.1, 0.2, 0.4, 0.2, 0.1])])
def test_fitted_classes_have_the_wanted_shares_on_what_they_were_fitted_on(classes: int, shares: list[float]) -> None:
    spec = label_spec(label_config(classes=classes))
    targets = np.random.default_rng(0).normal(size=9000)
    codes = classify(spec, fit(spec, targets), targets)
    assert np.bincount(codes) / len(codes) == pytest.approx(shares, abs=0.001)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=20, max_size=40), st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_a_better_return_is_never_in_a_worse_class(train: list[float], targets: list[float]) -> None:
    spec = label_spec(label_config(classes=5))
    codes = classify(spec, fit(spec, np.array(train)), np.sort(np.array(targets)))
    assert (np.diff(codes) >= 0).all()


def test_without_training_targets_nothing_gets_a_class() -> None:
    spec = label_spec(label_config())
    assert classify(spec, fit(spec, np.array([])), np.array([1.0])).tolist() == [NO_CLASS]


def test_each_label_has_its_own_hash_and_a_changed_window_changes_it() -> None:
    hashes = {label_spec(label_config(name=name)).hash for name in LABELS}
    hashes.add(label_spec(label_config(horizon=5)).hash)
    hashes.add(label_spec(label_config(volatility_sessions=40)).hash)
    assert len(hashes) == len(LABELS) + 2


def test_only_published_windows_are_leaky() -> None:
    leaky = [name for name in LABELS if label_spec(label_config(name=name)).leaky]
    assert leaky == ["acl18_as_published", "fingpt_v1_as_published"]


def test_first_labels_keep_their_hash() -> None:
    """Stored data sets carry it: a field added for another label must not change it."""
    known = {"excess": "7288d16758444a36", "acl18": "598beed7", "acl18_as_published": "978213db"}
    for name, start in known.items():
        assert label_spec(label_config(name=name)).hash.startswith(start)


@pytest.mark.parametrize(
    ("name", "returns", "wanted"),
    [
        ("sep", [-0.01, -1e-9, 0.0, 0.01], [0, 0, 1, 1]),
        ("fingpt_rlsp", [-0.0201, -0.02, 0.0, 102 / 100 - 1, 0.0201], [0, 1, 1, 1, 2]),
        ("fingpt_v1", [-0.07, -0.06, -0.021, -0.02, 0.0, 0.02, 0.021, 0.06, 0.0601], [0, 1, 1, 2, 2, 2, 3, 3, 4]),
        ("fingpt_v1_1", [-0.07, -0.05, -0.02, 0.005, 0.02, 0.05, 0.07], list(range(7))),
        ("retuning", [-0.031, -0.03, 0.03, 0.031], [0, 1, 1, 2]),
    ],
)
def test_published_bounds_belong_to_the_class_nearer_to_zero(
    name: str, returns: list[float], wanted: list[int]
) -> None:
    spec = label_spec(label_config(name=name))
    assert classify(spec, fit(spec, np.array([])), np.array(returns)).tolist() == wanted


@settings(deadline=None)
@given(st.floats(-0.2, 0.2) | st.integers(-2000, 2000).map(lambda points: 1 + points / 10000 - 1))
def test_the_forecaster_s_classes_are_its_task_s(value: float) -> None:
    spec = label_spec(label_config(name="fingpt_forecaster"))
    (code,) = classify(spec, fit(spec, np.array([])), np.array([value]))
    assert get_task("forecaster").labels[code] == forecast_label(value)


@pytest.mark.parametrize(("label", "needed"), [({"classes": 2}, 4), ({"classes": 5}, 20), ({"name": "trading_r1"}, 67)])
def test_too_few_training_rows_for_the_quantiles_are_refused_with_both_numbers(
    label: dict[str, Any], needed: int
) -> None:
    spec = label_spec(label_config(**label))
    targets = np.linspace(-1, 1, needed)
    assert fit(spec, targets).fitted_on == needed
    with pytest.raises(
        TickerTuneError, match=rf"has {needed - 1} rows with a target and needs {needed}\. Lengthen train"
    ):
        fit(spec, targets[1:])


def test_categories_are_those_of_training_and_another_has_no_class() -> None:
    fitted = fit_categories(["B", "A", "B"])
    assert fitted.categories == ["A", "B"]
    assert category_codes(fitted, ["B", "C", None, "A"]).tolist() == [1, NO_CLASS, NO_CLASS, 0]

"""Classes from targets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.fit import NO_CLASS, classify, fit
from data_pipeline.labels.registry import LABELS, label_spec
from tickertune.core.recipe import LabelConfig


@pytest.mark.parametrize("name", ["acl18", "acl18_as_published"])
def test_acl18_drops_the_band_and_keeps_its_edges(name: str) -> None:
    spec = label_spec(LabelConfig(name=name))
    fitted = fit(spec, np.array([0.5, 0.6]))
    targets = np.array([-0.0051, -0.005, -0.0049, 0.0, 0.0054, 0.0055, 0.0056, np.nan])
    assert classify(spec, fitted, targets).tolist() == [0, 0, NO_CLASS, NO_CLASS, NO_CLASS, 1, 1, NO_CLASS]
    assert fitted.fitted_on == 0


@pytest.mark.parametrize(("classes", "shares"), [(2, [0.5, 0.5]), (3, [1 / 3] * 3), (5, [0.1, 0.2, 0.4, 0.2, 0.1])])
def test_fitted_classes_have_the_wanted_shares_on_what_they_were_fitted_on(classes: int, shares: list[float]) -> None:
    spec = label_spec(LabelConfig(classes=classes))
    targets = np.random.default_rng(0).normal(size=9000)
    codes = classify(spec, fit(spec, targets), targets)
    assert np.bincount(codes) / len(codes) == pytest.approx(shares, abs=0.001)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_a_better_return_is_never_in_a_worse_class(train: list[float], targets: list[float]) -> None:
    spec = label_spec(LabelConfig(classes=5))
    codes = classify(spec, fit(spec, np.array(train)), np.sort(np.array(targets)))
    assert (np.diff(codes) >= 0).all()


def test_without_training_targets_nothing_gets_a_class() -> None:
    spec = label_spec(LabelConfig())
    assert classify(spec, fit(spec, np.array([])), np.array([1.0])).tolist() == [NO_CLASS]


def test_each_label_has_its_own_hash_and_a_changed_window_changes_it() -> None:
    hashes = {label_spec(LabelConfig(name=name)).hash for name in LABELS}
    hashes.add(label_spec(LabelConfig(horizon=5)).hash)
    hashes.add(label_spec(LabelConfig(volatility_sessions=40)).hash)
    assert len(hashes) == len(LABELS) + 2


def test_only_the_published_window_is_leaky() -> None:
    assert [name for name in LABELS if label_spec(LabelConfig(name=name)).leaky] == ["acl18_as_published"]

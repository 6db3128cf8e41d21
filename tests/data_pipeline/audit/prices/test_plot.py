"""The picture of a suspect series."""

from xml.etree import ElementTree

from data_pipeline.audit.prices.plot import plot_findings
from tests.data_pipeline.audit.prices.plant import scaled, since
from tests.data_pipeline.audit.prices.test_properties import audited, walk


def test_a_plot_is_one_svg_that_depends_on_the_series_alone() -> None:
    table = scaled(walk(1), since(80), 0.5)
    found = audited(table)
    drawn = plot_findings(table, found, "A")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert drawn == plot_findings(table.reverse(), found, "A")
    assert drawn != plot_findings(table, found.clear(), "A")

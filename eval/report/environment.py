"""How templates become pages: every text escaped, every name known."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """The pages' templates."""
    return Environment(
        loader=PackageLoader("eval.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

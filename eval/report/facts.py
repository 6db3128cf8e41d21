"""What a run says of itself, as names and short values for readers."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from eval.report.collect import RunView, Stage, World
from eval.report.layout import title_of
from tickertune.core.run import PACKAGES

Facts = list[tuple[str, str]]
AMOUNTS = ("samples", "steps", "tokens", "prompt_tokens", "seconds", "stage_seconds")
"""Facts of a stage that stand in the table of work instead."""
_LABEL = (
    "name",
    "horizon",
    "classes",
    "target",
    "event",
    "market_adjusted",
    "volatility_sessions",
    "source",
    "protocol",
)
MAX_FACT = 120
"""Longest value that a list of facts shows."""
_COUNTED_ELSEWHERE = ("documents dropped ", "samples ")


def flat(values: Mapping[str, Any], before: str = "") -> Facts:
    """Flatten nested values into ``a b c`` names, in the order given; lists are joined."""
    facts: Facts = []
    for key, value in values.items():
        name = f"{before} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            facts += flat(value, name)
        else:
            facts.append((name, text_of(value)))
    return facts


def text_of(value: Any) -> str:
    """A value for readers: thousands separated, floats short, hashes cut, lists joined."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, str):
        return value if len(value) != 64 else f"{value[:12]}\N{HORIZONTAL ELLIPSIS}"
    if isinstance(value, Iterable):
        return ", ".join(text_of(item) for item in value)
    return str(value)


def run_facts(run: RunView) -> Facts:
    """What a reader needs to repeat the run."""
    model = run.recipe.get("model", {})
    revision = model.get("revision")
    versions = run.facts.get("versions", {})
    started = str(run.facts.get("started_at", "")).replace("T", " ").replace("+00:00", " UTC")
    stated = [
        ("started", started),
        ("model", f"{model.get('name', '')}{f' at {revision}' if revision else ''}"),
        ("seed", str(run.facts.get("seed", ""))),
        ("git commit", str(run.facts.get("git_commit") or "outside a checkout")),
        ("versions", ", ".join(f"{name} {versions[name]}" for name in PACKAGES if name in versions)),
    ]
    return [(name, value) for name, value in stated if value]


def data_facts(world: World) -> Facts:
    """Source, label, split and counts of a data set."""
    info = world.info
    if info is None:
        return []
    facts: Facts = [("source", info.source_kind), ("licences", text_of(info.licences))]
    facts += _recipe_facts(world.recipe)
    facts += [
        (f"label {name}".replace("_", " "), text_of(info.scored_label[name]))
        for name in _LABEL
        if name in info.scored_label
    ]
    facts += [(f"fitted {name}", value) for name, value in flat(info.fitted)]
    if info.zone is not None:
        facts += [("exchange time", info.zone), ("price basis", text_of(info.price_basis))]
        facts += [
            ("samples with later text", _share(info.leak_share)),
            ("in the dead band", _share(info.dead_band_share)),
        ]
    facts += [(name, value) for name, value in flat(info.counts) if not name.startswith(_COUNTED_ELSEWHERE)]
    if info.ceiling:
        facts.append(("best reachable", ", ".join(f"{name} {value:.3f}" for name, value in info.ceiling.items())))
    hashes = {"split": info.split_hash, "label": info.label_hash, "prompt": info.prompt_hash}
    return facts + [(f"{name} hash", text_of(value)) for name, value in hashes.items()]


def data_notes(world: World) -> list[str]:
    """Sentences about the data: what its source says, what the label is, what the build checked."""
    if world.info is None:
        return []
    label = str(world.info.scored_label.get("notes", ""))
    checks = [f"Checked: {check.check}: {check.result}." for check in world.info.checks]
    return [*([f"Label: {label}"] if label else []), *world.info.notes, *checks]


def _recipe_facts(recipe: Mapping[str, Any]) -> Facts:
    facts: Facts = []
    if recipe.get("kind") == "sentiment":
        for part in ("train", "test"):
            sets = [f"{item['name']} x{item.get('repeat', 1)}" for item in recipe.get(part, [])]
            facts.append((f"{part} sets", text_of(sets)))
    if "signal" in recipe.get("source", {}):
        facts.append(("planted signal", text_of(float(recipe["source"]["signal"]))))
    split = recipe.get("split")
    if split:
        spans = (("train", "train_start", "train_end"), ("validation", "train_end", "validation_end"))
        for name, start, end in (*spans, ("test", "test_start", "test_end")):
            if split[start] != split[end]:
                last = date.fromisoformat(str(split[end])) - timedelta(days=1)
                facts.append((name, f"{split[start]} to {last}"))
    return facts


def account_facts(world: World) -> Facts:
    """What the cash account could not do as ordered, by portfolio; fills as ordered are left out."""
    return [
        (title_of(name), ", ".join(f"{what.replace('_', ' ')} {number:,}" for what, number in told.items()))
        for name, counts in world.portfolio.counts.items()
        if (told := {what: number for what, number in counts.items() if what != "fills_order"})
    ]


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"


def stage_facts(stage: Stage) -> Facts:
    """What a training stage reported about itself, the amounts of work aside."""
    state = [] if stage.finished else [("state", "not finished")]
    # "base" is a path of the machine that trained; "model" names it for everybody.
    told = {key: value for key, value in stage.facts.items() if key not in (*AMOUNTS, "base")}
    return state + [(name, value) for name, value in flat(told) if value and len(value) < MAX_FACT]


def scoring_facts(world: World) -> Facts:
    """How the checkpoints were scored, and the fingerprints of what was."""
    stored = {name: world.meta.get("predictors", {}).get(name, {}) for name in world.rows.checkpoints()}
    facts: Facts = []
    if shots := world.meta.get("shots"):
        counts = ", ".join(f"{label} {count}" for label, count in shots["labels"].items())
        drawn = f"{shots['count']} shots of the train split ({counts}), seed {shots['seed']}"
        facts.append(("examples before each prompt", f"{drawn}, hash {text_of(shots['hash'])}"))
    for key in ("backend", "dtype", "parser_version"):
        found = list(dict.fromkeys(str(told[key]) for told in stored.values() if key in told))
        if found:
            facts.append((key.replace("_", " "), text_of(found)))
    facts += [
        (f"fingerprint of {title_of(name)}", text_of(told["fingerprint"]))
        for name, told in stored.items()
        if "fingerprint" in told
    ]
    return facts

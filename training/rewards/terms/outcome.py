"""Terms that compare what an answer says with what happened.

The values of ``accuracy``, ``class_bonus`` and ``magnitude`` are those of RETuning's code (2025), the matrix that of
Trading-R1 (2025); ``brier`` and ``log_score`` are proper scoring rules (Gneiting and Raftery, 2007).
"""

import numpy as np
from numpy.typing import NDArray

from training.rewards.batch import Batch, Floats
from training.rewards.terms.settings import Settings

CORRECT, NEAR_BOUNDARY, WRONG, MISSING = 2.0, 1.8, -1.5, -2.0
BOUNDARY_BAND = 0.005
"""Half a percentage point: so near to a class boundary, the class on its other side is almost right."""
POINT = 0.01
SLACK = 1e-9
"""Of a return: a distance that is the limit but for rounding lies within it."""


def accuracy(batch: Batch, settings: Settings) -> Floats:
    """Correct +2; the neighbouring class +1.8 near its boundary; wrong -1.5; no label -2.

    Near is a true return within half a percentage point of the boundary between the two (more than two classes only).
    """
    value = np.where(batch.right, CORRECT, np.where(_near_boundary(batch, settings), NEAR_BOUNDARY, WRONG))
    return np.where(batch.parsed, value, MISSING)


def _near_boundary(batch: Batch, settings: Settings) -> NDArray[np.bool_]:
    classes, cuts = len(batch.task.labels), np.array(settings.cut_points, dtype=np.float64)
    if classes == 2 or len(cuts) != classes - 1:
        return np.zeros(len(batch), dtype=bool)
    said, true, outcomes = batch.said, batch.outcomes.label, batch.outcomes
    between = cuts[np.clip(np.minimum(said, true), 0, len(cuts) - 1)]
    if settings.cuts_scaled:
        distance = np.abs(outcomes.ret_scaled - between) * outcomes.volatility
    else:
        distance = np.abs(outcomes.move - between)
    near: NDArray[np.bool_] = batch.parsed & (np.abs(said - true) == 1) & (distance <= BOUNDARY_BAND + SLACK)
    return near


def class_bonus(batch: Batch, settings: Settings) -> Floats:
    """A bonus for a correct answer, by whether its class takes a position; otherwise 0."""
    bonus = settings.terms.class_bonus
    task = batch.task
    paid = [bonus.hold if task.has_positions and task.position(label) == 0 else bonus.move for label in task.labels]
    return np.where(batch.right, np.array(paid)[batch.outcomes.label], 0.0)


def magnitude(batch: Batch, settings: Settings) -> Floats:
    """How near the stated return is to the true one.

    No stated return -2; the wrong sign on a large move -2; else an error below one percentage point +1, below five 0.5,
    otherwise the right side 0.3, the wrong one 0.1.
    """
    stated, true = batch.move, batch.outcomes.move
    error = np.abs(stated - true)
    same_side = (np.sign(stated) == np.sign(true)) & batch.parsed
    value = np.select([error < POINT - SLACK, error < 5 * POINT - SLACK, same_side], [1.0, 0.5, 0.3], 0.1)
    worst = ((stated * true < 0) & (np.abs(true) >= settings.terms.magnitude.large_move - SLACK)) | np.isnan(stated)
    return np.where(np.isnan(true), np.nan, np.where(worst | ~batch.parsed, MISSING, value))


def decision_matrix(batch: Batch, settings: Settings) -> Floats:
    """The matrix at (answer, truth)."""
    matrix = settings.terms.decision_matrix
    rows = np.array(matrix.rows, dtype=np.float64)
    return np.where(batch.parsed, rows[np.maximum(batch.said, 0), batch.outcomes.label], matrix.unparsed)


def brier(batch: Batch, settings: Settings) -> Floats:
    """Minus half the sum of squared errors of the label probabilities, in [-1, 0]; none stated -1.

    The stated probability is the answered label's, and the other labels share the rest: with two labels this is minus the
    squared error. Naming a label that is surely wrong with probability 0 therefore tells little and earns little.
    """
    stated, others = batch.probability, len(batch.task.labels) - 1
    rest = (1 - stated) / others
    missed_others = np.where(batch.right, others * rest**2, (1 - rest) ** 2 + (others - 1) * rest**2)
    errors = np.where(batch.right, (1 - stated) ** 2, stated**2) + missed_others
    return np.where(batch.parsed & ~np.isnan(stated), -errors / 2, -1.0)


def log_score(batch: Batch, settings: Settings) -> Floats:
    """Logarithm of the probability given to the true label, bounded from below; none stated: the bound.

    The stated probability counts within bounds that leave every label the least one. Were the other labels' share raised to it
    instead, a label that is nearly sure would better be stated as quite sure, and the rule not be proper.
    """
    others = len(batch.task.labels) - 1
    least = min(settings.terms.least_probability, 1 / (others + 1))
    stated = np.clip(batch.probability, least, 1 - others * least)
    of_truth = np.where(batch.right, stated, (1 - stated) / others)
    given = np.where(batch.parsed & ~np.isnan(stated), np.maximum(of_truth, least), least)
    logged: Floats = np.log(given)
    return logged

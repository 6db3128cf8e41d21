"""Reading of replies: the decision, what is stated beside it, and the argument before it.

Pure functions, linear in the length of the text (a quote is compared with each place of its prompt, so with at most 600 letters there);
what is longer than ``MAX_CHARS`` is not read.
"""

from tickertune.core.answers.argument import Arguments, Claim, different_words
from tickertune.core.answers.reply import MAX_CHARS, Answer, read_reply, tagged_reply
from tickertune.core.answers.statements import read_move, read_position, read_probability, read_scores

__all__ = [
    "MAX_CHARS",
    "Answer",
    "Arguments",
    "Claim",
    "different_words",
    "read_move",
    "read_position",
    "read_probability",
    "read_reply",
    "read_scores",
    "tagged_reply",
]

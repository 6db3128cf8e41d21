"""What engines answered, kept on disk as it came: nothing is scored twice, and a kill loses one chunk at most."""

from eval.results.asks import Answer, Ask, LabelScores, LabelSums, Replies, Rewards, label_ask
from eval.results.merging import Merged, merge
from eval.results.store import Ledger, RawResult, ResultStore, Setting
from eval.results.trials import Trial, count_trials, note_trial, trials_of

__all__ = [
    "Answer",
    "Ask",
    "LabelScores",
    "LabelSums",
    "Ledger",
    "Merged",
    "RawResult",
    "Replies",
    "ResultStore",
    "Rewards",
    "Setting",
    "Trial",
    "count_trials",
    "label_ask",
    "merge",
    "note_trial",
    "trials_of",
]

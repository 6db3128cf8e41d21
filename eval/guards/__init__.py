"""Guards: does a score mean what it seems to mean? Checks of prompts, data and answers, and reruns on changed prompts."""

from eval.guards.case import Case, Subject
from eval.guards.result import GuardResult, read_guards
from eval.guards.run import run_guards

__all__ = ["Case", "GuardResult", "Subject", "read_guards", "run_guards"]

"""A leaderboard of a folder of runs: like beside like, each with its interval, and what could not be read by name."""

from eval.leaderboard.entries import Entry, Found, Unread, find_entries
from eval.leaderboard.ranking import Board, Placed, leaderboard
from eval.leaderboard.render import render, write_board

__all__ = ["Board", "Entry", "Found", "Placed", "Unread", "find_entries", "leaderboard", "render", "write_board"]

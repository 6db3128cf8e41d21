"""Decisions to positions, fills at the label's own entry, costs, and what is left of it.

The book is market-neutral and needs no prices but the labels' own returns. At each session every sample with a decision gets
the weight of the recipe's policy, by default ``position / samples of the session`` (an undecided sample's share stays in cash),
is filled at the open that the label enters at, is hedged with the market that the label subtracts, and is closed at the
label's exit.

What is charged: every change of weight, of the stocks *and* of the hedge, each side at ``cost_bps``; the first
purchase and the last sale too. The hedge is one basket of weight minus the book's net weight, so that longs and
shorts hedge each other first. What is not charged: borrowing fees, financing, taxes, market impact, and
rebalancing within the hedge basket. Net figures are therefore an upper bound of what could have been earned.

The account (``eval.portfolio.account``) trades the same decisions on daily bars, with cash, stops, delistings and
borrowing fees; ``eval.portfolio.study`` puts both beside their baselines. docs/portfolio.md tells all of it.
"""

from eval.portfolio.accounting import Ledger, backtest, buy_and_hold
from eval.portfolio.rows import portfolio_rows

__all__ = ["Ledger", "backtest", "buy_and_hold", "portfolio_rows"]

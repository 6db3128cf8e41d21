"""Rewards: pure terms of a parsed answer and what the market then did, composed by weights, and adapted to TRL."""

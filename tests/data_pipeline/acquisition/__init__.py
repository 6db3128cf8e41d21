"""Tests of acquisition against a real local server."""

"""Tests of this family of sources."""

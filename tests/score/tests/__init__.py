"""Tests of the scorer: `python -m pytest tests/score`."""

"""Machines that try to break the promises, a folder each: `python -m tests.machines` runs them and counts."""

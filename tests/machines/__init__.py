"""Machines that try to break the promises, one module each: `python -m tests.machines` runs them and counts."""

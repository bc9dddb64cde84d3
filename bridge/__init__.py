"""Keeps Rootly incidents and PagerTree alerts in step, both ways."""

__version__ = "0.1.0"

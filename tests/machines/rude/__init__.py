"""Slow and rude clients, and requests that two readers could read in two ways."""

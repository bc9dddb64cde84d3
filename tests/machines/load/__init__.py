"""Load that is held, bursts, and long days."""

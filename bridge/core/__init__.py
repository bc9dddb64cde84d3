"""Judgement: pure functions. Time, chance, templates and the network come in as arguments."""

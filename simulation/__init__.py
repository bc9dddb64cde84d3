"""Whole bridges in virtual time between simulated vendors: a seed draws troubles, people and faults; see __main__."""

"""Whether every row of a bad day answers for itself."""

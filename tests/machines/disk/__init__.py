"""A disk that fails, and files that are damaged."""

"""Small mistakes in the core, and whether a test notices."""

"""Several bridges on one store."""

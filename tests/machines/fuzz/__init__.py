"""What no sender should send."""

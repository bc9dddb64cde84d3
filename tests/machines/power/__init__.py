"""What a disk may hold when the power fails."""

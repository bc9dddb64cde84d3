"""What the bridge says of its own doors, held against what they do."""

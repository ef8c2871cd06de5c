"""What becomes of a message that is not in order, and what its sender is told."""

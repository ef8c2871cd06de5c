"""Says whether a message may pass, and writes down that it said so. Meets the others only in contracts."""

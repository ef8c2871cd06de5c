"""Units of what starts, shows and copies a system on one machine."""

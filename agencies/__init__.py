"""One adapter for each kind of agency, all of the same shape: between an agency's own system and the broker."""

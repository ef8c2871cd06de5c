"""A specialist project: its mapping, and the adapter's start for it."""

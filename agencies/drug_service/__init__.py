"""A drug service: its mapping, and the adapter's start for it."""

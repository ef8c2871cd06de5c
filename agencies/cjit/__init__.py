"""A criminal justice intervention team: its mapping, and the adapter's start for it."""

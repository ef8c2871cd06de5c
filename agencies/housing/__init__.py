"""A housing agency: its mapping, and the adapter's start for it."""

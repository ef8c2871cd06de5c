"""A police force: its mapping, and the adapter's start for it."""

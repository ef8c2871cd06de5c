"""Agreements between agencies: who signs them, what a change needs, and when it counts."""

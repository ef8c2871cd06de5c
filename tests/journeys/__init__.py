"""Journeys: the whole system, as people meet it."""

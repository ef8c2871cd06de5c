"""The tamper-evident log, away from any server."""

"""The consent service from the inside: its protocol file, its answers, its store."""

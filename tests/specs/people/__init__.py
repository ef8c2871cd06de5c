"""Whom a message is about: people are told apart and put together, episodes and contacts never are."""

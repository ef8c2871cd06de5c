"""Recognising a person without names: tokens in, "same", "possibly" or "not known" out."""

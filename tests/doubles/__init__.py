"""Stand-ins that pass the same tests as what they stand for; nothing shipped can reach them."""

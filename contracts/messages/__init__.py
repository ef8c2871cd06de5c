"""What is said in each conversation: one file a conversation, frozen models, append-only."""

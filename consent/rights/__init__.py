"""What she may ask of the partnership about herself, and what an officer does about it (UK GDPR articles 15 to 21)."""

"""Bad messages, made by the thousand, and what must become of each."""

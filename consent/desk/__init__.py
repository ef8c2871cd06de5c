"""The officers' desk, from the terminal until there are pages."""

"""The protocol at an officer's desk: proved, compared, explained, tried out and drawn. Nothing here is asked in service."""

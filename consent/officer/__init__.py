"""What an officer signs about the protocol, from the terminal: agreements between agencies, and the tables all share."""

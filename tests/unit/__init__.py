"""One module at a time, nothing started."""

"""The steps by which the broker's tables came to be, oldest first; one file a step, never changed afterwards."""

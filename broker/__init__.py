"""Takes a message from one agency and puts it in another's inbox, or says why not."""

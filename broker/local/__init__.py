"""The whole system on one machine: starts its programs, waits for them, stops them; imports none of them."""

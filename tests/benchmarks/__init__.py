"""How fast it is, measured beside relays that check nothing. Started by `./run bench`; never part of `./run test`."""

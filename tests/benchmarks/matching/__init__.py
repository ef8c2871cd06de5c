"""What ``./run bench matching`` is made of: a crowd, its tokens, the broker's half, and a peer beside it."""

"""After any history nothing is delivered that a fresh decision would refuse (invariants V6, V9 and V16).

A history is what happens to one woman's messages: she says yes, no, takes it back; messages are sent, sent again, returned from
the dead queue, approved, refused, picked up late; around them the clock, the protocol and the keys change and programs die.
"""

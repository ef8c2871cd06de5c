"""May this message pass? Each rule with its cases."""

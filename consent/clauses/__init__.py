"""The protocol's clauses: what officers wrote (``*.yaml``), and one small pure function for each clause that is judged."""

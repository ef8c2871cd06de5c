"""The log: what the consent service decided and did, in an order that nobody can change unseen."""

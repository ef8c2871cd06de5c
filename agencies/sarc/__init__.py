"""A sexual assault referral centre: its mapping, and the adapter's start for it."""

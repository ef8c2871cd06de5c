"""What agencies and services say to each other, and the locks on it. Imports nothing of ours."""

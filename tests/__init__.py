"""Everything that shows the broker does what it says."""

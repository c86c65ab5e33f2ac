"""What happens after an act: jobs that it left behind, and the hub's own housekeeping."""

"""The page of the schedule, for the admin."""

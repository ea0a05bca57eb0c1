"""The pages of the schedule, for viewers."""

"""People: registered accounts with a login. The admin is the first."""

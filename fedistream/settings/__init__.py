"""What an admin may change while the node runs: the table of settings, and the service that stores their values."""

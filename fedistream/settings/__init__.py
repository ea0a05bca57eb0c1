"""Settings: what the admin may change while the node runs. The table of settings, and the service that stores their
values."""

"""Our own API for the admin and for moderators: what no other server has, below Owncast's paths and in its shapes."""

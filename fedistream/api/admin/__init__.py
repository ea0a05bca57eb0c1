"""Our own API for the admin and for moderators: calls that Owncast lacks, below its paths and in its format."""

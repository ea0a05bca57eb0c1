"""Featured streams: the channels of other servers that are listed here, and announcing ours to servers that list it."""

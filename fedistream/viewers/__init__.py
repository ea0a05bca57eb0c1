"""Who is watching: counted in memory, gone with the process."""

"""Activities and objects. `activity` reads them from other servers, `compose` writes our own, `objects` does both."""

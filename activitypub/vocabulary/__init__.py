"""Activities and objects. `activity` reads what strangers send, `objects` both ways, `compose` writes what we send."""

"""`python -m fedistream` is the command `fedistream`."""

from fedistream.app.cli import main

main(prog_name="fedistream")

"""`python -m fedistream` is the command `fedistream`."""

from fedistream.cli import main

main(prog_name="fedistream")

"""The command `fedistream`, also as `python -m fedistream`."""

from fedistream.app.early_signals import obey

obey()

from fedistream.app.cli import main  # noqa: E402 - its imports take a while, in which a signal must be obeyed


def run() -> None:
    main(prog_name="fedistream")


if __name__ == "__main__":
    run()

"""`nntrain` and `python -m nntrain`."""

from nntrain.signals import obey

# before click and NumPy are imported: an interrupt during start-up ends quietly with the right code, too
obey()


def run() -> None:
    """Entry point of the console script."""
    from nntrain.cli import main

    main(prog_name="nntrain")


if __name__ == "__main__":
    run()

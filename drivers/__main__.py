"""The command `drivers`, also as `python -m drivers`: what holds around every command, even while libraries load."""

import signal
import sys
import warnings
from types import FrameType


def main() -> None:
    """Run the command line.

    Raises
    ------
    SystemExit
        With the command's exit code; after Ctrl-C, at whatever moment it comes, with 130 and a line that says so.
    """
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        """Note the signal `number` that came in `frame`, and interrupt what runs."""
        pressed.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it ignored
        signal.signal(signal.SIGINT, press)
    if any(option.startswith("e") for option in sys.warnoptions):
        warnings.simplefilter("default")  # -W error is for scripts; a library's warning must not end a command
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # letters a terminal or pipe cannot take become escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        from drivers.cli.app import app

        app(prog_name="drivers")
    except BaseException as end:  # libraries hand a Ctrl-C on as what they like; DuckDB makes it a RuntimeError
        finished = isinstance(end, SystemExit) and not end.code
        if pressed and not finished:
            _stop()
        raise


def _stop() -> None:
    """End with a line and exit code 130."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt tidying up
    exec("")  # noqa: S102 - else Python ends by signal, not with 130, when Ctrl-C came inside an exec()
    print("stopped; nothing was left half-written", file=sys.stderr)
    sys.exit(130)


if __name__ == "__main__":
    main()

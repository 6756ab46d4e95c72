"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Ctrl-C is heard: jobs that a shell started in the background ignore it, and so would all that they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

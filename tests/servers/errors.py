class MissingServerError(Exception):
    """No server for the tests can be had on this machine; the message says what to install, in one line."""

"""The one error of the embedded servers, and the remedy that most of its messages end with."""

INSTALL = "install streaming-fraud-detector[demo] on Linux or macOS, or use a Kafka and a Redis of your own"


class EmbeddedServerError(Exception):
    """An embedded server cannot run here; the message says why and what to do, in one line."""

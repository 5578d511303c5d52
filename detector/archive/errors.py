"""What can go wrong with the archive, in words for whoever can mend it."""


class ArchiveError(Exception):
    """The archive cannot be used as it is; the text is one line and names no user and no secret."""

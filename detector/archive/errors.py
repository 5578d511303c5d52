"""What can go wrong with the archive, in words for whoever can mend it."""


class ArchiveError(Exception):
    """The archive cannot do what it is asked; the text has one line for each reason, and no secret."""

"""The frauds of the scenario set, one module each, whose docstring names the roles of its events."""

from detector.simulate.case import Kind
from detector.simulate.frauds.no_password_burst import NO_PASSWORD_BURST

KINDS: tuple[Kind, ...] = (NO_PASSWORD_BURST,)

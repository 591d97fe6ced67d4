"""The audience context's projections."""

from projections.audience.audiences import AUDIENCES

PROJECTIONS = (AUDIENCES,)

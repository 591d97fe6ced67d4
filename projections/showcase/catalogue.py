"""The showcase context's projections."""

from projections.showcase.offers import OFFERS

PROJECTIONS = (OFFERS,)

"""The catalogue context's projections."""

from projections.catalogue.media import MEDIA_IN_USE
from projections.catalogue.products import PRODUCTS

PROJECTIONS = (PRODUCTS, MEDIA_IN_USE)

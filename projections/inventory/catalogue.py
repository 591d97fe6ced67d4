"""The inventory context's projections."""

from projections.inventory.stock import STOCK

PROJECTIONS = (STOCK,)

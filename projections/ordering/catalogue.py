"""The ordering context's projections."""

from projections.ordering.orders import ORDERS

PROJECTIONS = (ORDERS,)

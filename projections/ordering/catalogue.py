"""The ordering context's projections."""

from projections.ordering.carts import CARTS
from projections.ordering.claims import CLAIMS
from projections.ordering.coupons import COUPONS
from projections.ordering.item_sales import ITEM_SALES
from projections.ordering.orders import ORDERS
from projections.ordering.sales import SALES_MINUTES, SHOW_SALES

PROJECTIONS = (CARTS, ORDERS, CLAIMS, COUPONS, ITEM_SALES, SHOW_SALES, SALES_MINUTES)

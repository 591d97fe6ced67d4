"""The identity context's projections."""

from projections.identity.accounts import ACCOUNTS

PROJECTIONS = (ACCOUNTS,)

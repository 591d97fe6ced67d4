"""The streaming context's projections."""

from projections.streaming.broadcasts import BROADCASTS
from projections.streaming.live_streams import LIVE_STREAMS

PROJECTIONS = (LIVE_STREAMS, BROADCASTS)

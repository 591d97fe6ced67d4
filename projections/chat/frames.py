"""Durable facts of a room as frames: what goes to those in the room, in order, each once.

A frame is encoded here once for everybody. Pure: carrying frames to processes and to viewers is
infrastructure's and the realtime edge's work.
"""

import msgspec


class RoomFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One JSON object for a room's viewers, and what the edge must know of it.

    `room` is the live stream's id. `body` is the object, its `position` in it; `kind` is its
    `type`. `user_id` is whom it concerns: who said a message, who is muted or banned. `stands`:
    never left out of a sample. `sent_us` is UTC microseconds since 1970. `hidden`: the edge learns
    from it and shows it to nobody but `user_id`, where that is given.
    """

    room: str
    position: int
    kind: str
    body: msgspec.Raw
    sent_us: int
    user_id: str = ""
    stands: bool = False
    hidden: bool = False


class FeedBatch(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All rooms' frames of the log's positions beyond `after` up to `upto`, in order.

    `erased` are persons whose data is gone as of here. `incomplete`: the frames are not in it,
    since there were too many; whoever shows a room reads it anew.
    """

    after: int
    upto: int
    frames: tuple[RoomFrame, ...] = ()
    erased: tuple[str, ...] = ()
    incomplete: bool = False

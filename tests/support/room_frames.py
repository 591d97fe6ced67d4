"""Frames of a room, as the feed brings them."""

import msgspec

from projections.chat.frames import RoomFrame

ROOM = "01999999-0000-7000-8000-000000000001"


def message(position: int, user_id: str = "u1", *, text: str = "", **known: bool) -> RoomFrame:
    """`known`: `stands`, `leads`."""
    body = {
        "type": "message", "id": f"m{position}", "user": {"id": user_id}, "text": text,
        "reply_to": None, "position": position,
    }  # fmt: skip
    return _frame(position, "message", body, user_id=user_id, **known)


def removed(position: int, of: int, user_id: str = "u1") -> RoomFrame:
    body = {"type": "message_removed", "id": f"m{of}", "position": position}
    return _frame(position, "message_removed", body, user_id=user_id)


def muted(position: int, user_id: str = "u1") -> RoomFrame:
    body = {
        "type": "muted", "user_id": user_id, "until": "2026-01-01T00:00:00Z", "position": position
    }  # fmt: skip
    return _frame(position, "muted", body, user_id=user_id, hidden=True)


def banned(position: int, user_id: str) -> RoomFrame:
    body = {"type": "banned", "user_id": user_id, "position": position}
    return _frame(position, "banned", body, user_id=user_id, hidden=True)


def pinned(position: int, message_id: str | None, user_id: str = "") -> RoomFrame:
    message = None if message_id is None else {"id": message_id}
    body = {"type": "pinned", "message": message, "position": position}
    return _frame(position, "pinned", body, user_id=user_id)


def status(position: int, word: str = "live") -> RoomFrame:
    body = {"type": "stream", "status": word, "position": position}
    return _frame(position, "stream", body)


def _frame(position: int, kind: str, body: dict[str, object], **known: object) -> RoomFrame:
    raw = msgspec.Raw(msgspec.json.encode(body))
    return msgspec.convert(
        {"room": ROOM, "position": position, "kind": kind, "body": raw, "sent_us": 0, **known},
        RoomFrame,
    )


def positions(frames: list[RoomFrame]) -> list[int]:
    return [frame.position for frame in frames]

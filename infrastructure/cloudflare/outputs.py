"""Simulcast outputs as Cloudflare writes them. Their stream keys are secret."""

import msgspec

from application.ports import OutputTarget, ProviderUnavailable


class Output(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    uid: str
    url: str = ""
    stream_key: str | None = None
    enabled: bool = True

    def __repr__(self) -> str:
        return f"Output({self.uid})"

    def sends_to(self, target: OutputTarget) -> bool:
        """Many channels of one service share a url: the key tells them apart where it is given."""
        return self.url == target.url and self.stream_key in {None, "", target.stream_key}


def output(result: bytes) -> Output:
    try:
        return msgspec.json.decode(result, type=Output)
    except msgspec.MsgspecError:  # `from None`: its frames hold the answer
        raise ProviderUnavailable("Cloudflare's output could not be read") from None


def output_to(target: OutputTarget, result: bytes) -> Output | None:
    """The listed output that sends there already."""
    try:
        listed = msgspec.json.decode(result, type=list[Output])
    except msgspec.MsgspecError:
        raise ProviderUnavailable("Cloudflare's list of outputs could not be read") from None
    return next((each for each in listed if each.sends_to(target)), None)

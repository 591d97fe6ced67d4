"""Checks AWS Signature Version 4 on headers and on presigned queries.

Source: "Signature Version 4 signing process", Amazon S3 API reference. Written apart from
botocore, so that botocore's signatures prove it.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import msgspec

from infrastructure.simulators.r2.errors import S3Error

UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_REGIONS = {"auto", "us-east-1", ""}
_SKEW = timedelta(minutes=15)
_LONGEST = 604_800
_SAFE = "-_.~"


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came: `path` and `query` still encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    def parameters(self) -> dict[str, str]:
        return dict(_pairs(self.query))


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What the request says about its own signature."""

    credential: str
    signed_headers: str
    signature: str
    moment: str
    payload: str
    query: str


def check_signature(request: SignedRequest, *, key_id: str, secret: str, now: datetime) -> str:
    """The payload hash that was signed. Raises `S3Error`."""
    if "x-amz-signature" in {name.lower() for name in request.parameters()}:
        claim = _presigned(request, now)
    else:
        claim = _in_header(request, now)
    _check_headers(request, claim)
    expected = _signature(request, claim, _scope(claim, key_id), secret)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise S3Error(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
        )
    return claim.payload


def _in_header(request: SignedRequest, now: datetime) -> _Claim:
    scheme, _, fields = request.headers.get("authorization", "").partition(" ")
    if scheme != _ALGORITHM:
        raise S3Error(400, "InvalidArgument", "Authorization must be AWS4-HMAC-SHA256")
    parts = dict(_field(one) for one in fields.split(","))
    moment = request.headers.get("x-amz-date", "")
    if abs(_parse(moment) - now) > _SKEW:
        raise S3Error(403, "RequestTimeTooSkewed", "The request time differs too much from ours.")
    payload = request.headers.get("x-amz-content-sha256", "")
    if not payload:
        raise S3Error(400, "InvalidRequest", "Missing required header x-amz-content-sha256")
    return _Claim(
        credential=parts.get("Credential", ""),
        signed_headers=parts.get("SignedHeaders", ""),
        signature=parts.get("Signature", ""),
        moment=moment,
        payload=payload,
        query=_canonical_query(request.query),
    )


def _presigned(request: SignedRequest, now: datetime) -> _Claim:
    parameters = request.parameters()
    if parameters.get("X-Amz-Algorithm") != _ALGORITHM:
        raise _bad_query("X-Amz-Algorithm only supports AWS4-HMAC-SHA256")
    life = parameters.get("X-Amz-Expires", "")
    if not life.isdecimal() or not 1 <= int(life) <= _LONGEST:
        raise _bad_query("X-Amz-Expires must be between 1 and 604800 seconds")
    moment = parameters.get("X-Amz-Date", "")
    signed_at = _parse(moment)
    if signed_at - now > _SKEW:
        raise S3Error(403, "RequestTimeTooSkewed", "The request was signed in the future.")
    if now > signed_at + timedelta(seconds=int(life)):
        raise S3Error(400, "ExpiredRequest", "Request has expired")
    return _Claim(
        credential=parameters.get("X-Amz-Credential", ""),
        signed_headers=parameters.get("X-Amz-SignedHeaders", ""),
        signature=parameters.get("X-Amz-Signature", ""),
        moment=moment,
        payload=UNSIGNED,
        query=_canonical_query(request.query),
    )


def _check_headers(request: SignedRequest, claim: _Claim) -> None:
    """`host`, and every x-amz header that is sent, must be under the signature."""
    signed = set(claim.signed_headers.split(";"))
    needed = {name for name in request.headers if name.startswith("x-amz-")} | {"host"}
    if not needed <= signed:
        raise S3Error(
            403, "AccessDenied", "There were headers present in the request which were not signed"
        )


def _scope(claim: _Claim, key_id: str) -> str:
    sent_id, _, scope = claim.credential.partition("/")
    if not hmac.compare_digest(sent_id.encode(), key_id.encode()):
        raise S3Error(403, "InvalidAccessKeyId", "The access key id you provided is not known.")
    match scope.split("/"):
        case [day, region, "s3", "aws4_request"] if region in _REGIONS and day == claim.moment[:8]:
            return scope
    raise S3Error(400, "InvalidRequest", "The credential scope is not valid")


def _signature(request: SignedRequest, claim: _Claim, scope: str, secret: str) -> str:
    canonical = "\n".join(
        (
            request.method,
            quote(unquote(request.path), safe="/" + _SAFE),
            claim.query,
            _canonical_headers(request, claim.signed_headers),
            claim.signed_headers,
            claim.payload,
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, "\n".join((_ALGORITHM, claim.moment, scope, digest))).hex()


def _canonical_headers(request: SignedRequest, signed: str) -> str:
    """A signed header that was not sent counts as empty, and so spoils the signature."""
    lines = (
        f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed.split(";")
    )
    return "\n".join(lines) + "\n"


def _canonical_query(query: str) -> str:
    kept = [pair for pair in _pairs(query) if pair[0] != "X-Amz-Signature"]
    encoded = sorted((quote(name, safe=_SAFE), quote(value, safe=_SAFE)) for name, value in kept)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _pairs(query: str) -> list[tuple[str, str]]:
    split = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in split]


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.strip().partition("=")
    return name, value


def _parse(moment: str) -> datetime:
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise S3Error(403, "AccessDenied", "The request has no valid date") from None


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _bad_query(message: str) -> S3Error:
    return S3Error(400, "AuthorizationQueryParametersError", message)

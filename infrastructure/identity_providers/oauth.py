"""OAuth 2.0 as a confidential client (RFC 6749) with PKCE (RFC 7636).

Authlib writes the addresses and the requests; our own HTTP client carries them, for Authlib's own
has turned from httpx to another library and warns whoever has not (authlib issue 904).
"""

from collections.abc import Callable, Mapping
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request

from application.identity.ports import AuthorizationCode, AuthorizationRequest, SignInRefused
from application.ports import ProviderUnavailable
from infrastructure.identity_providers.calls import Answer, ProviderCalls

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# RFC 6749 §5.2. Any other word is the provider's own, and might hold anything.
_ERRORS = frozenset(
    {
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)


class OAuthClient:
    """Our registration at one provider. `secret` is asked for anew each time: Apple's runs out."""

    def __init__(
        self, calls: ProviderCalls, *, client_id: str, secret: Callable[[], str], token_url: str
    ) -> None:
        self.client_id = client_id
        self._calls = calls
        self._secret = secret
        self._token_url = token_url

    def authorization_url(
        self, url: str, request: AuthorizationRequest, *, scope: str, **extra: str
    ) -> str:
        address: str = prepare_grant_uri(
            self._calls.address(url),
            self.client_id,
            "code",
            redirect_uri=request.redirect_uri,
            scope=scope,
            state=request.state,
            **extra,
        )
        return address

    async def redeem(self, code: AuthorizationCode, *, method: str = "POST") -> Mapping[str, Any]:
        """The token answer. Raises `SignInRefused` and `ProviderUnavailable`."""
        return await self.fetch_token(
            "authorization_code",
            method=method,
            code=code.code,
            redirect_uri=code.redirect_uri,
            code_verifier=code.code_verifier,
        )

    async def fetch_token(
        self, grant_type: str, *, method: str = "POST", url: str = "", **parameters: str
    ) -> Mapping[str, Any]:
        """Raises `SignInRefused` and `ProviderUnavailable`."""
        form = prepare_token_request(
            grant_type, client_id=self.client_id, client_secret=self._secret(), **parameters
        )
        sent: dict[str, Any] = (
            {"params": form} if method == "GET" else {"content": form, "headers": _FORM}
        )
        answer = await self._calls.send("token", method, url or self._token_url, **sent)
        return _granted(self._calls.provider, answer)


def pkce(request: AuthorizationRequest) -> dict[str, str]:
    return {"code_challenge": request.code_challenge, "code_challenge_method": "S256"}


def _granted(provider: str, answer: Answer) -> Mapping[str, Any]:
    error = answer.body.get("error")
    if error is not None or not answer.ok:
        word = error if isinstance(error, str) and error in _ERRORS else "refused"
        raise SignInRefused(f"token_{word}")
    if not answer.body:
        raise ProviderUnavailable(f"{provider}'s tokens could not be read")
    return answer.body

"""What a person sees who opens the server's address in a browser."""

from litestar import Response, get

from interfaces.http.auth import PUBLIC
from interfaces.http.pages import STYLE, home_page
from interfaces.http.request import ApiRequest
from interfaces.http.version import VERSION


@get("/", access=PUBLIC, include_in_schema=False, media_type="text/html")
async def home(request: ApiRequest) -> bytes:
    return home_page(environment=request.platform.settings.env, version=VERSION)


@get("/schema/style.css", access=PUBLIC, include_in_schema=False)
async def style() -> Response[bytes]:
    headers = {"cache-control": "public, max-age=3600"}
    return Response(STYLE, headers=headers, media_type="text/css")


ROUTES = [home, style]

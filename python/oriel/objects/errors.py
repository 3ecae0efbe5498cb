"""What is raised on purpose (src/message/errors.ts)."""

from __future__ import annotations

from typing import Optional

from .headers import Headers, HeadersInit
from .status import reason_phrase


class HttpError(Exception):
    """
    An answer with an error status, raised. Anything else that is raised is answered 500, and its text goes to the log alone.
    """

    def __init__(
        self,
        status: int,
        detail: Optional[str] = None,
        *,
        code: Optional[str] = None,
        headers: Optional[HeadersInit] = None,
    ) -> None:
        """
        @param status: 400 to 599.
        @param detail: One sentence that the client may see: what happened and what to do.
        @param code: A stable word for programs.
        @param headers: Fields that the answer must have, such as Retry-After.
        Raises ValueError for another status, or a field that is none.
        """
        if not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f'an HttpError has a status from 400 to 599, not {status!r}')
        super().__init__(detail if detail is not None else reason_phrase(status))
        self.status = status
        self.detail = detail
        self.code = code
        self.headers = Headers(headers)


class Forbidden(HttpError):
    """Raised by an authorizer (authorize.isl): this user may not. Answered 403."""

    def __init__(self, detail: Optional[str] = None, *, headers: Optional[HeadersInit] = None) -> None:
        super().__init__(403, detail, code='forbidden', headers=headers)


class AuthorizationRequired(HttpError):
    """Raised by an authorizer (authorize.isl): somebody must log in first. Answered 401 with the challenge of the scheme."""

    def __init__(self, detail: Optional[str] = None, *, headers: Optional[HeadersInit] = None) -> None:
        super().__init__(401, detail, code='authorization-required', headers=headers)


class AuthenticationFailed(Exception):
    """Raised by an authenticator (authorize.isl): no such user, or not this password."""

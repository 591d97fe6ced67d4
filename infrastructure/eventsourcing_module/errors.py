"""Our errors as the `eventsourcing` library's own, which are named as the DB-API names them."""

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from eventsourcing import persistence
from sqlalchemy import exc

from application.ports import LogUnavailable
from infrastructure.event_store.keyring import KeysUnreadable
from infrastructure.eventsourcing_module.loop_thread import LoopClosed

_OURS: tuple[tuple[type[exc.DBAPIError], type[persistence.PersistenceError]], ...] = (
    (exc.IntegrityError, persistence.IntegrityError),
    (exc.DataError, persistence.DataError),
    (exc.OperationalError, persistence.OperationalError),
    (exc.InternalError, persistence.InternalError),
    (exc.ProgrammingError, persistence.ProgrammingError),
    (exc.NotSupportedError, persistence.NotSupportedError),
    (exc.InterfaceError, persistence.InterfaceError),
)
_ROLLED_BACK_BY_MYSQL = {1213, 1205}  # deadlock, lock wait timeout


@contextmanager
def library_errors() -> Iterator[None]:
    """Raises what the library's callers expect to catch."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _library_class(error)(str(error.orig)) from error
    except LogUnavailable as error:
        raise persistence.OperationalError(f"{error}: {error.__cause__}") from error
    except (exc.TimeoutError, OSError) as error:
        raise persistence.OperationalError(str(error)) from error
    except KeysUnreadable as error:
        raise persistence.DataError(str(error)) from error
    except (LoopClosed, CancelledError) as error:
        raise persistence.InterfaceError("the infrastructure factory was closed") from error


def was_rolled_back(error: exc.DBAPIError) -> bool:
    """Whether the database undid the transaction to let another one pass."""
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    return bool(arguments) and arguments[0] in _ROLLED_BACK_BY_MYSQL


def _library_class(error: exc.DBAPIError) -> type[persistence.PersistenceError]:
    for theirs, library in _OURS:
        if isinstance(error, theirs):
            return library
    return persistence.DatabaseError

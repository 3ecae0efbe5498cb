"""Finds the application that is meant."""

from __future__ import annotations

import importlib
import os
import traceback
from typing import Any, List

from .exchange import Application

NAMES = ('application', 'app')
"""What an application is called where nobody says."""


class NotFound(Exception):
    """There is no such application. The message is for people."""


def find_application(text: str) -> Application:
    """
    @param text: `module`, `module:name`, `module:name.attribute`, or `module:factory()`.
    Raises NotFound.
    """
    module_name, _, path = text.partition(':')
    if not module_name or module_name.endswith('.py') or '/' in module_name:
        hint = module_name[:-3].replace('/', '.').strip('.') if module_name.endswith('.py') else ''
        raise NotFound(
            f'{text!r} names no module: expected module:callable'
            + (f', such as {hint}:{path or "application"}' if hint else '')
        )
    module = _load(module_name)
    if not path:
        path = next((name for name in NAMES if hasattr(module, name)), NAMES[0])
    called = path.endswith('()')
    found: Any = module
    for name in (path[:-2] if called else path).split('.'):
        if not hasattr(found, name):
            raise NotFound(f'{module_name} has no {name!r}{_candidates(module)}')
        found = getattr(found, name)
    if not callable(found):
        raise NotFound(f'{text} is no application: a {type(found).__name__} cannot be called{_candidates(module)}')
    if not called:
        return found  # type: ignore[no-any-return]
    try:
        made = found()
    except BaseException as error:
        raise NotFound(f'{_trace(error)}{text} failed') from None
    if not callable(made):
        raise NotFound(f'{text} made no application: a {type(made).__name__} cannot be called')
    return made  # type: ignore[no-any-return]


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    # SystemExit too: a module may end itself.
    except BaseException as error:
        raise NotFound(f'{_trace(error)}{_reason(name, error)}') from None


def _reason(name: str, error: BaseException) -> str:
    missing = getattr(error, 'name', None) if isinstance(error, ModuleNotFoundError) else None
    if missing is not None and (name == missing or name.startswith(f'{missing}.')):
        return f'there is no module {missing!r} in {os.getcwd()}, nor where this Python has its packages'
    if missing is not None:
        return f'{name} could not be imported: the package {missing!r} is not installed for this Python'
    return f'{name} could not be imported'


def _trace(error: BaseException) -> str:
    """The traceback, without the frames that are ours and those of the import machinery."""
    here = os.path.dirname(os.path.abspath(__file__))
    full = traceback.TracebackException.from_exception(error)
    frames = [
        frame
        for frame in full.stack
        if os.path.dirname(os.path.abspath(frame.filename)) != here
        and not frame.filename.startswith('<frozen importlib')
        and not frame.filename.endswith('importlib/__init__.py')
    ]
    full.stack = traceback.StackSummary.from_list(frames)
    return ''.join(full.format())


def _candidates(module: Any) -> str:
    """What of the module could have been meant: what is named so, what it makes itself, what others put there."""
    own: List[str] = []
    for name, value in vars(module).items():
        if name.startswith('_') or not callable(value):
            continue
        if isinstance(value, type) or getattr(value, '__module__', None) not in (module.__name__, None):
            if isinstance(value, type) or type(value).__name__ == 'function':
                continue
        own.append(name)
    return f'; it has {", ".join(sorted(own)[:10])}' if own else ''

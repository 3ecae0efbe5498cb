"""One request: the application is called, and its answer sent."""

from __future__ import annotations

import traceback
from typing import Any, Callable, Dict, Iterable

from ..fastcgi.gone import Gone
from ..fastcgi.pairs import MalformedPairs
from ..fastcgi.records import BROKEN_OFF, REQUEST_COMPLETE
from .answer import Answer, CutShort
from .complaints import Complaints
from .connection import Broken
from .content import content_of
from .files import FileWrapper
from .request import Request

Application = Callable[[Dict[str, Any], Any], Iterable[bytes]]


def template(threads: int, processes: bool) -> Dict[str, Any]:
    """
    What all requests have alike (PEP 3333, "environ Variables").
    @param processes: Whether other processes serve the same application.
    """
    return {
        'SCRIPT_NAME': '',
        'PATH_INFO': '',
        'QUERY_STRING': '',
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.multithread': threads > 1,
        'wsgi.multiprocess': processes,
        'wsgi.run_once': False,
        'wsgi.file_wrapper': FileWrapper,
        # The content ends where it ends, CONTENT_LENGTH or not: what Werkzeug asks for.
        'wsgi.input_terminated': True,
    }


def exchange(application: Application, template: Dict[str, Any], request: Request) -> bool:
    """Serves a request. Returns whether its connection stays. Raises Broken."""
    environ = template.copy()
    try:
        request.read_params(environ)
    except MalformedPairs:
        raise Broken('a name-value pair is not complete') from None
    if 'HTTPS' in environ and environ['HTTPS'].lower() in ('on', '1'):
        environ['wsgi.url_scheme'] = 'https'
    # A mount at the root has no name.
    if environ['SCRIPT_NAME'] == '/':
        environ['SCRIPT_NAME'] = ''
    environ['wsgi.input'] = content_of(request, environ.get('CONTENT_LENGTH', ''))
    complaints = environ['wsgi.errors'] = Complaints(request)
    answer = Answer(request, environ.get('REQUEST_METHOD'), complaints)
    try:
        _run(application, environ, answer, complaints)
        whole = True
    # SystemExit too: one request must not end the process under all others.
    except BaseException as error:
        # One that was aborted ends too (section 5.4).
        whole = request.end(REQUEST_COMPLETE) if request.gone else _failed(error, answer, complaints, request)
    complaints.flush()
    request.finish()
    return whole and request.keep and not request.connection.lost


def _run(application: Application, environ: Dict[str, Any], answer: Answer, complaints: Complaints) -> None:
    result = application(environ, answer.start_response)
    kind = type(result)
    if kind is list or kind is tuple:
        return answer.send_whole(result)  # type: ignore[arg-type]
    try:
        for block in result:
            answer.write(block)
        answer.check_end()
    finally:
        # "Must be called upon completion of the current request", however it went.
        _close(result, complaints)
    answer.end()


def _close(result: object, complaints: Complaints) -> None:
    close = getattr(result, 'close', None)
    if close is None:
        return
    try:
        close()
    # The answer is whole, or known not to be: this changes nothing about it.
    except BaseException as error:
        _complain(error, complaints)


def _failed(error: BaseException, answer: Answer, complaints: Complaints, request: Request) -> bool:
    """Answers 500 where nothing was sent. Returns whether the connection may stay: half an answer must not look whole."""
    _complain(error, complaints)
    if request.ended:
        return True
    if answer.sent:
        complaints.write('the answer is broken off: its head was sent already\n')
        return request.windowed and request.end(BROKEN_OFF)
    try:
        answer.fail()
    except Gone:
        return False
    return True


def _complain(error: BaseException, complaints: Complaints) -> None:
    if isinstance(error, CutShort):
        complaints.write(f'{error}\n')
        return
    trace = error.__traceback__
    # Where we called the application is of no interest.
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    complaints.write(''.join(traceback.format_exception(type(error), error, trace)))

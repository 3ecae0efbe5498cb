from __future__ import annotations

import os
import sys
import tempfile
import unittest

from oriel.wsgi.application import NotFound, find_application

MODULE = '''
class Class:
    def __call__(self, environ, start_response): return ['object']
def application(environ, start_response): return ['application']
def factory(): return application
def broken(): raise KeyError('of the factory')
def number(): return 7
made = Class()
made.part = Class()
_hidden = application
value = 7
'''


class Applications(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        files = {
            'wsgi_good': MODULE,
            'wsgi_app': 'app = lambda environ, start_response: ["app"]',
            'wsgi_syntax': 'def (',
            'wsgi_needs': 'import not_installed_anywhere',
            'wsgi_ends': 'import sys\nsys.exit("enough")',
        }
        for name, text in files.items():
            with open(os.path.join(folder.name, f'{name}.py'), 'w') as file:
                file.write(text)
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)
        self.addCleanup(lambda: [sys.modules.pop(name, None) for name in files])

    def test_what_is_named_is_found(self) -> None:
        cases = {
            'wsgi_good': 'application', 'wsgi_good:application': 'application', 'wsgi_good:factory()': 'application',
            'wsgi_good:made': 'object', 'wsgi_good:made.part': 'object', 'wsgi_good:Class()': 'object', 'wsgi_app': 'app',
        }  # fmt: skip
        for text, said in cases.items():
            with self.subTest(text):
                self.assertEqual(list(find_application(text)({}, lambda *_: None)), [said])

    def test_what_is_not_found_is_told_with_what_there_is(self) -> None:
        cases = {
            'wsgi_good:aplication': "wsgi_good has no 'aplication'; it has .*application.*made",
            'wsgi_good:value': 'wsgi_good:value is no application: a int cannot be called',
            'wsgi_good:number()': 'made no application: a int',
            'wsgi_good:broken()': "KeyError: 'of the factory'\nwsgi_good:broken\\(\\) failed",
            'wsgi_missing:application': "there is no module 'wsgi_missing' in /",
            'wsgi_needs': "(?s)Traceback.*line 1.*wsgi_needs could not be imported: the package 'not_installed_anywhere' is not installed",
            'wsgi_syntax': '(?s)SyntaxError.*wsgi_syntax could not be imported',
            'wsgi_ends': '(?s)SystemExit: enough\nwsgi_ends could not be imported',
            'site/wsgi.py': 'expected module:callable, such as site.wsgi:application',
            ':application': 'expected module:callable',
        }
        for text, words in cases.items():
            with self.subTest(text), self.assertRaisesRegex(NotFound, words):
                find_application(text)

    def test_a_traceback_has_frames_of_the_application_only(self) -> None:
        with self.assertRaises(NotFound) as caught:
            find_application('wsgi_needs')
        self.assertNotIn('importlib', str(caught.exception))


if __name__ == '__main__':
    unittest.main()

"""
Run as `python3 …/oriel/wsgi MODULE:CALLABLE --socket PATH`, by the path of this folder, or as `python3 -m oriel.wsgi` where the
package is on PYTHONPATH. By its path nothing of the application's can stand in its way, and PYTHONPATH stays the user's.
"""

import sys


def _start() -> int:
    import os

    packages = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[0] = packages
    from oriel.wsgi.command import main

    # The application has its folder first, as where Python is started with one of its files; ours comes last, and a module
    # `oriel` of its own is found before this one.
    sys.path[0] = os.getcwd()
    sys.path.append(packages)
    for name in [name for name in sys.modules if name == 'oriel' or name.startswith('oriel.')]:
        del sys.modules[name]
    return main()


if __name__ == '__main__':
    # Not this folder, where modules of ours have the names of others.
    sys.path[0] = ''
    sys.exit(_start())

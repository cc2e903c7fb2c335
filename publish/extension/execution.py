"""Where executed notebooks are kept, and how `explore` draws while the book is built."""

import os

from publish.execution import cache_path, kernel_environment


def _set_cache(app, config):
    if not config.nb_execution_cache_path:  # publish/book.py names it: the sources may have changed since it executed
        config.nb_execution_cache_path = str(cache_path(app.srcdir))
    os.environ.update(kernel_environment(explore="static"))


def setup(app):
    app.connect("config-inited", _set_cache)

"""From the notebooks to the published book: execute, build, put the live part beside it, print, pack.

Each module that the Makefile calls is one step: ``python -m publish.book``, for example. What Sphinx needs beyond its
published extensions is in ``extension``.
"""

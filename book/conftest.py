"""nbval compares what a notebook prints with what it stored: so it is executed here as it was there."""

import os

os.environ.setdefault("DLNOTES_EXPLORE", "preview")  # figures show their start picture
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # sums are made in the same order everywhere

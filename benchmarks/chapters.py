"""The chapters' own functions, for the scripts that train longer than a chapter has time for."""

import json
from pathlib import Path

BOOK = Path(__file__).parents[1] / "book"


def functions_of(chapter, wanted, **known):
    """Execute the cells of a chapter that define the `wanted` functions, which may use what is `known`; return all."""
    names = dict(known)
    for cell in json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and any(f"\ndef {name}(" in f"\n{source}" for name in wanted):
            exec(source, names)
    return names

"""Compare the notebooks with their stored outputs, by nbval, twice: once with the kernels of another processor.

``python -m publish.compare book/relu.ipynb`` compares one. Both runs go side by side; each executes every cell.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from publish.execution import other_kernels
from publish.project import ROOT


def main():
    """Compare what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "book"])
    paths = [str(path.resolve()) for path in parser.parse_args().paths]
    runs = {"this processor": {}, "another processor": other_kernels()}
    if not other_kernels():
        print("This processor can't compute as another does: the notebooks are compared once.")
        del runs["another processor"]
    with ThreadPoolExecutor(len(runs)) as pool:
        results = list(pool.map(lambda variables: compare(paths, variables), runs.values()))
    for name, variables, run in zip(runs, runs.values(), results, strict=True):
        print(
            f"The notebooks with the arithmetic of {name}:", *(f"{key}={value!r}" for key, value in variables.items())
        )
        print(run.stdout, flush=True)
    return max(run.returncode for run in results)


def compare(paths, variables):
    """Let nbval execute the notebooks and compare each output, in kernels with these variables; return the run."""
    command = [sys.executable, "-m", "pytest", "--quiet", "--nbval", *paths]
    environment = dict(os.environ, **variables)
    return subprocess.run(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )


if __name__ == "__main__":
    sys.exit(main())

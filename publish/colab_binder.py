"""Google Colab and Binder, which run notebooks of a public repository on GitHub.

With an address, `repository.url` in ``_config.yml``, `make live` writes into ``_build/notebooks`` what the branch
``notebooks`` of that repository is to hold, and offers it in the pages; the workflow that publishes these pushes it.
Without an address there is neither.
"""

import re
import subprocess

import nbformat
import yaml

from publish.project import ROOT

BRANCH = "notebooks"


def repository(config=ROOT / "_config.yml"):
    """Return the configured repository as "owner/name", or None.

    Raises
    ------
    ValueError
        If the address is not one on GitHub, the only place that Colab opens notebooks from.
    """
    url = yaml.safe_load(config.read_text(encoding="utf-8")).get("repository", {}).get("url")
    if url is None:
        return None
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", url)
    if match is None:
        raise ValueError(f"repository.url in {config.name} must be like https://github.com/owner/name, got {url!r}")
    return match[1]


def package(repository):
    """Return what pip installs: the package as it is in the present commit."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    if commit.returncode:
        raise ValueError(f"no commit of {repository} to install from: {commit.stderr.strip()}")
    return f"dlnotes @ git+https://github.com/{repository}@{commit.stdout.strip()}"


def first_cells(repository):
    """Return the cells with which a notebook begins there."""
    return [
        nbformat.v4.new_code_cell(
            f'%pip install -q "{package(repository)}"\n'
            "try:  # sliders of this kind have to be allowed in Colab\n"
            "    from google.colab import output\n\n"
            "    output.enable_custom_widget_manager()\n"
            "except ImportError:\n"
            "    pass",
            id="live-setup",
        )
    ]


def links(repository, notebook):
    """Return the name and the address of each place where the file `notebook` opens."""
    return {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{notebook}",
        "Binder": f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?urlpath=%2Fdoc%2Ftree%2F{notebook}",
    }

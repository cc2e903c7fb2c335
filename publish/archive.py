"""Pack the built book into one archive: ``make zip`` writes ``_build/html/dlnotes-VERSION.zip``.

It opens from a disk, without a server or a network, and has everything but the live part. The same pages give the same
bytes: the files are sorted, and all are from 1980.
"""

import re
import sys
import zipfile

from publish.copies import NAMES, link_copies, with_copies
from publish.project import SITE, VERSION, PublishError, alone

LIVE = re.compile(r"<!-- live -->.*?<!-- /live -->", re.DOTALL)  # what publish/lite.py puts into a page


def main():
    """Pack the book; return the exit status."""
    target = SITE / f"dlnotes-{VERSION}.zip"
    try:
        with alone(SITE.parent):
            pack(SITE, target)
            link_copies(SITE)
    except (PublishError, OSError) as error:
        print(f"{error}\n\nThe archive was NOT made.", file=sys.stderr)
        return 1
    print(f"The book as archive, {target.stat().st_size / 1e6:.1f} MB: {target}")
    return 0


def pack(site, target):
    """Write the pages of `site` and all they need into the archive `target`, whole or not at all."""
    if not (site / "book" / "index.html").is_file():
        raise PublishError("The book is not built: run `make book` first.")
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in site.rglob("*") if path.is_file()):
            name = path.relative_to(site)
            if name.parts[0] == "lite" or path.suffix in (".zip", ".part"):
                continue
            content = path.read_bytes()
            if path.suffix == ".html":
                content = as_packed(site, name, content.decode()).encode()
            archive.writestr(zipfile.ZipInfo(f"{target.stem}/{name.as_posix()}"), content, zipfile.ZIP_DEFLATED)
    unfinished.replace(target)


def as_packed(site, name, html):
    """Return a page without what the archive does not hold: the live part, and the archive itself."""
    if name.as_posix() == "book/index.html":
        copies = {copy: (site / copy).stat().st_size for copy in NAMES if (site / copy).is_file()}
        html = with_copies(html, {copy: size for copy, size in copies.items() if not copy.endswith(".zip")})
    return LIVE.sub("", html)


if __name__ == "__main__":
    sys.exit(main())

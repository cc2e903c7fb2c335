"""Turn the Markdown of a chapter into what every notebook reader shows: no roles, no directives, the book's numbers.

JupyterLite knows nothing of Sphinx. References get the number or the title that they have in the built page.
"""

import re

from bs4 import BeautifulSoup
from pybtex.database import parse_file

FENCE = re.compile(r"^:::\{([\w-]+)\}(.*?)\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")


class PlainMarkdown:
    """The numbers, titles and works of the built book, and the texts that use them.

    Parameters
    ----------
    pages : dict of str to pathlib.Path
        The built page of each notebook, by the notebook's name without extension.
    bibliography : pathlib.Path
        The BibTeX file.
    draft : bool, default False
        Whether other pages, to which these refer, may be missing: then a label stands in the place of its number.
    """

    def __init__(self, pages, bibliography, draft=False):
        self.draft = draft
        self.entries = parse_file(str(bibliography)).entries
        self.names, self.citations, self.references = {}, {}, {}
        for name, path in pages.items():
            article = BeautifulSoup(prose(path.read_text(encoding="utf-8")), "html.parser").find("article")
            heading = article.find("h1")
            self.names[name] = "".join(heading.find_all(string=True, recursive=False)).strip()
            for number in article.select(".eqno"):
                link = number.find("a").extract()
                self.names[link["href"].removeprefix("#equation-")] = number.get_text().strip()
            for number in article.select("figcaption .caption-number, .exercise .caption-number"):
                labelled = number.find_parent(id=True)
                self.names[labelled["id"]] = number.get_text().strip()
            notes = [(note["id"].removeprefix("footcite-"), note) for note in article.select("aside.footnote[id]")]
            self.citations[name] = {key: note.find(class_="label").get_text() for key, note in notes}
            self.references[name] = [
                f"{note.find(class_='label').get_text()} {note.p.decode_contents()}" for _, note in notes
            ]

    def convert(self, text, name):
        """Return the plain form of `text`, a Markdown cell of the notebook `name`; it may be empty.

        Raises
        ------
        ValueError
            If the text refers to something that the built book has not, or uses markup that has no plain form.
        """
        text = FENCE.sub(lambda fence: self._block(name, *fence.groups()), text)
        text = ROLE.sub(lambda role: self._words(name, *role.groups()), text)
        text = re.sub(r"\$\$ \(([\w-]+)\)", lambda match: rf"\tag{{{self._name(match[1])[1:-1]}}} $$", text)
        return re.sub(r"\[([^\]]+)\]\(#[^)]*\)", r"\1", text).strip()  # a link into the page has no target here

    def _block(self, name, kind, title, body):
        options = dict(re.findall(r"^:(\w+): *(.*)$", body, re.MULTILINE))
        body = re.sub(r"^:\w+:.*\n", "", body, flags=re.MULTILINE).strip()
        title = title.strip()
        match kind:
            case "caption":
                return f"**{self._name(title)}.** {body}"
            case "exercise":
                return f"**{self._name(options['label'])} ({title})**\n\n{body}"
            case "solution-start":
                return f"**Solution of {self._name(title)}**"
            case "solution-end":
                return ""
            case "question":
                return f"**Question.** {body}"
            case "predict":
                return f"**Predict, then move.** {body}"
            case "footbibliography":
                return "\n\n".join(self.references[name])
        raise ValueError(f"{name}: the live copy has no plain form for the directive {kind}")

    def _words(self, name, role, content):
        words, _, target = content.removesuffix(">").rpartition(" <")
        if role == "term":
            return words or target
        if role == "doc":
            words = words or self.names.get(target, target)
            return f"[{words}]({target}.ipynb)" if target in self.names else words
        if role.startswith("footcite"):
            return ", ".join(self._citation(name, key.strip(), role) for key in content.split(","))
        if role in ("eq", "numref", "ref"):
            return words or self._name(target)
        raise ValueError(f"{name}: the live copy has no plain form for the role {role}")

    def _citation(self, name, key, role):
        number = self.citations[name][key]
        if role != "footcite:t":
            return number
        authors = [" ".join(person.last_names) for person in self.entries[key].persons["author"]]
        short = f"{authors[0]} *et al.*" if len(authors) > 2 else " and ".join(authors)
        return f"{short} {number}"

    def _name(self, label):
        for spelling in (label, label.lower()):  # as ids of a page they may be in small letters
            if spelling in self.names:
                return self.names[spelling]
        if self.draft:
            return label
        raise ValueError(f"the built book has no {label}: run `make book`")


def prose(html):
    """Return a page without pictures, scripts, code and formulas: nine tenths of it, which parsing would wait for."""
    html = re.sub(r"<(svg|script|pre|math)\b.*?</\1>", "", html, flags=re.DOTALL)
    kept, depth, start = [], 0, 0
    for tag in re.finditer(r'<span class="katex-html"|<span\b|</span>', html):
        if depth:
            depth += -1 if tag[0] == "</span>" else 1
            if not depth:
                start = tag.end()
        elif "katex-html" in tag[0]:
            kept.append(html[start : tag.start()])
            depth = 1
    return "".join([*kept, html[start:]])

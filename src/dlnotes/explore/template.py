"""One SVG tree that stands for many: what is common is the template, what differs are numbered slots.

Neighbouring pictures of a figure share nearly everything: axes, letters, colours. So the pictures are laid over
each other, and each place where they differ becomes a slot. A picture is then
one number for each slot, into one list of all contents.
"""

from xml.etree.ElementTree import Element, SubElement

from dlnotes.explore.svg import markup


class Template:
    """Many SVG trees as one template with slots.

    Parameters
    ----------
    trees : list of xml.etree.ElementTree.Element
        The pictures.
    start : int
        The picture that the template itself shows.

    Attributes
    ----------
    svg : xml.etree.ElementTree.Element
        The start picture. An element with slots has the attribute ``data-slots``, such as ``"0:d 1:style"``:
        slot 0 is its attribute ``d``, slot 1 its attribute ``style``. ``"2:"`` means all inside it.
    slots : list of list of int
        For each slot the number of its content, in each picture.
    contents : list of str or None
        What the numbers stand for: the value of an attribute (None: there is no such attribute), or markup.
    """

    def __init__(self, trees, start):
        self.start = start
        self.slots = []
        self._numbers = {}  # a dictionary keeps its order, so that it numbers the contents, too
        self.svg = self._overlay(trees)
        self.contents = list(self._numbers)

    def _overlay(self, elements):
        """Return one element that stands for all, which have the same tag."""
        first = elements[0]
        result, marks = Element(first.tag), []
        for name in dict.fromkeys(name for element in elements for name in element.attrib):
            values = [element.get(name) for element in elements]
            if values[self.start] is not None:
                result.set(name, values[self.start])
            if len(set(values)) > 1:
                marks.append(self._slot(values) + name)
        head, middles, tail = _common(elements)
        result.extend(self._overlay(children) for children in head)
        texts = [markup(middle) for middle in middles]
        if len(set(texts)) == 1 or not (head or tail):
            result.extend(middles[self.start])
            if len(set(texts)) > 1:
                marks.append(self._slot(texts))
        else:
            group = SubElement(result, "g", {"data-slots": self._slot(texts)})
            group.extend(middles[self.start])
        result.extend(self._overlay(children) for children in tail)
        if marks:
            result.set("data-slots", " ".join(marks))
        return result

    def _slot(self, values):
        """Add a slot and return its mark."""
        self.slots.append([self._numbers.setdefault(value, len(self._numbers)) for value in values])
        return f"{len(self.slots) - 1}:"


def _common(elements):
    """Split the children of the elements into those with counterparts everywhere and the rest.

    Returns
    -------
    head, tail : list of tuple of Element
        Children that match from the first on, and from the last on, each with its counterparts.
    middles : list of list of Element
        For each element its children between head and tail.
    """
    families = [list(element) for element in elements]
    if _is_text(elements):
        return [], families, []
    kinds = [[_kind(child) for child in family] for family in families]
    shortest = min(map(len, families))
    head = 0
    while head < shortest and len({kind[head] for kind in kinds}) == 1:
        head += 1
    tail = 0
    while head + tail < shortest and len({kind[-1 - tail] for kind in kinds}) == 1:
        tail += 1
    return (
        list(zip(*(family[:head] for family in families), strict=True)),
        [family[head : len(family) - tail] for family in families],
        list(zip(*(family[len(family) - tail :] for family in families), strict=True)),
    )


def _kind(element):
    return element.tag, frozenset(child.tag for child in element)


def _is_text(elements):
    """Tell whether the elements are lines of text, which change as a whole, not letter by letter."""
    return all(
        element.tag == "g" and len(element) and all("@g" in child.get("href", "") for child in element)
        for element in elements
    )

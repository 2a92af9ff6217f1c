"""Styles in SVG: attributes, style sheets, and which paint can be seen."""

import re
from collections import defaultdict
from typing import NamedTuple

from lxml import etree

from sketch.ink.svg_place import length

INHERITED = ("visibility", "stroke", "stroke-width", "stroke-opacity")
INHERITED += ("fill", "fill-opacity")
PROPERTIES = {*INHERITED, "display", "opacity", "transform", "transform-origin"}
# Type, classes and ids, as in `path.pen#first`. Other selectors are not followed.
SIMPLE = re.compile(r"(\*|[\w-]++)?+((?:[.#][\w-]++)*+)")
MAX_TESTS = 500_000  # of elements against selectors, in a file


class _Rule(NamedTuple):
    """A selector and what it sets."""

    # Ids, classes, types, and the place in the sheet: the largest wins.
    weight: tuple[int, int, int, int]
    # Simple selectors, the last first, with ">" between them for parents.
    selector: list[str]
    declarations: list[tuple[str, str, bool]]  # name, value, whether it is important


def tag_of(element: etree._Element) -> str:
    """The name of an element of SVG; "" for one of another namespace."""
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace in ("", "{http://www.w3.org/2000/svg") else ""


class StyleSheet:
    """The style sheets of a file."""

    def __init__(self, root: etree._Element):
        # By the id, a class or the type that the last simple selector asks for.
        self._rules: dict[str, list[_Rule]] = defaultdict(list)
        self._num_rules = self._num_tests = 0
        for style in root.iter("{*}style"):
            if "print" in style.get("media", ""):
                continue
            text, *comments = (style.text or "").split("/*")
            self._add(text + "".join(part.partition("*/")[2] for part in comments))

    def _add(self, text: str) -> None:
        is_print = False
        for block in text.split("}"):
            head, is_rule, body = block.rpartition("{")
            around, _, selectors = head.rpartition("{")
            if not is_rule:  # the end of an @-rule
                is_print = False
                continue
            is_print |= "@media" in around and "print" in around
            declarations = _declarations(body)
            if is_print or not declarations:
                continue
            selectors = selectors.rpartition(";")[2].replace(":root", "svg")
            for selector in selectors.split(","):
                self._add_rule(selector.replace(">", " > ").split(), declarations)

    def _add_rule(
        self, parts: list[str], declarations: list[tuple[str, str, bool]]
    ) -> None:
        simple = [SIMPLE.fullmatch(part) for part in parts if part != ">"]
        if not simple or not all(simple) or parts[-1] == ">":
            return
        names = "".join(part[2] for part in simple)
        types = sum(part[1] not in (None, "*") for part in simple)
        self._num_rules += 1
        weight = (names.count("#"), names.count("."), types, self._num_rules)
        kind, last = simple[-1].groups()
        key = re.search("#[^.#]+", last) or re.search(r"\.[^.#]+", last)
        key = key[0] if key else kind or "*"
        self._rules[key].append(_Rule(weight, parts[::-1], declarations))

    def style_of(
        self, element: etree._Element, top: etree._Element | None = None
    ) -> dict[str, str]:
        """What attributes, style sheets and `style` set for an element itself.

        In a clone `top` is what it shows: selectors see nothing above that.

        Raises:
            OverflowError: the selectors of the file take too long.
        """
        keys = PROPERTIES & {*element.keys()}
        found = [((False, 0), key, element.get(key)) for key in keys]
        keys = ["*", tag_of(element), f"#{element.get('id')}"]
        keys += [f".{name}" for name in {*element.get("class", "").split()}]
        for key in keys:
            for rule in self._rules.get(key, ()):
                if self._matches(element, rule.selector, top):
                    found += [
                        ((is_important, 1, *rule.weight), name, value)
                        for name, value, is_important in rule.declarations
                    ]
        found += [
            ((is_important, 2), name, value)
            for name, value, is_important in _declarations(element.get("style", ""))
        ]
        found.sort(key=lambda setting: setting[0])
        return {name: value.strip() for _, name, value in found}

    def _matches(
        self,
        element: etree._Element | None,
        selector: list[str],
        top: etree._Element | None,
    ) -> bool:
        is_near = True  # only this element will do, no ancestor of it
        for part in selector:
            if part == ">":
                is_near = True
                continue
            while element is not None and not self._is(element, part):
                element = None if is_near or element is top else element.getparent()
            if element is None:
                return False
            element = None if element is top else element.getparent()
            is_near = False
        return True

    def _is(self, element: etree._Element, simple: str) -> bool:
        classes = element.get("class", "")
        self._num_tests += 1 + len(classes) // 100
        if self._num_tests > MAX_TESTS:
            raise OverflowError(f"{MAX_TESTS:,} tests of selectors")
        kind, names = SIMPLE.fullmatch(simple).groups()
        own = {f".{name}" for name in classes.split()}
        own.add(f"#{element.get('id')}")
        return kind in (None, "*", tag_of(element)) and own.issuperset(
            re.findall("[.#][^.#]+", names)
        )


def _declarations(text: str) -> list[tuple[str, str, bool]]:
    """The properties that CSS sets: name, value, whether it is important."""
    found = []
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        value, mark, _ = value.partition("!")
        if name.strip().lower() in PROPERTIES and value.strip():
            found.append((name.strip().lower(), value, bool(mark)))
    return found


def inherit(style: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """The style of a child: that of its parent and what it sets itself."""
    return style | {
        key: own[key] for key in INHERITED if own.get(key, "inherit") != "inherit"
    }


def is_painted(style: dict[str, str], kind: str) -> bool | None:
    """Whether the "stroke" or "fill" can be seen; None if it is not set."""
    paint = "".join(style.get(kind, "").lower().split())
    if not paint:
        return None
    if paint in ("none", "transparent") or number(style.get(f"{kind}-opacity")) <= 0:
        return False
    if paint.startswith("#"):
        return not (len(paint) in (5, 9) and set(paint[-(len(paint) // 4) :]) == {"0"})
    colour = re.fullmatch(r"[a-z]++\((.*)\)", style[kind].strip().lower())
    values = re.split(r"[\s,/]+", colour[1].strip()) if colour else []
    return len(values) != 4 or number(values[3]) > 0


def stroke_width(style: dict[str, str], whole: float) -> float:
    """The width of a stroke, in user units; `whole` is 100 %."""
    try:
        return length(style.get("stroke-width", "1"), whole)
    except ValueError:  # ignored, as by browsers
        return 1.0


def number(text: str | None) -> float:
    """An opacity: a number or a percentage; 1 where it is not set or not readable."""
    try:
        return float((text or "1").strip().rstrip("%"))
    except ValueError:
        return 1.0

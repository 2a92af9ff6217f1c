"""XML from anywhere, parsed safely, and text as XML."""

import re
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from sketch.ink import DamagedInk, too_much

MAX_BYTES = 8 << 20  # of a file of ink: about a thousand lines
MAX_ELEMENTS = 100_000  # of an XML file
# The ids in CROHME's files are numbers: invalid ids, but well-formed XML.
ID_ERRORS = {etree.ErrorTypes.DTD_XMLID_VALUE, etree.ErrorTypes.DTD_ID_REDEFINED}

# XML 1.0 forbids these characters, even as references.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """`text` as the content of an XML element, without characters that XML forbids."""
    return escape(NOT_XML.sub("", text), {"\r": "&#13;"})


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a file of ink.

    Raises:
        FileNotFoundError: if there is no such file, or it is a folder.
        DamagedInk: if it is larger than `MAX_BYTES`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_much(path, f"{MAX_BYTES >> 20} MB")
    return content


def name_of(element: etree._Element) -> str:
    """The tag of an element, without its namespace."""
    return etree.QName(element).localname


def parse_xml(content: bytes, path: str | Path) -> etree._Element:
    """Parses XML from anywhere; leaves out comments and processing instructions.

    Nothing is fetched; entities are expanded only if the file itself declares them, as
    Illustrator's do, and lxml's limits on their growth, on size and on depth (256) stay
    on. A byte-order mark and blank lines before the XML declaration are allowed.

    Raises:
        DamagedInk: if it is not XML, is cut short, too large, or refers to other files;
            names `path`.
    """
    options = {
        "resolve_entities": "internal",
        "no_network": True,
        "load_dtd": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }
    try:
        root = _parse_xml(content.removeprefix(b"\xef\xbb\xbf").lstrip(), options)
    except etree.XMLSyntaxError as error:
        reason = error.msg if content.strip() else "it is empty"
        raise DamagedInk(
            f"{path} cannot be read as XML: {reason}; save or copy the file again"
        ) from None
    if root.xpath("count(//*)") > MAX_ELEMENTS:
        raise too_much(path, f"{MAX_ELEMENTS:,} elements")
    return root


def _parse_xml(content: bytes, options: dict[str, bool | str]) -> etree._Element:
    parser = etree.XMLParser(**options)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        # Not the error's own log: it also has the errors of earlier files.
        errors = {entry.type for entry in parser.error_log}
        if not errors or not errors <= ID_ERRORS:
            raise
    return etree.fromstring(content, etree.XMLParser(**options, recover=True))

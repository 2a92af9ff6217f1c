"""XML from anywhere: parsed without its dangers, and text that fits into it."""

import re
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from sketch.ink import DamagedInk

MAX_BYTES = 16 << 20  # of a file of ink: some thousand lines
MAX_ELEMENTS = 100_000  # of an XML file
# The ids of CROHME's files are numbers: no ids, but well-formed XML.
ID_ERRORS = {etree.ErrorTypes.DTD_XMLID_VALUE, etree.ErrorTypes.DTD_ID_REDEFINED}

# XML 1.0 has no place for these characters, not even as references.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """`text` as the content of an XML element; what XML cannot say is left out."""
    return escape(NOT_XML.sub("", text), {"\r": "&#13;"})


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a file of ink; a folder or a missing file is a clear error.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedInk: if it is larger than ink is.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DamagedInk(
            f"{path} has more than {MAX_BYTES >> 20} MB, which no ink does; cut it "
            "into several files"
        )
    return content


def name_of(element: etree._Element) -> str:
    """The tag of an element, without its namespace."""
    return etree.QName(element).localname


def parse_xml(content: bytes, path: str | Path) -> etree._Element:
    """Parses an XML file that may come from anywhere.

    Nothing is fetched, no entity is expanded and the parser's limits on size and
    depth stay on. A bare document type line, as drawing programs write it, is
    passed over unread; one that declares entities is refused.

    Args:
        content: of the file.
        path: its name, for messages.

    Returns:
        The root element; comments and processing instructions are left out.

    Raises:
        DamagedInk: if it is not XML, is cut short, or declares entities.
    """
    options = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }
    try:
        root = _parse_xml(content, options)
    except etree.XMLSyntaxError as error:
        reason = "it is empty" if not content.strip() else error.msg
        raise DamagedInk(
            f"{path} cannot be read as XML: {reason}; save or copy the file again"
        ) from None
    if root.xpath("count(//*)") > MAX_ELEMENTS:
        raise DamagedInk(
            f"{path} has more than {MAX_ELEMENTS:,} elements; cut it into several files"
        )
    if next(root.iter(etree.Entity), None) is not None:
        raise DamagedInk(f"{path} uses an XML entity that it does not declare")
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise DamagedInk(
            f"{path} declares XML entities, which are not read for safety's sake; "
            'save it again without them (in a drawing program: as "plain SVG")'
        )
    return root


def _parse_xml(content: bytes, options: dict[str, bool]) -> etree._Element:
    parser = etree.XMLParser(**options)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        # Not the error's own log, which has those of files before this one, too.
        errors = {entry.type for entry in parser.error_log}
        if not errors or not errors <= ID_ERRORS:
            raise
    return etree.fromstring(content, etree.XMLParser(**options, recover=True))

"""XML from anywhere: entities, document types and limits."""

import pytest

from sketch.ink import DamagedInk
from sketch.ink.xml import parse_xml, xml_text

OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'


def bomb(levels: int) -> str:
    entities = '<!ENTITY e0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY e{level} "{10 * f"&e{level - 1};"}">' for level in range(1, levels)
    )
    return f"<!DOCTYPE a [{entities}]><a>&e{levels - 1};</a>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        ("<a><b", "save or copy the file again"),
        ("<a></b>", "cannot be read as XML"),
        (bomb(8), "amplification"),
        (OUTSIDE, "Entity 'b'"),
        ("<a>&b;</a>", "Entity 'b'"),
        ("<a>" * 300 + "</a>" * 300, "depth"),
        (f"<a>{'<b/>' * 100_000}</a>", "more than 100,000 elements; cut it"),
    ],
)
def test_parse_xml_of_dangerous_or_damaged_content_names_it(content, message):
    with pytest.raises(DamagedInk, match=f"x.svg .*{message}") as caught:
        parse_xml(content.encode(), "x.svg")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "head",
    [
        "\n\n<?xml version='1.0'?>",
        "\ufeff\n<?xml version='1.0' encoding='UTF-8'?>",
        '<!DOCTYPE a PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://nowhere.invalid/x">',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
    ],
    ids=["blank lines", "byte-order mark", "DOCTYPE", "unused entity"],
)
def test_parse_xml_behind_a_harmless_head_reads_the_rest(head):
    root = parse_xml(f"{head}<a><b/></a>".encode(), "x.svg")
    assert [child.tag for child in root] == ["b"]


def test_parse_xml_with_entities_for_namespaces_expands_them():
    """As Illustrator writes them."""
    head = '<!DOCTYPE a [<!ENTITY ns "http://www.w3.org/2000/svg">]>'
    root = parse_xml(f'{head}<a xmlns="&ns;"/>'.encode(), "x.svg")
    assert root.tag == "{http://www.w3.org/2000/svg}a"


def test_parse_xml_with_ids_that_are_numbers_reads_them():
    """As in CROHME's files."""
    root = parse_xml(b'<a xml:id="1"><b xml:id="1"/></a>', "x.inkml")
    assert len(root) == 1


def test_xml_text_of_any_characters_is_well_formed():
    text = "a\x00<&>\ud800\r\n\N{GRINNING FACE}"
    root = parse_xml(f"<a>{xml_text(text)}</a>".encode(), "x.svg")
    assert root.text == "a<&>\r\n\N{GRINNING FACE}"

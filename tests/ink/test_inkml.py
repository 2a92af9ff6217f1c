"""InkML: what tablets and data sets write is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from made_up_ink import assert_same_lines, lines_of_ink, several

from sketch.ink import DamagedInk
from sketch.ink.ink_files import parse_ink, read_ink
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkFile, InkLine


def xy(*names: str, attributes: str = "") -> str:
    channels = "".join(f'<channel name="{name}" {attributes}/>' for name in names)
    return f"<traceFormat>{channels}</traceFormat>"


def parse(body: str) -> InkFile:
    return parse_ink("a.inkml", f"<ink>{body}</ink>".encode())


def lines_of(body: str) -> list[tuple[str, list[list[list[float]]]]]:
    """The text and the strokes of each line, at their places."""
    return [(line.text, strokes_of(line)) for line in parse(body).lines]


def strokes_of(line: InkLine) -> list[list[list[float]]]:
    strokes = line.pens
    return [points.round(6).tolist() for points in strokes]


def test_differences_of_the_recommendation_are_summed():
    """The trace is the example of the W3C's recommendation, section 3.3."""
    (line,) = lines_of(
        '<annotation type="truth">word</annotation>'
        "<trace>1125 18432,'23'43,\"7\"-8,3-5,* *</trace>"
        '<trace type="penUp">0 0, 900 900</trace>'
    )
    expected = [(1125, 18432), (1148, 18475), (1178, 18510), (1211, 18540)]
    assert line == ("word", [[*map(list, expected), [1244, 18570]]])


def test_channels_in_any_order_and_direction_are_read():
    first, second = parse(
        '<definitions><context><traceFormat><channel name="T"/>'
        '<channel name="Y" orientation="-ve"/><channel name="X"/>'
        "</traceFormat></context></definitions>"
        "<traceGroup><trace>0 10 1, 5 12 #A, 9 * 4, </trace></traceGroup>"
        "<traceGroup><traceGroup><trace>0 0 0, 1 1 1</trace></traceGroup>"
        '<annotation type="Transcription">b</annotation></traceGroup>'
    ).lines
    assert first.strokes.tolist() == [[9, -2, 0], [-6, 0, 1]]
    assert second.text == "b" and second.strokes.tolist() == [[1, -1, 1]]


def test_points_across_rows_are_read():
    body = f"{xy(*'XYFT')}<trace>0 0\n 1 1,\n2 1 3\n4</trace>"
    assert lines_of(body) == [("", [[[0, 0], [2, 1]]])]


def test_groups_in_groups_are_split_into_lines():
    """Of pages, lines and words, what has a text is a line, and else the smallest."""

    def group(text, *within):
        truth = f'<annotation type="truth">{text}</annotation>' if text else ""
        return f"<traceGroup>{truth}{''.join(within)}</traceGroup>"

    def trace(x):
        return f"<trace>0 0, {x} 0</trace>"

    page = group("", group("one", trace(1)), group("two", group("t"), trace(2)))
    words = group("three", group("", trace(3)), group("ignored", trace(4)))
    untold = group("", group("", group("", trace(5))), group("", trace(6)))
    around = group("", trace(7), group("", trace(8)), group("nine", trace(9)))
    writer = '<annotation type="writer">eve</annotation>'
    lines = parse(f"{writer}{page}{words}{untold}{around}").lines
    found = [(line.text, line.strokes[line.strokes[:, 0] > 0, 0]) for line in lines]
    assert [(text, steps.tolist()) for text, steps in found] == [
        ("one", [1]),
        ("two", [2]),
        ("three", [3, 4]),
        ("", [5]),
        ("", [6]),
        ("", [7, 8]),
        ("nine", [9]),
    ]
    assert {line.writer for line in lines} == {"eve"}


def test_groups_of_references_alone_are_passed_over():
    """As the files of CROHME name the symbols of a formula."""
    symbol = (
        '<traceGroup xml:id="7"><annotation type="truth">x</annotation>'
        '<traceView traceDataRef="0"/></traceGroup>'
    )
    body = (
        '<annotation type="truth">$x$</annotation><trace id="0">0 0, 1 1</trace>'
        f'<traceGroup><annotation type="truth">Segmentation</annotation>{symbol * 2}'
        "</traceGroup>"
    )
    assert lines_of(body) == [("$x$", [[[0, 0], [1, 1]]])]


def test_traces_that_continue_join_their_strokes():
    """Two pens write by turns, one over the end of its group; a third is in the air."""
    first, second = parse(
        "<traceGroup>"
        '<trace xml:id="a" continuation="begin">0 0, 1 2</trace>'
        '<trace id="b" continuation="begin">9 9</trace>'
        '<trace xml:id="up" type="penUp" continuation="begin">50 50</trace>'
        '<trace xml:id="a2" continuation="middle" priorRef="#a">3 3</trace>'
        '<trace continuation="end" priorRef="b">9 8, 9 6</trace>'
        '<trace continuation="end" priorRef="#up">7 7, 8 8</trace>'
        "</traceGroup><traceGroup><trace>0 20, 5 20</trace>"
        '<trace continuation="end" priorRef="#a2">4 5, \'1 \'0</trace>'
        "</traceGroup>"
    ).lines
    a = [[1, 2, 0], [2, 1, 0], [1, 2, 0], [1, 0, 1]]
    b = [[4, 4, 0], [0, -1, 0], [0, -2, 1]]
    landed = [[-2, 1, 0], [1, 1, 1]]
    assert first.strokes.tolist() == a + b + landed
    assert second.strokes.tolist() == [[5, 0, 1]]


@several
@given(lines_of_ink, st.randoms(use_true_random=False))
def test_traces_cut_to_parts_are_the_same_ink(tmp_path, lines, random):
    path = tmp_path / "ink.inkml"
    write_inkml(path, lines)
    root = etree.parse(path).getroot()
    for number, trace in enumerate(list(root.iter("{*}trace"))):
        points = trace.text.split(", ")
        cuts = sorted(random.sample(range(1, len(points)), k=(len(points) - 1) // 2))
        ends = zip([0, *cuts], [*cuts, None], strict=True)
        for place, (begin, end) in enumerate(ends):
            part = etree.Element(trace.tag, id=f"{number}.{place}")
            part.text = ", ".join(points[begin:end])
            part.set("continuation", "middle" if place else "begin")
            if place:
                part.set("priorRef", f"#{number}.{place - 1}")
            trace.addprevious(part)
            if place and place == len(cuts):
                part.set("continuation", "end")
        trace.getparent().remove(trace)
    etree.ElementTree(root).write(path)
    assert_same_lines(lines, read_ink(path))


@pytest.mark.parametrize("prior", ['priorRef="#later"', 'priorRef="#"', ""])
def test_trace_that_continues_nothing_is_refused(prior):
    body = (
        f'<trace>0 0, 1 1</trace><trace continuation="end" {prior}>2 2</trace>'
        '<trace id="later">3 3</trace>'
    )
    with pytest.raises(DamagedInk, match="a.inkml .*continues .*not before it"):
        parse(body)


@pytest.mark.parametrize(
    "annotation",
    [
        '<annotation type="truth">a b</annotation>',
        '<annotation type="Transcription">a b</annotation>',
        '<annotation type="label">x</annotation>'
        '<annotation type="normalizedLabel">a b</annotation>',
        '<annotation type="label">a b</annotation><annotation type="x">x</annotation>',
        '<annotationXML type="truth"><Tg_Truth>a b</Tg_Truth></annotationXML>',
        "<annotationXML><x><Tg_Truth>a b</Tg_Truth></x></annotationXML>",
        '<annotationXML type="transcription">a b</annotationXML>',
        '<annotationXML type="truth"><math><mi>x</mi></math></annotationXML>'
        '<annotation type="truth">a b</annotation>',
    ],
)
def test_texts_of_lines_and_files_are_read(annotation):
    trace = "<trace>0 0, 1 1</trace>"
    expected = [("a b", [[[0, 0], [1, 1]]])]
    assert lines_of(annotation + trace) == expected
    assert lines_of(f"<traceGroup>{annotation}{trace}</traceGroup>") == expected


def test_text_that_a_program_recognised_is_not_read():
    recognised = "<emma><one-of><literal>no truth</literal></one-of></emma>"
    body = f"<annotationXML>{recognised}</annotationXML><trace>0 0, 1 1</trace>"
    assert lines_of(body)[0][0] == ""


CONTEXTS = f"""<definitions>
<context id="a">{xy("X", "Y")}</context>
<context xml:id="b">{xy("T", "Y", "X")}</context>
<traceFormat id="f">
<channel name="Y" orientation="-ve"/><channel name="X"/></traceFormat>
<context id="c" traceFormatRef="#f"/><context id="d" contextRef="#c"/>
<inkSource id="s">{xy("Y", "X")}</inkSource><context id="e" inkSourceRef="#s"/>
</definitions>"""


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("#a", [1, 2]), ("#b", [3, 2]), ("#c", [2, -1]), ("#d", [2, -1]), ("e", [2, 1])],
)
def test_contexts_of_traces_and_groups_say_where_x_and_y_are(reference, expected):
    trace = "<trace{}>0 0 0, 1 2 3</trace>"
    own = trace.format(f' contextRef="{reference}"')
    group = f'<traceGroup contextRef="{reference}">{trace.format("")}{own}</traceGroup>'
    for body in (own, group):
        for _, strokes in lines_of(CONTEXTS + body):
            assert all(stroke[1] == expected for stroke in strokes)


def test_contexts_between_traces_hold_for_what_follows():
    trace = "<trace>0 0, 1 2</trace>"
    body = f"{xy('X', 'Y')}{trace}<context>{xy('Y', 'X')}</context>{trace}"
    [(_, strokes)] = lines_of(body)
    assert [stroke[1] for stroke in strokes] == [[1, 2], [2, 1]]


def source(x: str, y: str, units: str = "") -> str:
    properties = "".join(
        f'<channelProperty channel="{name}" name="resolution" {value}/>'
        for name, value in (("X", x), ("Y", y))
        if value
    )
    format_ = xy("X", "Y", attributes=units)
    return f"<context><inkSource>{format_}{properties}</inkSource></context>"


@pytest.mark.parametrize(
    ("context", "expected"),  # of the point 60 60, in units of x
    [
        (source('value="400" units="1/cm"', 'value="500" units="1/cm"'), [60, 48]),
        (source('value="400" units="1/cm"', 'value="400" units="1/cm"'), [60, 60]),
        (source('value="10" units="1/mm"', 'value="10" units="1/cm"'), [60, 600]),
        (source('value="1000" units="1/in"', 'value="500" units="1/in"'), [60, 120]),
        (source('value="4"', 'value="5"', 'units="mm"'), [60, 48]),
        (source('value="4"', 'value="0"', 'units="dev"'), [60, 60]),
        (source('value="400" units="1/cm"', "", 'units="cm"'), [60, 60]),
        (xy("X", "Y", attributes='units="mm"'), [60, 60]),
        (
            '<traceFormat><channel name="X" units="mm"/><channel name="Y" units="cm"/>'
            "</traceFormat>",
            [60, 600],
        ),
    ],
)
def test_axes_of_different_resolutions_get_one_unit(context, expected):
    [(_, [points])] = lines_of(f"{context}<trace>0 0, 60 60</trace>")
    assert points[1] == pytest.approx(expected)


def test_traces_of_different_units_get_that_of_the_first():
    units = [xy("X", "Y", attributes=f'units="{unit}"') for unit in ("mm", "cm")]
    [(_, strokes)] = lines_of("<trace>0 0, 1 2</trace>".join([*units, ""]))
    assert [stroke[1] for stroke in strokes] == [[1, 2], [10, 20]]


def view(kind: str, text: str, *within: str) -> str:
    annotations = f'<annotation type="type">{kind}</annotation>' if kind else ""
    if text:
        annotations += f'<annotation type="transcription">{text}</annotation>'
    return f"<traceView>{annotations}{''.join(within)}</traceView>"


TRACES = "".join(f'<trace xml:id="t{n}">{n} 0, {n} 5, {n} 9</trace>' for n in range(5))
SEEN = [f'<traceView traceDataRef="#t{n}"/>' for n in range(5)]


@pytest.mark.parametrize(
    ("views", "expected", "num_outside"),
    [
        (  # IAMonDO
            view(
                "Document",
                "",
                view(
                    "Textblock",
                    "b c",
                    view("Textline", "b", view("Word", "b", SEEN[1])),
                ),
                view(
                    "Textline",
                    "c d",
                    *(view("Word", w, SEEN[int(n)]) for w, n in ("c2", "d3")),
                ),
                view("Drawing", "", SEEN[4]),
            ),
            [("b", [1]), ("c d", [2, 3])],
            2,
        ),
        (
            view(
                "Textline",
                "",
                *(view("Word", w, SEEN[int(n)]) for w, n in ("a0", "b1")),
            ),
            [("a b", [0, 1])],
            3,
        ),
        (
            view("", "", view("", "a", SEEN[3], view("", "b", SEEN[0]))),
            [("a", [3, 0])],
            3,
        ),
        (view("", "", SEEN[3]), [("", [0, 1, 2, 3, 4])], 0),
        (view("", "", view("Drawing", "", SEEN[3])), [("", [0, 1, 2, 4])], 1),
    ],
)
def test_views_are_the_lines_of_a_page(views, expected, num_outside):
    writer = '<annotationXML type="meta"><authorId>w1</authorId></annotationXML>'
    file = parse(writer + TRACES + views)
    found = [(line.text, [s[0][0] for s in strokes_of(line)]) for line in file.lines]
    assert found == expected
    assert file.passed_over.total() == num_outside
    assert {line.writer for line in file.lines} == {"w1"}


def test_views_of_groups_and_of_parts_show_them():
    group = f'<definitions><traceGroup id="g">{TRACES}</traceGroup></definitions>'
    part = '<traceView traceDataRef="#t1" from="2" to="2"/>'
    whole = '<traceView traceDataRef="#g"/>'
    lines = lines_of(group + view("", "part", part) + view("", "all", whole))
    assert lines[0] == ("part", [[[1, 5], [1, 5]]])
    assert len(lines[1][1]) == 5


@pytest.mark.parametrize(
    "mark",
    [
        '<annotation type="type">Drawing</annotation>',
        '<annotationXML><emma><context type="inkDrawing"/></emma></annotationXML>',
    ],
)
def test_drawings_in_groups_are_in_no_line(mark):
    trace = "<traceGroup><trace>0 0, 1 1</trace></traceGroup>"
    truth = '<annotation type="truth">a</annotation>'
    line = f"<traceGroup>{truth}<trace>5 5, 6 6</trace></traceGroup>"
    file = parse(
        f"<traceGroup>{line}<traceGroup>{mark}{trace}</traceGroup></traceGroup>"
    )
    assert [line.text for line in file.lines] == ["a"]
    assert file.passed_over == {"drawing stroke": 1}


ENDLESS = {
    "blanks": ("<ink><trace>1 2," + " " * 99_999 + "x</trace></ink>", "is not a point"),
    "hex": (f"<ink><trace>#{'F' * 400} 1</trace></ink>", "too large"),
    "points": (
        f"<ink><trace>{'1 1,' * (10**6 + 1)}</trace></ink>",
        "more than 1,000,000 points; cut it into several files",
    ),
    "channels": (
        f"<ink><traceFormat>{'<channel/>' * 90_000}</traceFormat>"
        "<trace>1 2</trace></ink>",
        "90,000 channels",
    ),
}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        *(pytest.param(*case, id=name) for name, case in ENDLESS.items()),
        ("<svg/>", "not an InkML file"),
        ("<ink/>", "holds no ink"),
        ("<ink><trace> </trace></ink>", "holds no ink"),
        ("<ink><trace>1 2, 3</trace></ink>", "lacks X or Y"),
        ("<ink><trace>1 2, a b</trace></ink>", "is not a point"),
        ("<ink><trace>1 2\n3 4\n5 6</trace></ink>", "no commas"),
        (
            f"<ink><definitions>{xy('X', 'Y')}{xy('Y', 'X')}</definitions>"
            "<trace>1 2</trace></ink>",
            "X and Y in different places",
        ),
        ("<ink><trace>1 2, 1e999 3</trace></ink>", "not a number"),
        (
            f"<ink>{xy('X', 'F')}<trace>1 2</trace></ink>",
            "no X and Y",
        ),
    ],
)
def test_damaged_files_are_named(content, message):
    with pytest.raises(DamagedInk, match=f"a.inkml .*{message}"):
        read_ink("a.inkml", content.encode())

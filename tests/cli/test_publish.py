"""`sketch publish`: where to is always asked for."""


def test_publish_without_output_is_wrong_usage(sketch, pen):
    words = ("publish", "--model", pen.path, "--condition", "Anybody may use it.")
    result = sketch(*words)
    assert result.code == 2 and "Missing option '-o' / '--output'" in result.err
    result = sketch(*words, "-o", "given/short")
    assert (result.code, result.out) == (0, "given/short\n")

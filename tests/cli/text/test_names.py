from snnconv.cli.text.names import fitted

LONG = ["/stages/stage1_block1/relu1/Relu_output_0", "/stages/stage1_block2/relu1/Relu_output_0"]


def test_names_are_shortened_to_what_the_other_columns_leave() -> None:
    rows = [(LONG[0], "x" * 34), (LONG[1], "y"), ("logits", "")]
    assert fitted(("name", "other"), rows, 0) == rows
    rows[0] = (LONG[0], "x" * 40)
    short = [name for name, _ in fitted(("name", "other"), rows, 0)]
    assert short == ["…stage1_block1/relu1/Relu_output_0", "…stage1_block2/relu1/Relu_output_0", "logits"]


def test_a_name_keeps_20_characters() -> None:
    rows = [("x" * 100, name) for name in LONG]
    short = [name for _, name in fitted(("other", "name"), rows, 1)]
    assert [len(name) for name in short] == [20, 20]
    assert len(set(short)) == 2


def test_no_rows() -> None:
    assert fitted(("name", "other"), [], 0) == []

import base64
import gzip
from urllib.parse import unquote

from snnconv.reporting.page.download import Download, csv_file


def content(data: Download) -> str:
    kind, text = data.href.split(",", 1)
    if data.name.endswith(".gz"):
        assert kind == "data:application/gzip;base64"
        return gzip.decompress(base64.b64decode(text)).decode()
    assert kind == "data:text/csv;charset=utf-8"
    return unquote(text)


def test_a_short_file_is_plain() -> None:
    data = csv_file("rates", ("layer", "rate"), [("a,b", 0.125), ('say "x"', None), ("ä", 3)])
    assert (data.name, data.rows) == ("rates.csv", 3)
    assert content(data) == 'layer,rate\n"a,b",0.125\n"say ""x""",\nä,3\n'


def test_a_long_file_is_compressed() -> None:
    rows = [(f"layer{k}", k) for k in range(2000)]
    data = csv_file("rates", ("layer", "n"), rows)
    assert data.name == "rates.csv.gz"
    assert content(data).splitlines()[1:] == [f"layer{k},{k}" for k in range(2000)]
    assert data == csv_file("rates", ("layer", "n"), rows)


def test_a_name_cannot_become_a_formula() -> None:
    assert content(csv_file("x", ("layer",), [("=1+2",), ("@x",), ("-a",)])) == "layer\n'=1+2\n'@x\n'-a\n"


def test_numbers_keep_their_digits() -> None:
    rows = [(1279497653.25,), (0.000012345678,), (40108032,), (-0.5,)]
    assert content(csv_file("x", ("v",), rows)) == "v\n1279497653.25\n1.23457e-05\n40108032\n-0.5\n"

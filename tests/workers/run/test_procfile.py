import pytest
from honcho.environ import parse_procfile

from models.settings import ROOT
from workers.run import procfile


def test_ours_is_read_as_honcho_reads_it() -> None:
    text = (ROOT / "Procfile").read_text()
    assert procfile.parse(text) == dict(parse_procfile(text).processes)


def test_comments_and_empty_lines_are_no_processes() -> None:
    assert procfile.parse("# what runs\n\nweb: python -m web  \n") == {"web": "python -m web"}


@pytest.mark.parametrize("text", ["web python -m web", "web:", "web: a\nweb: b", "we b: a"])
def test_a_line_that_cannot_be_used_is_named(text: str) -> None:
    with pytest.raises(procfile.ProcfileError, match="Procfile, line"):
        procfile.parse(text)

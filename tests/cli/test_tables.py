import pytest

from inkling.cli.tables import Column, plain_lines, print_table

COLUMNS = [Column("recipe"), Column("expected", number=True), Column("what")]
ROWS = [("a", "9.1%", "one"), ("longer", "10.25%", "")]


def test_elsewhere_a_table_is_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, ROWS)
    said = capsys.readouterr().out
    assert said.splitlines() == plain_lines(COLUMNS, ROWS)
    assert said.splitlines() == [
        "recipe  expected  what",
        "a           9.1%  one",
        "longer    10.25%",
    ]


def test_on_a_terminal_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    print_table(COLUMNS, ROWS)
    said = capsys.readouterr().out
    assert "─" in said
    assert "\x1b[" in said
    assert "10.25%" in said

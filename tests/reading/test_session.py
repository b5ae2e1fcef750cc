"""Models are opened on one thread, and a damaged one of the package is told as such."""

from pathlib import Path

import pytest

from inkling.errors import ModelError
from inkling.reading.recognise.network import BUNDLED
from inkling.reading.session import open_bundled, open_session


def test_a_model_runs_on_one_thread() -> None:
    options = open_session(BUNDLED).get_session_options()
    assert options.intra_op_num_threads == 1
    assert options.inter_op_num_threads == 1
    assert options.log_severity_level == 4  # errors are raised, not printed


def test_a_damaged_model_of_the_package_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "m.onnx"
    broken.write_bytes(BUNDLED.read_bytes()[:100])
    for path in (broken, tmp_path / "gone.onnx"):
        with pytest.raises(ModelError, match="Install inkling again"):
            open_bundled(path)

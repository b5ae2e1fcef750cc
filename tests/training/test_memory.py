import resource
import sys

import pytest
import torch

from inkling.training.device import reusing_memory


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is what is set")
def test_freed_memory_is_handed_out_again_within_the_block() -> None:
    """Fresh pages fault at their first touch; memory that was kept does not."""
    outside = _page_faults()
    with reusing_memory():
        _page_faults()
        within = _page_faults()
    assert within < outside / 4


def _page_faults() -> int:
    """Of filling 64 MB, above any size that glibc keeps of itself, five times."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        torch.ones(1 << 24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_it_ends_also_where_the_block_raises() -> None:
    with pytest.raises(RuntimeError, match="within"), reusing_memory():
        raise RuntimeError("within")
    with reusing_memory():
        assert torch.zeros(10).sum() == 0

"""Memory that a training frees is handed out again."""

import subprocess
import sys

import pytest
import torch

from inkling.training.device import reusing_memory

# A process of its own: what malloc learns from one test's large blocks it keeps for the next.
FAULTS = """
import resource
import torch
from inkling.training.device import reusing_memory

def page_faults():
    # Of filling 64 MB, above any size that glibc keeps of itself, again and again.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(1 << 24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = page_faults()
with reusing_memory():
    page_faults()
    print(outside, page_faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is what is set")
def test_freed_memory_is_handed_out_again_within_the_block() -> None:
    """Fresh pages fault at their first touch; memory that was kept does not."""
    ran = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True, timeout=120
    )
    outside, within = map(int, ran.stdout.split())
    assert outside > 100
    assert within < outside / 2


def test_it_ends_also_where_the_block_raises() -> None:
    with pytest.raises(RuntimeError, match="within"), reusing_memory():
        raise RuntimeError("within")
    with reusing_memory():
        assert torch.zeros(10).sum() == 0

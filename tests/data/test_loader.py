import torch
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.loader import ResidentDigits, ShuffledBatches, count_batches, make_loader
from inkling.types import MEAN, STD, Digits

CPU = torch.device("cpu")


@given(st.integers(1, 200), st.integers(1, 64), st.integers(0, 9999), st.integers(0, 9))
def test_an_epoch_is_every_index_once_and_repeatable(n: int, size: int, seed: int, epoch: int):
    batches = ShuffledBatches(n, size, seed, CPU)
    batches.epoch = epoch
    order = list(batches)
    assert len(order) == len(batches)
    assert torch.cat(order).sort().values.tolist() == list(range(n))
    assert [batch.tolist() for batch in batches] == [batch.tolist() for batch in order]
    batches.start = len(order) // 2
    assert [b.tolist() for b in batches] == [b.tolist() for b in order[len(order) // 2 :]]


@given(st.integers(1, 5_000), st.integers(1, 600))
def test_a_batch_is_of_one_image_only_where_it_must_be(n: int, size: int) -> None:
    batches = ShuffledBatches(n, size, 0, CPU)
    sizes = [len(batch) for batch in batches]
    assert len(sizes) == len(batches) == count_batches(n, size)
    assert sum(sizes) == n
    if n > 1 and size > 1:
        assert min(sizes) > 1
    if n % size != 1:  # as many steps as ever
        assert len(sizes) == -(-n // size)


def test_epochs_and_seeds_differ() -> None:
    def first(seed: int, epoch: int) -> list[int]:
        batches = ShuffledBatches(500, 500, seed, CPU)
        batches.epoch = epoch
        return next(iter(batches)).tolist()

    assert len({tuple(first(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_batches_are_normalised_whole_and_in_place(few: Digits) -> None:
    data = ResidentDigits(few, CPU)
    before = torch.get_rng_state()
    shuffled = ShuffledBatches(len(few), 64, 0, CPU)
    order = torch.cat(list(shuffled)).numpy()
    batches = list(make_loader(data, shuffled))
    assert torch.equal(before, torch.get_rng_state())  # dropout's draws do not depend on loaders
    images = torch.cat([batch.images for batch in batches])
    wanted = (torch.tensor(few.images[order])[:, None] / 255 - MEAN) / STD
    assert torch.allclose(images, wanted, atol=1e-5)
    assert torch.cat([batch.labels for batch in batches]).tolist() == few.labels[order].tolist()
    assert [len(batch) for batch in batches] == [64] * 6 + [16]

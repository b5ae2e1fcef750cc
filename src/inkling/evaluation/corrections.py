"""Labels of published test sets that a study rejects."""

from inkling.types import Digits

# Northcutt, Athalye and Mueller, "Pervasive Label Errors in Test Sets", 2021: the crowd workers
# of that study did not confirm the labels of these 15 of MNIST's 10,000 test images.
MNIST_UNCONFIRMED = (
    947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
)  # fmt: skip
MNIST_TEST = "084a4dc18939748f27690c91d25a4cd92b4dde5b5a9667cc2b0641be99245383"


def unconfirmed_labels(digits: Digits) -> tuple[int, ...]:
    """Indices of the rejected labels. Empty if no study of `digits` is known."""
    return MNIST_UNCONFIRMED if digits.sha256() == MNIST_TEST else ()

import pytest
from scipy.stats import t as student

from inkling.training.student_t import t_quantile_975


@pytest.mark.parametrize("degrees", [*range(1, 12), 19, 30, 99, 1000])
def test_the_quantile_is_scipys(degrees: int) -> None:
    assert t_quantile_975(degrees) == pytest.approx(student.ppf(0.975, degrees), abs=1e-7)


def test_no_degree_of_freedom_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        t_quantile_975(0)

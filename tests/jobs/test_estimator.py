"""`DigitClassifier` behaves as scikit-learn expects of a classifier."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

import inkling
from inkling.jobs.estimator import PIXELS, DigitClassifier
from inkling.training.recipe_text import load_recipe
from inkling.types import Digits

QUICK = ("training.epochs=4", "training.batch_size=16")
LONG = ("training.epochs=15", "training.batch_size=32", "training.keep=last")
# These checks of scikit-learn fit tables of 1 to 10 columns. An image has 784.
NEEDS_OTHER_WIDTHS = (
    "check_classifier_data_not_an_array",
    "check_classifiers_classes",
    "check_classifiers_one_label",
    "check_classifiers_regression_target",
    "check_classifiers_train",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_dtype_object",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_nan_inf",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_n_features_in",
    "check_n_features_in_after_fitting",
    "check_pipeline_consistency",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_supervised_y_2d",
)
EXPECTED_FAILURES = dict.fromkeys(NEEDS_OTHER_WIDTHS, "fits fewer than 784 columns")


class TiledClassifier(DigitClassifier):
    """The same classifier for tables of up to 49 columns, each repeated over 16 to 64 pixels.

    It runs the checks that `DigitClassifier` must refuse for their shape alone.
    """

    def _check_width(self, pixels: NDArray[Any]) -> NDArray[Any]:
        tiled = np.repeat(pixels, min(64, PIXELS // pixels.shape[1]), axis=1)
        return np.pad(tiled, ((0, 0), (0, PIXELS - tiled.shape[1])))


def _name(check: Callable[..., None]) -> str:
    return getattr(check, "func", check).__name__


CHECKS = {
    f"{number}-{_name(check)}": (estimator, check)
    for number, (estimator, check) in enumerate(
        estimator_checks_generator(TiledClassifier(changes=LONG))
    )
}


@pytest.mark.parametrize("check", list(CHECKS))
@pytest.mark.filterwarnings("ignore")  # of scikit-learn's own checks
def test_every_check_of_scikit_learn_passes_on_tables_within_an_image(
    check: str,
) -> None:
    estimator, run = CHECKS[check]
    run(estimator)


@pytest.mark.filterwarnings("ignore")
def test_check_estimator_passes_but_for_checks_of_other_widths() -> None:
    results = check_estimator(
        DigitClassifier(changes=QUICK),
        expected_failed_checks=EXPECTED_FAILURES,
        on_skip=None,
    )
    failed = {each["check_name"] for each in results if each["status"] == "xfail"}
    assert failed == set(EXPECTED_FAILURES)
    assert sum(each["status"] == "passed" for each in results) >= 20


def forms(images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    flat = images.reshape(-1, PIXELS)
    return {
        "N,784": flat,
        "N,28,28": images,
        "N,1,28,28": images[:, None],
        "floats to 1": flat / 255,
        "floats to 255": flat.astype(np.float32),
        "int64": flat.astype(np.int64),
    }


@pytest.fixture(scope="module")
def fitted(few: Digits) -> DigitClassifier:
    return DigitClassifier(changes=QUICK).fit(few.images[:300], few.labels[:300])


@pytest.mark.parametrize("form", list(forms(np.zeros((1, 28, 28), np.uint8))))
def test_every_form_of_an_image_gives_the_same_classifier(
    few: Digits, fitted: DigitClassifier, form: str
) -> None:
    x = forms(few.images)[form]
    probs = fitted.predict_proba(few.images[300:])
    np.testing.assert_allclose(fitted.predict_proba(x[300:]), probs, atol=1e-6)
    again = DigitClassifier(changes=QUICK).fit(x[:300], few.labels[:300])
    np.testing.assert_allclose(again.predict_proba(x[300:]), probs, atol=1e-6)


def test_it_learns_and_scores_and_its_probabilities_are_such(
    few: Digits, fitted: DigitClassifier
) -> None:
    x, y = few.images[300:], few.labels[300:]
    assert fitted.score(x, y) > 0.75
    probs = fitted.predict_proba(x)
    assert probs.shape == (100, 10)
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.classes_[probs.argmax(axis=1)], fitted.predict(x))


def test_labels_of_any_type_come_back(few: Digits) -> None:
    names = np.array(["null", "eins", "zwei", "drei", "vier", "5", "6", "7", "8", "9"])
    classifier = DigitClassifier(changes=QUICK).fit(few.images, names[few.labels])
    assert classifier.classes_.tolist() == sorted(names)
    assert (classifier.predict(few.images) == names[few.labels]).mean() > 0.75


def test_it_works_in_cross_validation_and_in_a_pipeline(few: Digits) -> None:
    flat = few.images.reshape(-1, PIXELS)
    scores = cross_val_score(DigitClassifier(changes=QUICK), flat, few.labels, cv=3)
    assert scores.min() > 0.6
    pipeline = make_pipeline(StandardScaler(), DigitClassifier(changes=QUICK))
    pipeline.fit(flat[:300], few.labels[:300])
    assert pipeline.score(flat[300:], few.labels[300:]) > 0.6


def test_the_seed_decides_and_a_pickle_and_a_clone_are_the_same(few: Digits) -> None:
    def fit(seed: int | None) -> DigitClassifier:
        return DigitClassifier(changes=QUICK, random_state=seed).fit(few.images, few.labels)

    first = fit(3)
    probs = first.predict_proba(few.images)
    np.testing.assert_array_equal(fit(3).predict_proba(few.images), probs)
    assert not np.array_equal(fit(4).predict_proba(few.images), probs)
    copy = pickle.loads(pickle.dumps(first))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(copy.predict_proba(few.images), probs)
    assert clone(first).get_params() == first.get_params()


def test_a_recipe_may_be_given_as_such(few: Digits) -> None:
    recipe = load_recipe("cnn-basic", ["training.epochs=1", "training.validation=60"])
    classifier = DigitClassifier(recipe).fit(few.images, few.labels)
    assert classifier.recipe_ == recipe
    assert len(classifier.history_) == 1


def test_wrong_input_is_a_plain_value_error(few: Digits, fitted: DigitClassifier) -> None:
    with pytest.raises(NotFittedError):
        DigitClassifier().predict(few.images)
    with pytest.raises(ValueError, match="needs images of 28x28 pixels"):
        DigitClassifier().fit(np.zeros((20, 64)), np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"\(N, 28, 28\)"):
        fitted.predict(np.zeros((2, 8, 8)))
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict(np.full((2, 28, 28), np.nan))
    with pytest.raises(ValueError, match="inconsistent"):
        DigitClassifier().fit(few.images, few.labels[:10])


def test_it_is_public_and_leaves_the_random_state_alone(few: Digits) -> None:
    import torch

    assert inkling.DigitClassifier is DigitClassifier
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    DigitClassifier(changes=QUICK).fit(few.images, few.labels)
    assert torch.equal(torch.rand(3), expected)

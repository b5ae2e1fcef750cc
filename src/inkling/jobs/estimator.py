"""A scikit-learn classifier for images of digits: `DigitClassifier`."""

from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from inkling.data.splits import Splits, split_digits
from inkling.errors import DataError
from inkling.evaluation.classifier import TorchClassifier
from inkling.evaluation.metrics import softmax
from inkling.jobs.card import calibrate
from inkling.training.callback import NullCallback
from inkling.training.device import DeviceName, choose_device
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import load_recipe
from inkling.types import SIDE, Digits

PIXELS = SIDE * SIDE
VALIDATION_FRACTION = 1 / 12  # of small training sets, as 5,000 of MNIST's 60,000


class DigitClassifier(ClassifierMixin, BaseEstimator):
    """A network trained by an inkling recipe, as a scikit-learn classifier.

    Works in `cross_val_score`, `GridSearchCV` and a `Pipeline`. `X` holds N images of 28x28 pixels,
    light ink on dark background, as (N, 784), (N, 28, 28) or (N, 1, 28, 28). Integer pixels are
    0 to 255, float pixels 0 to 1 or 0 to 255. A classifier fitted on floats of another range (for
    example after a `StandardScaler`) maps this range linearly to 0 to 255 and clips to it.

    Parameters
    ----------
    recipe : str or Recipe, default="mlp-adam"
        Name of a recipe (see `inkling.list_recipes`), path of a recipe file, or a `Recipe`.
    changes : tuple of str, default=()
        Changes to the recipe, such as `("training.epochs=1",)`.
    random_state : int, RandomState instance or None, default=None
        Seed of the training. None takes the recipe's own seed, so `fit` is deterministic.
    device : {"auto", "cpu", "cuda", "mps"}, default="auto"
        Where to train and predict.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        The class labels, sorted; `predict` returns values of this array.
    n_features_in_ : int
        784.
    temperature_ : float
        Divides the logits before the softmax (Guo et al., 2017). Fitted on the validation images
        that the recipe holds out; 1.0 with fewer than 500 of them.
    history_ : tuple of EpochMetrics
        Loss and accuracy of each epoch.
    recipe_ : Recipe
        The recipe with all its values.
    """

    def __init__(
        self,
        recipe: str | Recipe = "mlp-adam",
        *,
        changes: tuple[str, ...] = (),
        random_state: int | np.random.RandomState | None = None,
        device: DeviceName = "auto",
    ) -> None:
        self.recipe = recipe
        self.changes = changes
        self.random_state = random_state
        self.device = device

    def __sklearn_tags__(self) -> Any:
        """Images of three or four dimensions are accepted besides the usual two."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Trains the network.

        Parameters
        ----------
        X
            Images (N, 784), (N, 28, 28) or (N, 1, 28, 28); see the class.
        y
            Labels (N,), numbers or strings.

        Returns
        -------
        DigitClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            `X` or `y` has another shape or type.
        RecipeError
            The recipe is invalid.
        """
        pixels, y = self._validate(X, y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        # Floats are scaled by the range of the training images, even if a later batch is darker.
        self._limits = None if pixels.dtype.kind in "iu" else _find_limits(pixels)
        digits = Digits(
            _to_uint8(pixels, self._limits),
            labels.astype(np.int64),
            tuple(str(name) for name in self.classes_.tolist()),
        )
        recipe = self._load_recipe()
        splits = _split(digits, recipe)
        plan = TrainingPlan(
            recipe=recipe, device=choose_device(cast(Any, self.device)), callback=NullCallback()
        )
        model, outcome = train_network(splits, plan)
        self._network = TorchClassifier(model, digits.classes)
        self.temperature_ = float(calibrate(self._network, splits.validation)["temperature"])
        self.history_ = outcome.history
        self.recipe_ = recipe
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Calibrated probabilities.

        Parameters
        ----------
        X
            Images (N, 784), (N, 28, 28) or (N, 1, 28, 28); see the class.

        Returns
        -------
        ndarray
            (N, C) float64, columns in the order of `classes_`; each row sums to 1.

        Raises
        ------
        ValueError
            `X` has another shape or type.
        NotFittedError
            `fit` was not called.
        """
        images = _to_uint8(self._validate_new(X), self._limits)
        return softmax(self._network.predict_logits(images) / self.temperature_)

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most probable class of each image.

        Parameters
        ----------
        X
            Images (N, 784), (N, 28, 28) or (N, 1, 28, 28); see the class.

        Returns
        -------
        ndarray
            (N,) labels as in `fit`.

        Raises
        ------
        ValueError
            `X` has another shape or type.
        NotFittedError
            `fit` was not called.
        """
        probs = self.predict_proba(X)
        return self.classes_[probs.argmax(axis=1)]

    def _load_recipe(self) -> Recipe:
        """The recipe with the changes, and with a seed drawn from `random_state`."""
        changes = list(self.changes)
        recipe = (
            self.recipe if isinstance(self.recipe, Recipe) else load_recipe(self.recipe, changes)
        )
        if self.random_state is None:
            return recipe
        return recipe.with_seed(int(check_random_state(self.random_state).randint(2**31 - 1)))

    def _validate(self, X: ArrayLike, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:  # noqa: N803
        """Pixels (N, 784) of a numeric type, and their labels (N,)."""
        if y is None:
            raise ValueError("DigitClassifier requires y to be passed, but the target y is None")
        pixels, y = validate_data(self, _flatten(X), column_or_1d(y, warn=True), dtype="numeric")
        return self._check_width(cast(Any, pixels)), cast(Any, y)

    def _validate_new(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Pixels (N, 784) of a numeric type. Raises `NotFittedError` before `fit`."""
        check_is_fitted(self)
        pixels = validate_data(self, _flatten(X), reset=False, dtype="numeric")
        return self._check_width(cast(Any, pixels))

    def _check_width(self, pixels: NDArray[Any]) -> NDArray[Any]:
        if pixels.shape[1] != PIXELS:
            raise ValueError(
                f"X has {pixels.shape[1]} features, but {type(self).__name__} needs images of "
                f"{SIDE}x{SIDE} pixels: (N, {PIXELS}), (N, {SIDE}, {SIDE}) or "
                f"(N, 1, {SIDE}, {SIDE})"
            )
        return pixels


def _flatten(X: ArrayLike) -> Any:  # noqa: N803
    """Reshapes (N, 28, 28) and (N, 1, 28, 28) to (N, 784). Returns other shapes unchanged."""
    shape = getattr(X, "shape", None)
    if shape is None and isinstance(X, list | tuple):
        X = np.asarray(X)  # noqa: N806
        shape = X.shape
    if shape is not None and len(shape) in {3, 4}:
        if tuple(shape[1:]) not in {(SIDE, SIDE), (1, SIDE, SIDE)}:
            raise ValueError(
                f"images must be (N, {SIDE}, {SIDE}) or (N, 1, {SIDE}, {SIDE}): {shape}"
            )
        return np.asarray(X).reshape(len(np.asarray(X)), PIXELS)
    return X


def _find_limits(pixels: NDArray[Any]) -> tuple[float, float]:
    """The values of `pixels` that become 0 and 255."""
    low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
    if low >= 0 and high <= 255:
        return (0.0, 1.0) if high <= 1 and pixels.dtype.kind in "fb" else (0.0, 255.0)
    return low, high


def _to_uint8(pixels: NDArray[Any], limits: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Converts pixels (N, 784) to images (N, 28, 28) uint8. `limits` apply only to floats."""
    images = pixels.reshape(-1, SIDE, SIDE)
    if images.dtype == np.uint8:
        return images.copy()
    if limits is None or images.dtype.kind in "iu":
        limits = _find_limits(images)
    low, high = limits
    scaled = (images.astype(np.float64) - low) * (255 / (high - low))
    return np.rint(scaled.clip(0, 255)).astype(np.uint8)


def _split(digits: Digits, recipe: Recipe) -> Splits:
    """Holds out the recipe's number of images, at most a twelfth; none if a class is too rare."""
    wanted = recipe.training.validation
    held_out = min(wanted, round(len(digits) * VALIDATION_FRACTION))
    try:
        return split_digits(digits, held_out, recipe.training.seed)
    except DataError:
        return split_digits(digits, 0, recipe.training.seed)

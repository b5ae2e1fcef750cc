"""Recipes as TOML: finds, parses, changes (`--set`) and writes them, and explains errors."""

import difflib
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError

from inkling.errors import RecipeError
from inkling.training.old_names import upgrade_recipe
from inkling.training.recipe import Recipe
from inkling.training.search import set_value

MAX_BYTES = 1 << 20  # limit for a recipe file
TAGGED = ("model", "optimizer", "schedule")  # tables with several kinds


def list_recipes() -> tuple[str, ...]:
    """Lists the bundled recipes.

    Returns
    -------
    tuple of str
        Their names in alphabetical order.
    """
    folder = resources.files("inkling") / "recipes"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if _is_recipe(entry.name)))


def recipe_text(name: str) -> str:
    """The TOML of a bundled recipe. Raises `RecipeError` for an unknown name."""
    if name not in list_recipes():
        near = difflib.get_close_matches(name, list_recipes(), n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise RecipeError(
            f"there is no recipe '{name}'{hint} The recipes are {', '.join(list_recipes())}. "
            "Name your own recipe by its path, such as ./mine.toml"
        )
    return (resources.files("inkling") / "recipes" / f"{name}.toml").read_text("utf-8")


def load_recipe(name_or_path: str, changes: list[str] | None = None) -> Recipe:
    """Loads the recipe of a name or file, and applies `changes` ("key=value").

    Raises `RecipeError`.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or "/" in name_or_path:
        text = _read(path)
    else:
        text = recipe_text(name_or_path)
    return parse_recipe(text, name_or_path, changes)


def resolve_recipe(
    recipe: str | Recipe, changes: Sequence[str] = (), data: str | None = None
) -> Recipe:
    """The recipe of a name, a file or a `Recipe`, with `changes` (not for a `Recipe`) and `data`.

    Raises `RecipeError`.
    """
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, list(changes))
    return chosen if data is None else chosen.model_copy(update={"data": data})


def parse_recipe(text: str, origin: str, changes: list[str] | None = None) -> Recipe:
    """Parses a recipe from TOML. `origin` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin} is not valid TOML: {error}") from error
    upgrade_recipe(table)
    for change in changes or []:
        _apply(table, change)
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        raise RecipeError(f"{origin}: {explain(error)}") from error


def dump_recipe(recipe: Recipe) -> str:
    """Writes the recipe as TOML with all defaults."""
    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def _is_recipe(name: str) -> bool:
    return name.endswith(".toml")


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RecipeError(f"{path} is too large for a recipe")
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise RecipeError(f"there is no recipe file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error


def _apply(table: dict[str, Any], change: str) -> None:
    """Sets one key, such as `training.epochs=3` or, if it is unambiguous, `epochs=3`."""
    dotted, equals, value = change.partition("=")
    if not equals or not dotted.strip():
        raise RecipeError(f"--set {change}: expected key=value, such as training.epochs=3")
    keys = _full_key(table, dotted.strip())
    try:
        set_value(table, ".".join(keys), _value(value.strip()))
    except KeyError as error:
        raise RecipeError(f"--set {change}: part of the key is a value, not a table") from error


def _full_key(table: dict[str, Any], dotted: str) -> list[str]:
    """Expands `epochs` to `training.epochs` if only one table has such a key."""
    keys = dotted.split(".")
    if len(keys) > 1 or keys[0] in Recipe.model_fields:
        return keys
    homes = [home for home in _tables(table) if keys[0] in home[1]]
    if len(homes) > 1:
        places = " or ".join(f"{name}.{keys[0]}" for name, _ in homes)
        raise RecipeError(f"--set {dotted} is ambiguous. Use one of {places}")
    if not homes:
        raise RecipeError(f"--set {dotted}: no table of the recipe has such a key")
    return [homes[0][0], keys[0]]


def _tables(table: dict[str, Any]) -> list[tuple[str, set[str]]]:
    """Each table of a recipe with the valid keys of its kind."""
    found = []
    for name, field in Recipe.model_fields.items():
        kinds = _kinds(field.annotation)
        if not kinds:
            continue
        wanted = table.get(name, {})
        tag = wanted.get("kind") or wanted.get("name") if isinstance(wanted, dict) else None
        chosen = [kind for kind in kinds if tag is None or tag in _tags(kind)] or kinds
        found.append((name, set().union(*(kind.model_fields for kind in chosen))))
    return found


def _kinds(annotation: Any) -> list[type[BaseModel]]:
    """The table classes in an annotation."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [kind for part in getattr(annotation, "__args__", ()) for kind in _kinds(part)]


def _tags(kind: type[BaseModel]) -> tuple[str, ...]:
    """The values of `kind` or `name` that select this table class."""
    for key in ("kind", "name"):
        if key in kind.model_fields:
            return getattr(kind.model_fields[key].annotation, "__args__", ())
    return ()


def _value(text: str) -> Any:
    """Parses a TOML value, or returns the text itself (so `name=adam` needs no quotes)."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def explain(error: ValidationError) -> str:
    """The errors of a recipe, each as "key = value: what is allowed"."""
    return "; ".join(_sentence(fault) for fault in error.errors())


def _sentence(fault: Any) -> str:
    place = [str(part) for part in fault["loc"]]
    # The path contains the kind of a union ("optimizer.adam.betas"), which is no key in the file.
    tagged = len(place) > 2 and place[0] in TAGGED
    shown = [place[0], *place[2:]] if tagged else place
    key = ".".join(shown) or "the recipe"
    if fault["type"] == "extra_forbidden":
        allowed = _allowed(place)
        near = difflib.get_close_matches(place[-1], allowed, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"unknown key {key}: {hint}allowed keys are {', '.join(allowed)}"
    if fault["type"] == "missing":
        return f"{key} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    if isinstance(fault["input"], dict):
        return f"{key}: {message}"
    return f"{key} = {fault['input']!r}: {message[0].lower()}{message[1:]}"


def _allowed(place: list[str]) -> list[str]:
    """The valid keys at the position of the last key of `place`."""
    if len(place) == 1:
        return sorted(Recipe.model_fields)
    kinds = _kinds(Recipe.model_fields[place[0]].annotation)
    chosen = [kind for kind in kinds if place[1] in _tags(kind)] or kinds
    return sorted(set().union(*(kind.model_fields for kind in chosen)))

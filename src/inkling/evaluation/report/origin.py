"""The origin of a run: its recipe, hashes, versions, and the command that repeats it."""

import shlex
from typing import Any

from inkling.errors import RecipeError
from inkling.evaluation.report.contents import RunContents
from inkling.evaluation.report.verdict import changes_of
from inkling.training.recipe import Recipe

HASHES = {
    "training": "training images",
    "validation": "validation images",
    "test": "test images",
}


def recipe_tables(recipe: Recipe) -> list[tuple[str, list[tuple[str, str]]]]:
    """The recipe's tables, each a name and its keys with their values."""
    dumped = recipe.model_dump(mode="json", exclude={"expect", "title", "search"})
    general = [(key, _value(value)) for key, value in dumped.items() if not isinstance(value, dict)]
    tables = [
        (name, [(key, _value(value)) for key, value in table.items()])
        for name, table in dumped.items()
        if isinstance(table, dict)
    ]
    return [("recipe", general), *tables]


def origin_facts(contents: RunContents) -> list[tuple[str, str]]:
    """Hashes, versions and the like, as names and values."""
    card = contents.card or {}
    facts = [(key, str(card[key])) for key in ("made", "seed", "device") if key in card]
    facts += [(f"{name} version", str(number)) for name, number in _table(card, "versions")]
    facts += [(name, str(value)) for name, value in _table(card, "machine")]
    if "weights_sha256" in card:
        facts.append(("weights, SHA-256", str(card["weights_sha256"])))
    facts += [
        (f"{HASHES.get(part, part)}, SHA-256", str(digest))
        for part, digest in _table(card, "data_sha256")
        if digest
    ]
    return facts


def repeat_command(contents: RunContents) -> str:
    """The command that repeats the training. It uses the name of a published recipe."""
    recipe, card = contents.recipe, contents.card or {}
    # Not the whole path: the page travels with its folder.
    own = ["inkling", "train", f"{contents.name}/{contents.folder.recipe_path.name}"]
    if recipe is None:
        return shlex.join(own)
    try:
        unchanged = not changes_of(recipe)
    except RecipeError:
        unchanged = False
    if not unchanged:
        return shlex.join(own)
    data = str(card.get("data") or recipe.data)
    seed = str(recipe.training.seed)
    return shlex.join(["inkling", "train", recipe.name, "--data", data, "--seed", seed])


def _table(card: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    table = card.get(key)
    return list(table.items()) if isinstance(table, dict) else []


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return " · ".join(_value(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)

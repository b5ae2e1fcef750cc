"""`inkling recipes`."""

from typing import Annotated

import typer

from inkling.cli.output import JsonOption, print_json


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this one, to copy.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipes, or print one as TOML to copy and change."""
    from inkling.training.recipe_text import list_recipes, load_recipe, recipe_text

    if name is not None and not as_json:
        print(recipe_text(name), end="")
        return
    if name is not None:
        recipe_text(name)  # an unknown name is an error with a hint
        print_json(load_recipe(name).model_dump(mode="json"))
        return
    loaded = [load_recipe(each) for each in list_recipes()]
    if as_json:
        print_json({recipe.name: recipe.model_dump(mode="json") for recipe in loaded})
        return
    for recipe in loaded:
        expected = f"{recipe.expect.accuracy:.2%}" if recipe.expect else "      "
        print(f"{recipe.name:<18} {expected:>7}  {recipe.title}")
    print("\nCopy one: inkling recipes mlp-adam > mine.toml; train it: inkling train mine.toml")

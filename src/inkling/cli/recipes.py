"""The command `inkling recipes`."""

from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.output import JsonOption, print_json
from inkling.cli.tables import Column, print_table

if TYPE_CHECKING:
    from inkling.training.recipe import Recipe

COLUMNS = [
    Column("recipe"),
    Column("expected", number=True),
    Column("network"),
    Column("epochs", number=True),
    Column("optimiser"),
    Column("what it is"),
]


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe as TOML.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipes, or print one as TOML."""
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
    print_table(COLUMNS, [_row(recipe) for recipe in loaded])
    print("\nCopy one: inkling recipes mlp-adam > mine.toml; train it: inkling train mine.toml")


def _row(recipe: "Recipe") -> tuple[str, ...]:
    """The main properties of a recipe: expected accuracy, network, length, optimiser."""
    expect = recipe.expect
    expected = f"{expect.accuracy:.2%}" if expect else "–"
    if expect and expect.n > 1:
        expected += f" ± {100 * expect.sd:.2f}"
    return (
        recipe.name,
        expected,
        recipe.model.kind,
        f"{recipe.training.epochs:g}",
        recipe.optimizer.name,
        recipe.title,
    )

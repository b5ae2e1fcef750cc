"""Renames old keys of recipes and cards from before 2026-11-28, so that older runs load."""

from typing import Any


def upgrade_recipe(table: dict[str, Any]) -> None:
    """Renames the old keys of a recipe's table in place: `views`, and the kind `committee`."""
    model = table.get("model")
    if not isinstance(model, dict):
        return
    if model.get("kind") == "committee":
        model["kind"] = "ensemble"
    for spec in (model, model.get("member")):
        if isinstance(spec, dict) and "views" in spec and "tta_views" not in spec:
            spec["tta_views"] = spec.pop("views")


def upgrade_card(card: dict[str, Any]) -> dict[str, Any]:
    """The card with its old names replaced: `kept_epoch`, `pictures` and the kind."""
    renamed = {
        {"kept_epoch": "best_epoch", "pictures": "images"}.get(k, k): v for k, v in card.items()
    }
    if renamed.get("network") == "committee":
        renamed["network"] = "ensemble"
    return renamed

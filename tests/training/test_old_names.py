"""Runs made before the renaming of 2026-11-28 still load."""

import json
from pathlib import Path

import numpy as np

from inkling.evaluation.classifier import load_classifier
from inkling.evaluation.report.contents import read_run
from inkling.evaluation.test_predictions import OLD_PREDICTIONS, PREDICTIONS
from inkling.jobs.train import train
from inkling.training.ensemble import as_ensemble
from inkling.training.recipe_text import load_recipe, parse_recipe
from inkling.training.run_folder import RunFolder
from inkling.types import Digits


def test_a_run_with_the_old_names_loads(few: Digits, few_npz: Path, tmp_path: Path) -> None:
    changes = ["widths=[16]", "epochs=1", "batch_size=32", "tta_views=3"]
    duo = as_ensemble(load_recipe("mlp-adam", changes), 2)
    run = RunFolder(train(duo, data=str(few_npz), out=tmp_path / "duo").run)
    before = load_classifier(run.path).predict_proba(few.images[:20])
    text = run.recipe_path.read_text("utf-8")
    run.recipe_path.write_text(
        text.replace("tta_views", "views").replace('kind = "ensemble"', 'kind = "committee"')
    )
    card = run.read_card()
    card["kept_epoch"], card["pictures"] = card.pop("best_epoch"), card.pop("images")
    card["network"] = "committee"
    run.write_card(card)
    (run.path / PREDICTIONS).rename(run.path / OLD_PREDICTIONS)

    assert run.read_recipe() == parse_recipe(text, "text")
    assert {"best_epoch", "images"} <= set(run.read_card())
    assert "kept_epoch" in json.loads(run.card_path.read_text("utf-8"))  # the file stays
    np.testing.assert_array_equal(load_classifier(run.path).predict_proba(few.images[:20]), before)
    assert not read_run(run).missing

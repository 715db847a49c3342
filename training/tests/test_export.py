"""Export, which needs the packages onnx and onnxruntime besides PyTorch."""

import json

from .steps import small_work, step, train_and_evaluate


def test_from_packs_to_weights_that_onnx_runtime_runs(tmp_path):
    work = small_work(tmp_path)
    train_and_evaluate(work)
    step("export", "--work", work, "--out", tmp_path / "models")
    sidecar = json.loads((tmp_path / "models" / "prior.json").read_text())
    assert sidecar["shape"]["inputs"]["pictures"] == ["views", 4, 128, 128]
    vector = json.loads((tmp_path / "models" / "prior.vector.json").read_text())
    assert [c["name"] for c in vector["cases"]] == ["front and right", "photo"]
    assert "| left-out | M2 |" in (tmp_path / "models" / "README.md").read_text()
    # The files answer as the networks that they were made of. (Aligned cases tip over at differences of half precision.)
    options = ("--work", work, "--limit", 1, "--cases", "M2", "--sets", "left-out")
    rows = lambda out: [line for line in out.splitlines() if line.startswith("|")]
    assert rows(step("evaluate", *options, "--models", tmp_path / "models")) == rows(step("evaluate", *options))
    step("sheet", "--work", work, "--models", tmp_path / "models", "--count", 1, "--out", tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_a_matte_network_is_exported_with_sidecar_and_card(tmp_path):
    work = small_work(tmp_path)
    step("train-matte", "--work", work, "--minutes", 0.02, "--width", 8, "--batch", 4)
    step("export-matte", "--work", work, "--out", tmp_path / "models")
    sidecar = json.loads((tmp_path / "models" / "matte.json").read_text())
    assert sidecar["size"] == 128 and (tmp_path / "models" / sidecar["file"]).stat().st_size > 1000
    assert "validation split" in (tmp_path / "models" / "matte.md").read_text()


def test_a_sides_network_is_exported_with_sidecar_and_card(tmp_path):
    work = small_work(tmp_path)
    step("render-sides", "--work", work, "--looks", 1)
    step("train-sides", "--work", work, "--minutes", 0.02, "--width", 8, "--batch", 4)
    step("export-sides", "--work", work, "--out", tmp_path / "models")
    sidecar = json.loads((tmp_path / "models" / "sides.json").read_text())
    assert sidecar["pictureSize"] == 64 and (tmp_path / "models" / sidecar["file"]).stat().st_size > 1000
    assert "validation split" in (tmp_path / "models" / "sides.md").read_text()

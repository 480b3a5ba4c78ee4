"""What a training that diverged advises: the size of the data comes before the learning rate."""

import pytest

CSV = """
dataset: {type: csv, path: houses.csv, validation: 0.2}
architecture: [{dense: 1}]
loss: mse
optimizer: {type: sgd, lr: 0.1}
training: {epochs: 9}
"""
SCALED = ("dataset.standardize=true", "dataset.standardize_target=true")


@pytest.fixture
def houses(tmp_path):
    rows = [f"{60 + 7 * i},{1900 + i // 2},{200000 + 1500 * ((i * 37) % 50)}" for i in range(60)]
    (tmp_path / "houses.csv").write_text("\n".join(["area,year,price", *rows]))
    (tmp_path / "c.yaml").write_text(CSV)


def test_unscaled_inputs_and_targets_are_named_first(houses, nntrain):
    told = nntrain("fit", "-q", "c.yaml", code=4).stderr
    assert "; set dataset.standardize=true (the inputs reach " in told
    assert " and dataset.standardize_target=true (the targets reach 2.7e+05), then lower optimizer.lr" in told
    told = nntrain("fit", "-q", "c.yaml", SCALED[0], "optimizer.lr=1e9", code=4).stderr
    assert "; set dataset.standardize_target=true" in told


def test_data_of_a_good_size_are_not_to_blame(houses, nntrain):
    told = nntrain("fit", "-q", "c.yaml", *SCALED, "optimizer.lr=1e9", code=4).stderr
    assert "standardize" not in told
    assert told.rstrip().endswith("; lower optimizer.lr or set training.clip_norm")


def test_a_batch_that_explodes_instead_of_being_learned_says_too_large(houses, nntrain):
    told = nntrain("check", "--overfit", "c.yaml", code=4).stderr
    assert "optimizer.lr is too large; set dataset.standardize=true" in told
    told = nntrain("check", "--overfit", "c.yaml", *SCALED, "optimizer.lr=50", code=4).stderr
    assert "optimizer.lr is too large; lower it" in told
    assert "too small" not in told


def test_a_loss_that_fell_to_the_mean_of_large_targets_is_not_learned_by_heart(houses, nntrain):
    told = nntrain("check", "--overfit", "c.yaml", SCALED[0], "optimizer={type: adam, lr: 5000}", code=2).stderr
    assert "one batch is not learned" in told

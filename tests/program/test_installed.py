"""What pip installs is whole: outside the checkout, wheel and sdist give the examples and their data."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from pathlib import Path

import pytest

import nntrain
from nntrain.cli import shipped

ROOT = Path(nntrain.__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]


def test_every_package_is_listed_for_the_wheel():
    rooms = {
        ".".join(folder.relative_to(ROOT).parts)
        for folder in [ROOT / "nntrain", *(ROOT / "nntrain").rglob("*")]
        if (folder / "__init__.py").is_file()
    }
    assert set(SETTINGS["packages"]) == rooms | {"nntrain.configs", "nntrain.configs.data"}


def test_every_data_file_is_of_a_kind_that_the_wheel_takes():
    taken = [(package, pattern) for package, patterns in SETTINGS["package-data"].items() for pattern in patterns]
    homes = {"nntrain": ROOT / "nntrain"} | {name: ROOT / folder for name, folder in SETTINGS["package-dir"].items()}
    found = {path for package, pattern in taken for path in homes[package].glob(pattern)}
    there = {path for path in (ROOT / "nntrain").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    there |= {path for path in (ROOT / "configs").rglob("*") if path.is_file()}
    assert {path for path in there if path.suffix != ".py"} <= found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_outside_any_checkout_the_installed_package_trains_its_examples(kind, tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command, folder=tmp_path):
        done = subprocess.run([str(word) for word in command], cwd=folder, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    build = "import sys; from setuptools import build_meta; getattr(build_meta, 'build_' + sys.argv[1])(sys.argv[2])"
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    for name in ("nntrain", "configs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "tests").mkdir()
    shutil.copy(__file__, source / "tests" / "test_stray.py")  # setuptools takes such files of its own accord
    made = tmp_path / "made"
    made.mkdir()
    if kind == "sdist":
        run(sys.executable, "-c", build, "sdist", made, folder=source)
        with tarfile.open(next(made.iterdir())) as packed:
            assert not [name for name in packed.getnames() if "/tests" in name]
        shutil.rmtree(source)
        shutil.unpack_archive(next(made.glob("*.tar.gz")), tmp_path)
        source = next(tmp_path.glob("nntrain-*"))
    run(sys.executable, "-c", build, "wheel", made, folder=source)
    shutil.rmtree(source)
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # numpy, PyYAML and click as they are installed here
    (site / "here.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    install = ("-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps")
    run(sys.executable, *install, next(made.glob("*.whl")))
    program = tmp_path / "venv" / "bin" / "nntrain"
    assert str(site) in run(python, "-c", "import nntrain; print(nntrain.__file__)")
    assert run(program, "init", "digits_mlp", "-o", "d") == "d/digits_mlp.yaml\n"
    assert run(program, "fit", "d/digits_mlp.yaml", "-q") == "runs/digits-mlp-001\n"
    names = [line.split()[0] for line in run(program, "init", "--list").splitlines()]
    assert names == shipped.names()
    for name in ("iris", "digits_transfer", "names_gru", "temperatures_lstm"):
        path = run(program, "init", name, "-o", f"of-{name}").strip()
        run(program, "fit", path, "training.steps=2", "-q")
    assert re.match(r"# ", run(program, "help", "python"))

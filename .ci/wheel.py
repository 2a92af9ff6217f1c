"""Builds the wheel, installs it in an empty environment, and uses it from elsewhere.

What a wheel lacks (a file of the page, a pretrained model, a licence) is seen nowhere
else: the tests import the checkout.
"""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
WRITERS = {"iam-text": ("write", "hello"), "demo-text": ("write", "hello")}
WANTED = (
    "sketch/web/static/index.html",
    "sketch/pretrained/iam-recogniser/recogniser.json",
    "sketch/pretrained/iam-text/styles.json",
    ".dist-info/licenses/LICENSE",
    ".dist-info/licenses/experiments/LICENSE-IAM-OnDB.md",
)


def main() -> None:
    """Exits with what the wheel lacks, or with the command that fails in it."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder]
        # Built from what git knows: runs and caches beside it must not matter.
        files = subprocess.run(
            ["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True
        )
        (work / "source").mkdir()
        subprocess.run(
            ["tar", "-x", "-C", work / "source"], input=files.stdout, check=True
        )
        own = work / "source" / "experiments" / "mine"  # a user's own run
        own.mkdir()
        (own / "hyperparameters.json").write_text("{}")
        subprocess.run([sys.executable, *command, work / "source"], check=True)
        (wheel,) = work.glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
        for wanted in WANTED:
            if not any(name.endswith(wanted) for name in names):
                sys.exit(f"the wheel lacks {wanted}")
        if any("/mine/" in name for name in names):
            sys.exit("the wheel ships a user's own run")

        venv.create(work / "venv", with_pip=True)
        bin_dir = work / "venv" / "bin"
        subprocess.run([bin_dir / "python", *pip, wheel], check=True)
        home, empty = work / "home", work / "empty"
        home.mkdir()
        empty.mkdir()
        environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8"}

        def sketch(*arguments: str) -> str:
            done = subprocess.run(
                [bin_dir / "sketch", *arguments],
                cwd=empty,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            return done.stdout

        listed = sketch("list")
        for model, arguments in WRITERS.items():
            picture = empty / f"{model}.png"
            sketch(*arguments, "--model", model, "-o", str(picture))
            if model not in listed or picture.stat().st_size < 1000:
                sys.exit(f"{model} is not listed, or wrote no picture")
        sketch("sample", "--model", "iam", "--number", "1", "-o", "free.svg")
    print("the wheel writes")


if __name__ == "__main__":
    main()

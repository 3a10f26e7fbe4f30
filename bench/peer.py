"""Data-Juicer as a user gets it: a virtual environment of its own, and its command line.

Two things the package needs but does not declare are installed beforehand, so that no measured run
downloads anything: aiohttp (without it nothing imports), and ray and torch, which it would install itself
on first use. torch must come with its CUDA libraries even on a machine without a GPU: installed without
its dependencies it cannot be imported (libcudart is missing), and the registry has no smaller build.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

VERSION = "1.6.1"
PACKAGES = [f"py-data-juicer=={VERSION}", "aiohttp", "ray", "torch"]
REPORTED = ["py-data-juicer", "datasets", "pyarrow", "pillow", "torch", "numpy", "pandas"]


def prepare(work: Path) -> Path:
    """Makes the environment if it is not there and returns the path of `dj-process`.

    About 6 GB of disk and 3 GB of downloads the first time.
    """
    venv = work / "venv"
    python = venv / "bin" / "python"
    ready = venv / f"ready-{VERSION}"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.write_text("all packages are installed\n")
    return venv / "bin" / "dj-process"


def environment(work: Path) -> dict[str, str]:
    """The environment of a run: caches inside `work`, byte code allowed as on a user's machine."""
    env = dict(os.environ)
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        env.pop(name, None)
    env["HF_HOME"] = str(work / "cache" / "huggingface")
    env["DATA_JUICER_CACHE_HOME"] = str(work / "cache" / "data-juicer")
    return env


def versions(work: Path) -> dict[str, str]:
    """Versions of Data-Juicer, of Python, and of the libraries that do its work."""
    python = work / "venv" / "bin" / "python"
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"], check=True, capture_output=True, text=True
    )
    installed = {package["name"].lower(): package["version"] for package in json.loads(listed.stdout)}
    found = {name: installed[name] for name in REPORTED if name in installed}
    python_version = subprocess.run([python, "--version"], check=True, capture_output=True, text=True)
    found["python"] = python_version.stdout.split()[-1]
    return found

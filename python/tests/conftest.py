"""What the Python tests share: the binary, runs made with it, and a browser."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A run without bands, its break in three dimensions on the coarsest lattice: half the shells cost a hundredth of the time.
QUICK = ("--band", "0", "--set", "shape.shells=8")


@pytest.fixture(scope="session")
def release() -> Path:
    """target/release with the binaries and examples of this checkout; ./test has built them already, then this takes no time."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--workspace", "--bins", "--examples"], cwd=ROOT, check=True)
    return ROOT / "target" / "release"


@pytest.fixture(scope="session")
def binary(release) -> Path:
    """The command pentatwin."""
    return release / "pentatwin"


@pytest.fixture(scope="session")
def slow_writer(release) -> Path:
    """Writes a record slowly: slow_writer DIR [SAMPLES] [MICROSECONDS PER SAMPLE]."""
    return release / "examples" / "slow_writer"


@dataclass(frozen=True)
class Run:
    """A finished run."""

    folder: Path
    stdout: str

    @property
    def store(self) -> Path:
        return self.folder / "run.zarr"


@pytest.fixture(scope="session")
def run(binary, tmp_path_factory):
    """run(protocol, *arguments): the run of these, made once for all tests that ask for the same."""
    made = {}

    def run(protocol: str, *arguments: str, again: bool = False) -> Run:
        key = (protocol, arguments, again)
        if key not in made:
            folder = tmp_path_factory.mktemp(Path(protocol).stem) / "run"
            command = [binary, "run", protocol, "--out", folder, *arguments]
            result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder.parent)
            assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}\n{result.stderr}"
            assert (folder / "run.zarr").is_dir(), f"{' '.join(map(str, command))} left no record\n{result.stdout}\n{result.stderr}"
            made[key] = Run(folder, result.stdout)
        return made[key]

    return run


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium; the tests of pages are skipped without it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page without a network; a fault in its scripts fails the test."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not faults

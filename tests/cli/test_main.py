import errno
import json
import subprocess
import sys

import pytest
import typer

from tickertune.cli import main as front
from tickertune.core.errors import TickerTuneError

HEAVY = {"torch", "transformers", "polars", "datasets", "trl", "vllm", "sklearn", "matplotlib", "pydantic", "yaml"}


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        front.main(list(arguments))
    return int(ended.value.code or 0)


def raising(error: BaseException) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def fails() -> None:
        raise error

    return app


@pytest.fixture
def failing(monkeypatch):
    """Makes ``tickertune doctor`` raise the given error."""

    def install(error: BaseException) -> None:
        fake = type("Module", (), {"app": raising(error)})
        monkeypatch.setattr(front, "import_module", lambda name: fake)

    return install


def test_help_imports_nothing_heavy():
    program = (
        "import sys, json\n"
        "from tickertune.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print(json.dumps(sorted(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(json.loads(said.stdout.splitlines()[-1]))
    assert "tickertune.cli.main" in modules
    assert not modules & HEAVY


@pytest.mark.parametrize("name", front.COMMANDS)
def test_every_command_explains_itself(name, capsys):
    assert call(name, "--help") == 0
    assert name in capsys.readouterr().out


def test_unknown_command_gets_the_nearest_one(capsys):
    assert call("docter") == 2
    assert "doctor" in capsys.readouterr().err


def test_user_error_is_one_sentence_and_exit_code_2(failing, capsys):
    failing(TickerTuneError("The sky is green", "Look again"))
    assert call("doctor") == 2
    assert capsys.readouterr().err == "Error: The sky is green. Look again.\n"


def test_full_disk_is_named_with_its_remedy(failing, capsys):
    failing(OSError(errno.ENOSPC, "No space left on device", "runs/demo/x.bin"))
    assert call("doctor") == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: The disk is full: runs/demo/x.bin")
    assert "resumes" in said


def test_full_disk_below_another_error_is_found(failing, capsys):
    error = RuntimeError("could not save")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    failing(error)
    assert call("doctor") == 2
    assert "disk is full" in capsys.readouterr().err


def test_interrupt_says_that_the_run_resumes(failing, capsys):
    failing(KeyboardInterrupt())
    assert call("doctor") == 130
    assert "resume" in capsys.readouterr().err


def test_defect_of_ours_keeps_its_traceback(failing):
    failing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        front.main(["doctor"])


def test_version_is_printed(capsys):
    assert call("--version") == 0
    assert capsys.readouterr().out.strip()

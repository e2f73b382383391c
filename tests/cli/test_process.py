"""The command as a process of its own: version, other folders, pipes, strict warnings, and Ctrl-C at any moment."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import drivers

PYTHON = [sys.executable, "-m", "drivers"]


def process(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTHON, *args], capture_output=True, text=True, encoding="utf-8", check=False, cwd=cwd,
        env={"PATH": "", "HOME": str(cwd), "MPLCONFIGDIR": str(cwd), "SYSTEMROOT": "", **env},
    )  # fmt: skip


def test_version_and_help_need_no_command(run):
    assert run("--version").out == f"drivers {drivers.__version__}\n"
    assert "importance" in run("--help").out
    assert run().code == 2


def test_strict_warnings_odd_paths_and_a_poor_terminal_do_not_matter(survey, tmp_path):
    survey(more='[items.speed]\nlabel = "Geschwindigkeit (größer)"\n')
    folder = tmp_path / "a folder, ü"
    folder.mkdir()
    for name in ("visits.toml", "visits.csv"):
        (tmp_path / name).rename(folder / name)
    seen = process(
        "importance", "a folder, ü/visits.toml", "--draws", "100", "--json",
        cwd=tmp_path, PYTHONWARNINGS="error", PYTHONIOENCODING="ascii", PYTHONUTF8="1",
    )  # fmt: skip
    assert seen.returncode == 0, seen.stderr
    assert seen.stdout.isascii()
    assert json.loads(seen.stdout)["drivers"][1]["label"] == "Geschwindigkeit (größer)"


def test_a_reader_who_leaves_early_causes_no_traceback(survey, tmp_path):
    survey()
    command = [*PYTHON, "importance", "visits.toml", "--draws", "100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as writer:
        writer.stdout.close()
        told = writer.stderr.read().decode()
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told(survey, tmp_path):
    survey()
    with open("/dev/full", "w") as full:
        seen = subprocess.run(
            [*PYTHON, "fit", "visits.toml", "--draws", "100"], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False, cwd=tmp_path,
        )  # fmt: skip
    assert seen.returncode == 2
    assert "error: The result cannot be written to standard output (No space left on device)." in seen.stderr
    assert "Traceback" not in seen.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("step", ["scores", "importance for"])
def test_ctrl_c_ends_a_report_with_130_and_leaves_nothing(root, tmp_path, step):
    command = [*PYTHON, "report", str(root / "data" / "store_visits.toml"), "--out", "pages", "--draws", "20000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as running:  # fmt: skip
        told = ""
        while f"s  {step}" not in told:
            line = running.stderr.readline()
            assert line, told
            told += line
        time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        out, rest = running.communicate(timeout=60)
    assert running.returncode == 130, rest
    assert out == ""
    assert rest.splitlines()[-1] == "stopped; nothing was left half-written"
    assert "Traceback" not in rest
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


RAISED = """
import signal, sys, types
import drivers.__main__ as command
stub = types.ModuleType("drivers.cli.app")
def app(prog_name):
    try:
        {what}
    except KeyboardInterrupt as pressed:
        raise {into} from pressed
stub.app = app
sys.modules["drivers.cli.app"] = stub
signal.signal(signal.SIGINT, signal.default_int_handler)
command.main()
"""


@pytest.mark.parametrize("into", ["pressed", "RuntimeError('Query interrupted')", "SystemExit(130)", "SystemExit(2)"])
@pytest.mark.parametrize("what", ["signal.raise_signal(signal.SIGINT)", "exec('signal.raise_signal(signal.SIGINT)')"])
def test_whatever_a_library_makes_of_ctrl_c_it_ends_with_130(what, into):
    code = RAISED.format(what=what, into=into)
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (seen.returncode, seen.stderr) == (130, "stopped; nothing was left half-written\n")


def test_an_error_without_ctrl_c_is_not_hidden():
    code = RAISED.format(what="raise ValueError('a fault of ours')", into="pressed")
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert seen.returncode == 1
    assert "ValueError: a fault of ours" in seen.stderr

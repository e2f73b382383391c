"""The script that planners copy runs and writes its pictures."""

import runpy
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "reports" / "scenarios" / "faster_service.py"


def test_the_script_tells_both_actions_and_writes_two_pictures(tmp_path, capsys):
    runpy.run_path(str(SCRIPT))["main"](tmp_path / "pictures", draws=100)
    text = " ".join(capsys.readouterr().out.split())
    assert "What if (Faster service by phone)" in text
    assert "What if (Every channel as fast as the best)" in text
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "drivers_tornado.png", "faster_service_fan.png",
    ]  # fmt: skip

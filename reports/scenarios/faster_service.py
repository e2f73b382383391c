"""What would faster service bring? `uv run python reports/scenarios/faster_service.py` prints and draws it.

Copy this file for a question of your own: name the survey, the outcome and the actions.
"""

from pathlib import Path

import drivers as dr
from drivers.plot.picture import png
from drivers.scenario.sweep import fan, tornado

HERE = Path(__file__).resolve().parent
SURVEY = HERE.parents[1] / "data" / "store_visits.toml"
OUT = HERE.parent / "out" / "scenarios"


def main(out: Path = OUT, draws: int = 1000) -> None:
    """Fit once, ask several questions on the same draws, write two pictures to `out`."""
    survey = dr.Survey.from_toml(SURVEY)
    answers = dr.read(survey.data_path, survey)
    fit = dr.fit(answers, outcome="recommend", model="ordinal", engine="bayes", missing="complete", draws=draws)
    faster = dr.shift("service_speed", +0.5).where(channel="phone").named("Faster service by phone")
    as_best = dr.match("service_speed", segment="channel").named("Every channel as fast as the best")
    for action in (faster, as_best):
        print(dr.what_if(fit, action, answers=answers, by="channel", target={"nps": 1.0}).summary(), end="\n\n")
    out.mkdir(parents=True, exist_ok=True)
    by_size, by_driver = fan(fit, "service_speed", measure="nps"), tornado(fit, measure="nps")
    (out / "faster_service_fan.png").write_bytes(png(lambda ax: by_size.plot(ax)))
    (out / "drivers_tornado.png").write_bytes(png(lambda ax: by_driver.plot(ax)))
    print(f"Pictures: {out}")


if __name__ == "__main__":
    main()

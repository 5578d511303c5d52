"""The page on a rule's way from shadow to live, followed word by word beside a running worker."""

from pathlib import Path

from markdown_it import MarkdownIt

from tests.integration.live import Live, Worker, eventually
from tests.test_docs import DOCS, assert_shown, commands, run

GUIDE = DOCS / "shadow.md"


async def test_the_guide_from_shadow_to_live_shows_what_happens(live: Live, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    live.extra["DETECTOR_RULES__DIRS"] = str(rules)
    worker: Worker | None = None
    ran = 0
    try:
        for token in MarkdownIt().parse(GUIDE.read_text(encoding="utf-8")):
            if token.type != "fence":
                continue
            if token.info == "yaml":
                (rules / "no-password-burst-2.yaml").write_text(token.content)
            if token.info == "sh":
                worker = live.start()
                await worker.ready()
            if token.info == "console":
                for typed, shown in commands(token.content):
                    assert_shown(shown, run(typed, tmp_path, live.environment()), typed)
                    ran += 1
                    if worker is not None:
                        await live.has_drained()
        assert worker is not None
        # What the page says of the workers' taking it up
        await eventually(lambda: worker.metric("detector_rules", mode="off") == 1)
        assert worker.metric("detector_rules", mode="shadow") == 0
    finally:
        if worker is not None:
            worker.kill()
    assert ran == 11

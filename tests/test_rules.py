"""The alert rules and the dashboard ask for what there is, and each rule fires when it should and not before."""

import json
import re
import shutil
from itertools import chain
from pathlib import Path

import pytest
import yaml

from bridge.metrics import ALARMS, COUNTERS, ENGINE, GAUGES, HISTOGRAMS, METRICS
from tests.promtool import promtool

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "deploy" / "prometheus"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "bridge.rules.yml").read_text())["groups"]
    for rule in group["rules"]
}
STORIES = yaml.safe_load((FOLDER / "bridge.rules.test.yml").read_text())["tests"]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "bridge.json").read_text())
PANELS = BOARD["panels"]
SHOWN = [panel for panel in PANELS if panel["type"] != "row"]
ASKED = [target["expr"] for panel in SHOWN for target in panel["targets"]]
EXPRESSIONS = [*(rule["expr"] for rule in RULES.values()), *ASKED]
OF_PROMETHEUS = {"up", "job", "instance", "le"}
WORDS = {
    *("sum", "max", "count", "by", "rate", "increase", "absent", "histogram_quantile", "offset", "unless", "or"),
    *("m", "h"),  # of durations
}
LABELS = {name: set(labels) for name, (_, labels) in {**COUNTERS, **HISTOGRAMS, **GAUGES}.items()} | {ENGINE: set()}
UNRULED = {"bridge_echoes_total", "bridge_live_links", "bridge_waiting", "bridge_backlog"}  # their age tells more
UNRULED |= {"bridge_calls_total", "bridge_deliveries_total"}  # a gauge tells what of them is still so


def metrics_in(expression):
    return {re.sub("_bucket$", "", name) for name in re.findall(r"\bbridge_\w+", expression)}


def labels_in(expression):
    """Every word of it that is no metric, no value and of no language: the labels."""
    bare = re.sub(r'"[^"]*"|\$\w+', "", expression)
    return set(re.findall(r"[a-z_]+", bare)) - WORDS - OF_PROMETHEUS - set(re.findall(r"\bbridge_\w+", bare))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_exists_with_its_labels(expression):
    asked = metrics_in(expression)
    assert asked <= METRICS.keys()
    assert labels_in(expression) <= set(chain(*(LABELS[name] for name in asked)))


def test_every_metric_is_on_the_dashboard():
    assert set(chain(*map(metrics_in, ASKED))) == METRICS.keys()


def test_every_metric_that_matters_has_a_rule():
    ruled = set(chain(*(metrics_in(rule["expr"]) for rule in RULES.values())))
    assert METRICS.keys() - ruled == UNRULED


def test_every_kind_of_alarm_is_told_by_exactly_one_rule():
    kinds = [re.findall(r'kind=~"([^"]*)"', rule["expr"]) for rule in RULES.values()]
    assert sorted(chain(*(found.split("|") for found in chain(*kinds)))) == sorted(ALARMS)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_how_bad_it_is_what_to_do_and_where_to_read_on(name):
    rule = RULES[name]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text().lower(), re.MULTILINE)
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert not anchor or anchor in {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def test_the_documentation_lists_every_rule_by_how_bad_it_is():
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", (ROOT / "docs" / "dashboards.md").read_text(), re.MULTILINE)
    shown = {name: severity for severity, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert shown == {name: rule["labels"]["severity"] for name, rule in RULES.items()}


def test_every_rule_has_a_story_in_which_it_is_silent_first():
    told = [story["promql_expr_test"] for story in STORIES]
    fired = {name for name in RULES for before, *after in told if name in str(after) and not before["exp_samples"]}
    assert fired == RULES.keys()


def test_promtool_takes_the_rules_and_each_fires_when_it_should():
    assert f"{len(RULES)} rules" in promtool("check", "rules", FOLDER / "bridge.rules.yml")
    assert "SUCCESS" in promtool("test", "rules", FOLDER / "bridge.rules.test.yml")


def test_promtool_takes_the_configuration_that_is_shown_with_the_rules_beside_it(tmp_path):
    (shown,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "dashboards.md").read_text(), re.DOTALL)
    (tmp_path / "token").touch()
    (tmp_path / "prometheus.yml").write_text(shown.replace("/etc/prometheus/bridge.token", "token"))
    shutil.copy(FOLDER / "bridge.rules.yml", tmp_path)
    assert f"{len(RULES)} rules" in promtool("check", "config", tmp_path / "prometheus.yml")


def test_promtool_reads_what_every_panel_asks(tmp_path):
    readable = [one.replace("$__rate_interval", "5m") for one in ASKED]
    rules = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(readable)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(ASKED)} rules" in promtool("check", "rules", tmp_path / "rules.yml")


def test_panels_have_an_id_and_a_place_of_their_own_and_say_what_they_show():
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in PANELS}) == len(PANELS)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in PANELS)
    assert all(panel["description"] for panel in SHOWN)


def test_the_dashboard_asks_whatever_prometheus_one_chooses():
    (variable,) = BOARD["templating"]["list"]
    used = [*(panel["datasource"] for panel in SHOWN), *(one["datasource"] for p in SHOWN for one in p["targets"])]
    assert (variable["name"], variable["type"]) == ("datasource", "datasource")
    assert all(one == {"type": "prometheus", "uid": "${datasource}"} for one in used)
    assert not {"uid", "id"} & BOARD.keys()

"""What `cargo-sockeye` and its documentation give to programs of others, read by those."""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import pytest

from conftest import BINARIES, ROOT

COMMAND = BINARIES / "cargo-sockeye"
SCHEMA = json.loads((pathlib.Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
README = (ROOT / "cli" / "README.md").read_text()

WRONG = """
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/ws/{id}")]
async fn first(handshake: &Handshake) {}

#[ws_endpoint("/ws/{name}")]
async fn second() {}

async fn ws(upgrade: axum::extract::ws::WebSocketUpgrade) {}
"""


def sarif(*paths, cwd):
    """What the command writes, after it has been held against the standard."""
    run = subprocess.run([COMMAND, "check", "--format", "sarif", *paths], cwd=cwd, stdout=subprocess.PIPE)
    assert run.returncode in (0, 1)
    document = json.loads(run.stdout)
    checker = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    faults = [f"{fault.json_path}: {fault.message}" for fault in checker.iter_errors(document)]
    assert not faults, "\n".join(faults)
    return document["runs"][0]


def test_the_schema_would_notice():
    """A schema that is read wrong accepts anything."""
    document = {"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}
    assert list(jsonschema.Draft4Validator(SCHEMA).iter_errors(document))


def test_sarif_of_every_mistake(tmp_path):
    assert len(sarif("tests/ui/fail", cwd=ROOT)["results"]) > 100
    (tmp_path / "a b.rs").write_text(WRONG)
    (tmp_path / "broken.rs").write_text("// WebSocket\nfn (")
    (tmp_path / "latin.rs").write_bytes(b"// WebSocket \xe9")
    found = {result["ruleId"] for result in sarif(cwd=tmp_path)["results"]}
    assert {"duplicate_route", "unreadable_source", "borrowed_parameter"} <= found


def test_sarif_of_a_tree_that_is_right(tmp_path):
    assert sarif(cwd=tmp_path)["results"] == []


def test_sarif_of_files_that_stand_elsewhere(tmp_path):
    (tmp_path / "a.rs").write_text(WRONG)
    (tmp_path / "here").mkdir()
    run = sarif(tmp_path, cwd=tmp_path / "here")
    locations = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert {location["uri"] for location in locations} == {(tmp_path / "a.rs").as_uri()}


def snippets(language, containing):
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    found = [block for block in blocks if containing in block]
    assert found, f"cli/README.md has no {language} block with {containing!r}"
    return found


@pytest.mark.parametrize("workflow", snippets("yaml", "runs-on:"))
def test_the_workflows_of_the_readme(workflow, tmp_path):
    path = tmp_path / "sockeye.yml"
    path.write_text(workflow)
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path], check=True
    )


def test_the_hooks_for_pre_commit(tmp_path):
    run_pre_commit("validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    for index, config in enumerate(snippets("yaml", "repos:")):
        path = tmp_path / f"{index}.yaml"
        path.write_text(config)
        run_pre_commit("validate-config", path)


def run_pre_commit(*arguments):
    subprocess.run([sys.executable, "-m", "pre_commit", *arguments], check=True)

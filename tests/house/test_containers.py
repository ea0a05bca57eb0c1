"""The container's files hold what docs/operating/containers.md says, and agree with the node's own code.

Whether the image builds and runs is tested where an engine for containers is: tests/journeys/test_container.py.
"""

import ipaddress
import json
import re
import tomllib
from typing import Any

from compose_spec import PyCompose
from packaging.specifiers import SpecifierSet

import hatch_build
from fedistream.app import healthcheck
from fedistream.app.config import Config
from fedistream.app.node import STOP_S
from fedistream.app.serve_command import serve
from tests.house.tree import PACKAGES, ROOT
from tests.kit import dockerfile

STAGES = dockerfile.parse((ROOT / "Dockerfile").read_text())
BASE, BUILD, LAST = STAGES
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PAGE = (ROOT / "docs" / "operating" / "containers.md").read_text()
VARIABLES = {str(parameter.envvar) for parameter in serve.params if parameter.envvar}


def service(name: str) -> dict[str, Any]:
    value: dict[str, Any] = PyCompose.from_yaml(COMPOSE).to_dict()["services"][name]
    return value


def seconds(words: str) -> float:
    return float(words.removesuffix("s"))


def test_the_image_stands_on_one_base_of_a_fixed_version_and_names_no_registry() -> None:
    assert [stage.image for stage in STAGES] == [BASE.image, BASE.name, BASE.name]
    assert re.fullmatch(r"python:\d+\.\d+-slim-[a-z]+", BASE.image)
    assert "://" not in (ROOT / "Dockerfile").read_text()


def test_the_image_has_a_python_that_the_project_is_made_for() -> None:
    version = re.findall(r"\d+\.\d+", BASE.image)[0]
    assert version in SpecifierSet(PROJECT["requires-python"])
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_the_last_stage_runs_as_a_numeric_user_other_than_root() -> None:
    user, group = map(int, LAST.only("USER").split(":"))
    assert user > 0
    assert group > 0
    assert [name for name, _ in LAST.steps][-1] == "CMD"
    (made,) = LAST.all("RUN")  # the only one, before USER: nothing is installed here
    assert f"--uid {user}" in made
    assert f"install --directory --owner {user} --group {group} --mode 0700 {LAST.only('VOLUME')}" in made


def test_the_last_stage_has_no_tools_to_build_with() -> None:
    assert LAST.all("COPY") == ["--from=build /opt/fedistream /opt/fedistream"]
    assert not re.search(r"\b(apt|apt-get|pip|uv|npm|gcc|make)\b", " ".join(LAST.all("RUN")))


def test_everything_is_installed_by_hash_or_is_the_wheel_that_was_just_made() -> None:
    for step in BUILD.all("RUN"):
        for install in re.findall(r"pip install .*?(?= && |$)", step):
            assert ("--require-hashes" in install) != ("--no-deps" in install and install.endswith(".whl")), install
    named = set(re.findall(r"--requirement (\S+)", " ".join(BUILD.all("RUN"))))
    assert named == {"requirements.lock", "locks/setup.lock", "locks/node.lock"}


def test_the_container_keeps_its_data_in_one_volume_and_listens_at_the_ports_of_the_flags() -> None:
    assert LAST.settings["FEDISTREAM_DATA_DIR"] == LAST.only("VOLUME")
    assert set(LAST.settings) - {"PATH"} <= VARIABLES
    assert LAST.only("EXPOSE").split() == [str(Config().port), str(Config().rtmp_port)]


def test_the_container_is_asked_for_its_health_and_is_given_the_time_to_answer() -> None:
    options, _, command = LAST.only("HEALTHCHECK").partition(" CMD ")
    assert json.loads(command) == ["python", "-m", healthcheck.__name__]
    assert seconds(re.findall(r"--timeout=(\S+)", options)[0]) > healthcheck.TIMEOUT_S
    same = {name.replace("-", "_"): value for name, value in re.findall(r"--([a-z-]+)=(\S+)", options)}
    checked = service("node")["healthcheck"]
    assert checked.pop("test") == ["CMD", *json.loads(command)]
    assert {name: str(value) for name, value in checked.items()} == same
    assert LAST.only("STOPSIGNAL") == "SIGTERM"
    assert json.loads(LAST.only("ENTRYPOINT")) == list(PROJECT["scripts"])
    assert json.loads(LAST.only("CMD")) == [serve.name]


def test_the_label_names_the_licence_of_the_project() -> None:
    assert f'licenses="{PROJECT["license"]}"' in LAST.only("LABEL")


def test_nothing_goes_into_the_build_but_what_it_needs() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line[0] == "!"}
    needed = {*PACKAGES, *hatch_build.INPUTS, hatch_build.BUNDLER, "templates", "pyproject.toml", ".npmrc"}
    needed |= {PROJECT["readme"], *PROJECT["license-files"], "requirements.lock", "locks"}
    assert let_in == needed
    assert all((ROOT / name).exists() for name in let_in)
    assert {"**/__pycache__", hatch_build.VENDOR, hatch_build.BUNDLES} <= set(lines)


def test_the_compose_file_is_valid_and_refers_to_nothing_that_it_lacks() -> None:
    PyCompose.from_yaml(COMPOSE).validate()


def test_the_compose_file_gives_variables_that_the_node_knows() -> None:
    assert set(service("node")["environment"]) <= VARIABLES


def test_every_variable_of_the_compose_file_is_in_the_example_and_no_other() -> None:
    asked = dict(re.findall(r"\$\{(\w+)(:[?-])", COMPOSE))
    assert set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE)) == set(asked)
    assert {name for name, kind in asked.items() if kind == ":?"} == {"FEDISTREAM_PUBLIC_URL", "POSTGRES_PASSWORD"}
    assert re.findall(r"^POSTGRES_PASSWORD=(.*)$", EXAMPLE, re.MULTILINE) == [""]  # nobody runs with the example's


def test_the_node_believes_the_proxys_address_alone() -> None:
    compose = PyCompose.from_yaml(COMPOSE).to_dict()
    address = service("caddy")["networks"]["front"]["ipv4_address"]
    assert service("node")["environment"]["FEDISTREAM_TRUSTED_PROXIES"] == address
    (pool,) = compose["networks"]["front"]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(pool["subnet"])


def test_the_pages_are_reached_through_the_proxy_alone_and_encoders_reach_the_node() -> None:
    assert service("node")["ports"] == [f"{Config().rtmp_port}:{Config().rtmp_port}"]
    assert "ports" not in service("postgres")
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    assert f"node:{Config().port}" in caddyfile
    assert set(re.findall(r"\{\$(\w+)", caddyfile)) - {"UPSTREAM"} == set(service("caddy")["environment"])


def test_each_service_waits_until_the_one_that_it_needs_is_healthy() -> None:
    assert service("node")["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert service("caddy")["depends_on"] == {"node": {"condition": "service_healthy"}}
    assert "healthcheck" in service("postgres")


def test_the_node_in_the_compose_file_has_its_volume_and_the_time_to_stop() -> None:
    assert service("node")["volumes"] == [f"data:{LAST.only('VOLUME')}"]
    assert service("node")["read_only"] is True
    assert seconds(service("node")["stop_grace_period"]) > STOP_S


def test_no_image_of_the_compose_file_is_of_a_version_that_changes_the_data() -> None:
    assert re.fullmatch(r"postgres:\d+", service("postgres")["image"])
    assert re.fullmatch(r"caddy:\d+", service("caddy")["image"])
    assert "image" not in service("node")  # somebody else's image of that name would be pulled


def test_the_page_names_flags_and_variables_that_exist() -> None:
    flags = {name for parameter in serve.params for name in parameter.opts}
    assert set(re.findall(r"FEDISTREAM_[A-Z_]+", PAGE + EXAMPLE)) <= VARIABLES
    owncast = dict(re.findall(r"\| `(--[a-z-]+)`, `(\w+)` \|", PAGE, re.MULTILINE))
    assert set(owncast) <= flags
    assert all(variable == "FEDISTREAM_" + flag[2:].replace("-", "_").upper() for flag, variable in owncast.items())
    assert len(owncast) >= 5

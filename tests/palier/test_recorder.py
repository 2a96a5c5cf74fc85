"""The recorder: what it keeps of a program, what it refuses, and that it leaves nothing behind."""

from __future__ import annotations

import ast
import asyncio
import gc
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import builders
import pulumi
import pulumi_gcp as gcp
import pulumi_random as random
import pytest
from pulumi.runtime import config as engine_config
from pulumi.runtime import settings as engine_settings

from palier import project, recorder
from palier.errors import PalierError
from palier.facts import UNKNOWN, Facts

Deploy = Callable[..., Facts]
BUCKET = "gcp:storage/bucket:Bucket"


def foreign(folder: Path, program: str, **files: str) -> project.Project:
    """A Pulumi project that is not palier's, with a program and modules beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    for name, text in {"__main__": program, **files}.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return project.find(folder)


def run(folder: Path, program: str, config: Mapping[str, str] | None = None, **files: str) -> Facts:
    return recorder.record_project(foreign(folder, program, **files), "dev", config or {})


def refusal(folder: Path, program: str, **files: str) -> str:
    found = foreign(folder, program, **files)
    with pytest.raises(PalierError) as caught:
        recorder.record_project(found, "dev", {})
    return str(caught.value)


class Part(pulumi.ComponentResource):
    """A component with one bucket."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:parts:Part", name, {"size": 2}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = gcp.storage.Bucket(f"{name}-bucket", location="EU", opts=child)
        self.register_outputs(
            {"size": 2, "url": self.bucket.url, "token": pulumi.Output.secret("open sesame")}
        )


# What is kept


def test_a_component_and_its_child_are_recorded_with_their_parents(deploy: Deploy) -> None:
    facts = deploy(lambda: Part("part"))
    part, bucket = builders.only(facts, "Part"), builders.only(facts, "Bucket")
    assert (part.type, part.name, part.custom) == ("test:parts:Part", "part", False)
    assert (bucket.type, bucket.name, bucket.custom) == (BUCKET, "part-bucket", True)
    assert bucket.parent == part.urn
    assert part.parent == "urn:pulumi:test::test::pulumi:pulumi:Stack::test-test"
    assert len(facts) == 2, "the stack itself is no resource"


def test_inputs_and_outputs_of_a_component_are_kept_apart(deploy: Deploy) -> None:
    part = builders.only(deploy(lambda: Part("part")), "Part")
    assert part.inputs == {"size": 2}
    assert part.outputs == {"size": 2, "url": UNKNOWN, "token": "open sesame"}
    assert builders.only(deploy(lambda: Part("part")), "Bucket").outputs == {}


def test_protection_ignored_changes_and_dependencies_are_recorded(deploy: Deploy) -> None:
    def program() -> None:
        first = gcp.storage.Bucket("first", location="EU")
        options = pulumi.ResourceOptions(
            protect=True, ignore_changes=["labels", "cors"], depends_on=[first]
        )
        gcp.storage.Bucket("second", location="EU", opts=options)

    facts = deploy(program)
    first, second = (
        builders.only(facts, "Bucket", "first"),
        builders.only(facts, "Bucket", "second"),
    )
    assert second.protect
    assert second.ignore_changes == ("labels", "cors")
    assert second.dependencies == (first.urn,)
    assert (first.protect, first.ignore_changes, first.dependencies) == (False, (), ())


class Outer(pulumi.ComponentResource):
    """A component of components, of a type of its own."""

    def __init__(self, type_: str, name: str) -> None:
        super().__init__(type_, name)
        Part("part", pulumi.ResourceOptions(parent=self))


def test_a_urn_is_the_engines_own(deploy: Deploy) -> None:
    facts = deploy(lambda: [Outer("test:parts:One", "one"), gcp.storage.Bucket("b", location="EU")])
    assert builders.only(facts, "Bucket", "part-bucket").urn == (
        f"urn:pulumi:test::test::test:parts:One$test:parts:Part${BUCKET}::part-bucket"
    ), "the types of all its ancestors, as in a preview and an export"
    assert builders.only(facts, "Bucket", "b").urn == f"urn:pulumi:test::test::{BUCKET}::b"


def test_one_name_under_two_kinds_of_ancestors_is_two_resources(deploy: Deploy) -> None:
    facts = deploy(lambda: [Outer("test:parts:One", "one"), Outer("test:parts:Two", "two")])
    assert builders.names(facts, "Bucket") == ["part-bucket", "part-bucket"]


def test_a_value_that_flows_makes_a_dependency(deploy: Deploy) -> None:
    def program() -> None:
        bucket = gcp.storage.Bucket("bucket", location="EU")
        gcp.storage.BucketObject("object", bucket=bucket.name, content="hello")

    facts = deploy(program)
    bucket = builders.only(facts, "Bucket")
    assert builders.only(facts, "BucketObject").dependencies == (bucket.urn,)


def test_what_only_a_cloud_could_tell_is_unknown_and_not_absent(deploy: Deploy) -> None:
    def program() -> None:
        bucket = gcp.storage.Bucket("bucket", location="EU", name="named")
        gcp.storage.BucketObject(
            "object",
            bucket=bucket.name,
            name=bucket.self_link,
            content=bucket.url.apply(lambda url: f"see {url}"),
            metadata={"known": "yes", "unknown": bucket.id},
        )

    found = builders.only(deploy(program), "BucketObject")
    assert found.read("bucket") == "named", "what the program gave is known"
    assert found.read("name") is UNKNOWN
    assert found.read("content") is UNKNOWN
    assert found.read("metadata.unknown") is UNKNOWN
    assert found.read("metadata.known") == "yes"
    assert found.read("detectMd5hash") is None, "what nobody gave is absent"


def test_secrets_are_unwrapped_and_unknown_secrets_stay_unknown(deploy: Deploy) -> None:
    def program() -> None:
        password = random.RandomPassword("password", length=16)
        gcp.sql.User(
            "user",
            instance=pulumi.Output.secret("db"),
            password=password.result,
            name=pulumi.Output.secret(password.result),
        )
        gcp.storage.Bucket("bucket", location="EU", labels={"door": pulumi.Output.secret("closed")})

    facts = deploy(program)
    user = builders.only(facts, "sql/user:User")
    assert user.read("instance") == "db"
    assert user.read("password") is UNKNOWN
    assert user.read("name") is UNKNOWN
    assert builders.only(facts, "Bucket").read("labels") == {"door": "closed"}


def test_files_that_a_program_uploads_are_present(deploy: Deploy) -> None:
    def program() -> None:
        archive = pulumi.AssetArchive({"page": pulumi.StringAsset("hello")})
        gcp.storage.BucketObject("one", bucket="b", source=pulumi.StringAsset("hello"))
        gcp.storage.BucketObject("many", bucket="b", source=archive)

    facts = deploy(program)
    assert builders.only(facts, "BucketObject", "one").read("source.text") == "hello"
    many = builders.only(facts, "BucketObject", "many")
    assert many.read("source.assets.page.text") == "hello"


def test_a_component_may_take_another_resource_as_input(deploy: Deploy) -> None:
    class Holder(pulumi.ComponentResource):
        def __init__(self, name: str, bucket: gcp.storage.Bucket) -> None:
            super().__init__("test:parts:Holder", name, {"bucket": bucket})
            self.register_outputs({"bucket": bucket})

    facts = deploy(lambda: Holder("holder", gcp.storage.Bucket("bucket", location="EU")))
    bucket, holder = builders.only(facts, "Bucket"), builders.only(facts, "Holder")
    assert holder.read("bucket.urn") == bucket.urn
    assert holder.recorded("bucket.urn") == bucket.urn


def test_whole_numbers_are_integers_and_others_are_not(deploy: Deploy) -> None:
    def program() -> None:
        class Numbers(pulumi.ComponentResource):
            def __init__(self) -> None:
                inputs = {"whole": 5, "part": 0.5, "list": [1, 2.5], "big": 11_000_000}
                super().__init__("test:parts:Numbers", "numbers", inputs)

        Numbers()

    inputs = builders.only(deploy(program), "Numbers").inputs
    assert json.dumps(inputs, sort_keys=True) == (
        '{"big": 11000000, "list": [1, 2.5], "part": 0.5, "whole": 5}'
    ), "5.0 and 5 would differ between two feeds"


def test_an_update_like_monitor_answers_what_a_cloud_would(deploy: Deploy) -> None:
    def program() -> None:
        bucket = gcp.storage.Bucket("bucket", location="EU")
        gcp.storage.BucketObject("object", bucket=bucket.id, content="hello")

    assert builders.only(deploy(program), "BucketObject").read("bucket") is UNKNOWN
    known = builders.only(deploy(program, known=True), "BucketObject")
    assert known.read("bucket") == "bucket-id"


def test_config_project_and_stack_reach_the_program() -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        seen["users"] = pulumi.Config("shop").require_int("users")
        seen["sizes"] = pulumi.Config("shop").require_object("sizes")
        seen["names"] = (pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())

    recorder.record(
        program,
        project="shop",
        stack="dev",
        config={"shop:users": "50", "shop:sizes": '{"web": {"cpu_m": 200}}'},
    )
    assert seen == {"users": 50, "sizes": {"web": {"cpu_m": 200}}, "names": ("shop", "dev", True)}


# What is refused


@pytest.mark.parametrize(
    "call",
    [
        'gcp.compute.get_network(name="x")',
        'gcp.compute.get_network_output(name="x")',
        'gcp.storage.Bucket("b", location=gcp.compute.get_network_output(name="x").id)',
    ],
    ids=["plain", "output", "used"],
)
def test_a_look_up_fails_with_its_token(tmp_path: Path, call: str) -> None:
    message = refusal(tmp_path, f"import pulumi_gcp as gcp\n{call}\n")
    assert "the program looks up gcp:compute/getNetwork:getNetwork" in message
    assert "a plan may not depend on look-ups" in message


@pytest.mark.parametrize(
    ("read", "what"),
    [
        ('gcp.compute.Network.get("net", "projects/p/net")', "gcp:compute/network:Network net"),
        ('pulumi.export("a", pulumi.StackReference("org/p/dev"))', "StackReference org/p/dev"),
    ],
    ids=["resource", "stack"],
)
def test_reading_what_exists_fails_with_its_type(tmp_path: Path, read: str, what: str) -> None:
    message = refusal(tmp_path, f"import pulumi, pulumi_gcp as gcp\n{read}\n")
    assert f"{what}: a plan may not depend on look-ups" in message


TRANSFORMS = {
    "stack": "pulumi.runtime.register_resource_transform(lambda args: None)",
    "resource": """gcp.storage.Bucket(
            "b", location="EU", opts=pulumi.ResourceOptions(transforms=[lambda args: None])
        )""",
}


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_transforms_are_refused_and_neither_skipped_nor_waited_for(
    tmp_path: Path, kind: str
) -> None:
    program = f"""
        import pulumi
        import pulumi_gcp as gcp
        {TRANSFORMS[kind]}
    """
    assert "it uses transforms, whose effect only the engine can tell" in refusal(tmp_path, program)


def test_two_resources_with_one_urn_are_refused_by_it(tmp_path: Path) -> None:
    bucket = 'gcp.storage.Bucket("b", location="EU")\n'
    message = refusal(tmp_path, f"import pulumi_gcp as gcp\n{bucket}{bucket}")
    assert message == (f"two resources have the urn urn:pulumi:dev::shop::{BUCKET}::b")


FAILURES = [
    ("raise KeyError('users')", "__main__.py:1: KeyError: 'users'"),
    ("x = 1\n\nprint(x / 0)", "__main__.py:3: ZeroDivisionError: division by zero"),
    ("import parts\nparts.make()", "parts.py:2: ValueError: too small"),
    ("import absent_module", "__main__.py:1: ModuleNotFoundError: No module named 'absent_mod"),
    ("x = = 1", "__main__.py: SyntaxError: invalid syntax (__main__.py, line 1)"),
    ("import sys\nsys.exit('no budget')", "__main__.py:2: SystemExit: no budget"),
    ("import sys\nsys.exit(0)", "__main__.py:2: SystemExit: 0"),
    ("raise RuntimeError", "__main__.py:1: RuntimeError: no message"),
    ("raise RuntimeError('one\\ntwo\\nthree')", "__main__.py:1: RuntimeError: one"),
    (
        "import pulumi\npulumi.Config().require('users')",
        "__main__.py:2: ConfigMissingError: Missing required configuration variable 'shop:users'",
    ),
    (
        "import pulumi\npulumi.Output.from_input(1).apply(lambda one: one / 0)",
        "__main__.py:2: ZeroDivisionError: division by zero",
    ),
    (
        "import pulumi_gcp as gcp\ngcp.storage.Bucket('b', location='EU', color='red')",
        "__main__.py:2: TypeError: ",
    ),
]


@pytest.mark.parametrize(("program", "message"), FAILURES, ids=[text for text, _ in FAILURES])
def test_a_program_that_fails_says_where_and_why_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], program: str, message: str
) -> None:
    parts = "def make():\n    raise ValueError('too small')\n"
    found = refusal(tmp_path, program, parts=parts)
    assert found.startswith(message)
    assert len(found.splitlines()) == 1
    assert "Traceback" not in found
    assert capfd.readouterr() == ("", ""), "nothing else reaches the user"


def test_what_a_program_prints_is_kept_out_of_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, "print('hello')\n")
    assert capsys.readouterr() == ("", "hello\n"), "standard output is for what palier says"


def test_a_failure_that_others_wait_for_is_raised_and_not_waited_for(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_gcp as gcp
        one = gcp.storage.Bucket("b", location="EU")
        same = gcp.storage.Bucket("b", location="EU")
        after = gcp.storage.Bucket("after", location=same.url)
        pulumi.export("all", pulumi.Output.all(one.url, same.url, after.url))
    """
    assert refusal(tmp_path, program).startswith("two resources have the urn")


def test_a_failure_outside_the_project_names_the_program(tmp_path: Path) -> None:
    message = refusal(tmp_path, "import json\njson.loads('{')\n")
    assert message.startswith("__main__.py:2: JSONDecodeError: "), "its own last line, not json's"


def test_a_refusal_of_palier_itself_stays_as_it_is(tmp_path: Path) -> None:
    program = "from palier.errors import PalierError\nraise PalierError('palier:users: missing')\n"
    assert refusal(tmp_path, program) == "palier:users: missing"


def test_a_failed_look_up_leaves_no_noise_behind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    program = """
        import pulumi_gcp as gcp
        network = gcp.compute.get_network_output(name="x")
        for number in range(3):
            gcp.storage.Bucket(f"b{number}", location=network.id)
    """
    assert "looks up" in refusal(tmp_path, program)
    gc.collect()  # an exception that nobody asked for is logged when it is forgotten
    assert capfd.readouterr() == ("", "")
    assert [record.message for record in caplog.records] == []


# What is left behind: nothing


@pytest.mark.parametrize("program", ["import pulumi", "raise KeyError('x')"], ids=["well", "ill"])
def test_the_process_is_as_it_was_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "argv", ["palier", "plan"])
    monkeypatch.setattr(sys, "path", [*sys.path, "/some/where"])
    before = (list(sys.path), list(sys.argv), Path.cwd())
    config = dict(engine_config.CONFIG.get())
    root = engine_settings.get_root_resource()
    program = f"import sys\nsys.path.append('/left'); sys.argv.append('left')\n{program}\n"
    try:
        run(tmp_path / "shop", program, {"shop:a": "1"})
    except PalierError:
        assert "KeyError" in program
    assert (list(sys.path), list(sys.argv), Path.cwd()) == before
    assert engine_config.CONFIG.get() == config, "the next recording must not see this config"
    assert engine_settings.get_root_resource() is root
    assert engine_settings.get_stack() != "dev", "nor this stack"


def test_a_program_runs_where_the_engine_would_run_it(tmp_path: Path) -> None:
    program = """
        import os, sys, pulumi
        class Seen(pulumi.ComponentResource):
            pass
        Seen("test:parts:Seen", "seen", {
            "cwd": os.getcwd(), "path": sys.path[0], "argv": sys.argv[1:], "name": __name__,
        })
    """
    seen = builders.only(run(tmp_path, program), "Seen").inputs
    assert seen == {"cwd": str(tmp_path), "path": str(tmp_path), "argv": [], "name": "__main__"}


def test_a_failed_recording_does_not_spoil_the_next_one(tmp_path: Path, deploy: Deploy) -> None:
    failing = """
        import pulumi, pulumi_gcp as gcp
        bucket = gcp.storage.Bucket("b", location="EU")
        pulumi.Output.all(bucket.url, pulumi.StackReference("org/p/dev").outputs).apply(print)
        raise KeyError("x")
    """
    for number in range(3):
        refusal(tmp_path / str(number), failing)
    assert len(deploy(lambda: Part("part"))) == 2


def test_two_recordings_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_gcp as gcp
        from naming import PREFIX
        extra = pulumi.Config().get("extra") or "none"
        gcp.storage.Bucket(f"{PREFIX}-{extra}", location="EU")
    """
    first = run(tmp_path / "a", program, {"shop:extra": "some"}, naming="PREFIX = 'first'\n")
    second = run(tmp_path / "b", program, naming="PREFIX = 'second'\n")
    assert builders.names(first, "Bucket") == ["first-some"]
    assert builders.names(second, "Bucket") == ["second-none"], "config and modules are its own"


def test_a_module_of_this_process_does_not_shadow_the_programs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = type(sys)("settings")
    monkeypatch.setitem(sys.modules, "settings", mine)
    program = """
        import settings, pulumi_gcp as gcp
        gcp.storage.Bucket(settings.NAME, location="EU")
    """
    facts = run(tmp_path, program, settings="NAME = 'theirs'\n")
    assert builders.names(facts, "Bucket") == ["theirs"]
    assert sys.modules["settings"] is mine, "and gets its place back"


def test_the_same_program_recorded_twice_gives_the_same_facts(tmp_path: Path) -> None:
    program = """
        import pulumi_gcp as gcp
        for number in range(20):
            gcp.storage.Bucket(f"b{number}", location="EU")
    """
    found = foreign(tmp_path, program)
    once, again = (recorder.record_project(found, "dev", {}) for _ in range(2))
    assert once == again
    assert len(once) == 20


def test_a_recording_needs_no_loop_and_leaves_none(deploy: Deploy) -> None:
    deploy(lambda: Part("part"))
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


# A project that is not palier's


def test_a_foreign_project_is_recorded(tmp_path: Path) -> None:
    program = """
        import pulumi
        import pulumi_gcp as gcp
        from parts import bucket

        made = bucket("assets", pulumi.Config().require("location"))
        gcp.storage.BucketIAMMember(
            "readers", bucket=made.name, role="roles/storage.objectViewer", member="allUsers",
            opts=pulumi.ResourceOptions(parent=made),
        )
        pulumi.export("url", made.url)
    """
    parts = """
        import pulumi_gcp as gcp

        def bucket(name, location):
            return gcp.storage.Bucket(name, location=location, force_destroy=False)
    """
    found = foreign(tmp_path, program, parts=parts)
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  location: EU\n", encoding="utf-8")
    facts = recorder.record_project(found, "dev", found.config("dev"))
    bucket = builders.only(facts, "Bucket")
    assert bucket.inputs == {"location": "EU", "forceDestroy": False}
    reader = builders.only(facts, "BucketIAMMember")
    assert reader.parent == bucket.urn
    assert reader.urn == (
        f"urn:pulumi:dev::shop::{BUCKET}$gcp:storage/bucketIAMMember:BucketIAMMember::readers"
    )
    assert facts.component_of(reader) == "-", "it has no component"


def test_a_foreign_program_can_be_one_file_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "run.py").write_text("import near\nnear.make()\n", encoding="utf-8")
    (tmp_path / "infra" / "near.py").write_text(
        "import pulumi_gcp as gcp\n\ndef make():\n    gcp.storage.Bucket('b', location='EU')\n",
        encoding="utf-8",
    )
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nmain: infra/run.py\n", encoding="utf-8"
    )
    facts = recorder.record_project(project.find(tmp_path), "dev", {})
    assert builders.names(facts, "Bucket") == ["b"]


def test_a_program_that_creates_nothing_has_no_facts(tmp_path: Path) -> None:
    assert len(run(tmp_path, "import pulumi\npulumi.export('a', 1)\n")) == 0


def test_an_asynchronous_program_is_recorded_too(tmp_path: Path) -> None:
    program = """
        import pulumi, pulumi_gcp as gcp

        async def main():
            gcp.storage.Bucket("late", location="EU")
            return {"a": 1}

        pulumi.run(main)
    """
    assert builders.names(run(tmp_path, program), "Bucket") == ["late"]


# What importing costs


PALIER = builders.ROOT / "palier"
MODULES = sorted(PALIER.rglob("*.py"))
PURE = [
    "palier.cli", "palier.data_sizes", "palier.errors", "palier.facts", "palier.load",
    "palier.overrides", "palier.phase_pods", "palier.phases", "palier.pod_sizes",
    "palier.project", "palier.sites", "palier.sizes", "palier.sizing", "palier.sql_tiers",
    "palier.workloads",
    *(f"palier.{folder}.{file.stem}"
      for folder in ("budget", "cost", "feeds", "gate", "provider", "rules")
      for file in sorted((PALIER / folder).glob("[!_]*.py")) if file.stem != "analyzer"),
]  # fmt: skip
"""What needs no program to run: sizes, prices and verdicts. An analyzer is the SDK's own."""


def loaded(*modules: str) -> set[str]:
    """Top-level packages in a fresh process that has imported these."""
    lines = [*(f"import {name}" for name in modules), "import sys", "print(*sys.modules)"]
    done = subprocess.run(  # noqa: S603 this interpreter
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True, text=True, check=True, cwd=builders.ROOT, env=dict(os.environ),
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_palier_loads_no_pulumi_and_no_provider() -> None:
    found = loaded("palier")
    assert "palier" in found
    assert not {name for name in found if name.startswith("pulumi")}


def test_what_prices_and_judges_loads_no_pulumi_either() -> None:
    found = loaded(*PURE)
    assert not {name for name in found if name.startswith("pulumi")}, (
        "a second of start-up for every command, and no property test in milliseconds"
    )


def imported(file: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(builders.ROOT)))
def test_no_module_of_palier_imports_a_provider_or_the_program(file: Path) -> None:
    forbidden = {"pulumi_gcp", "pulumi_kubernetes", "pulumi_random", "components", "stacks",
                 "policies", "settings", "topology"}  # fmt: skip
    assert not imported(file) & forbidden, "palier must also run for a project that is not this one"


def test_the_scan_sees_imports_where_they_are() -> None:
    assert "pulumi" in imported(builders.ROOT / "palier" / "recorder.py")
    assert "pulumi_gcp" in imported(builders.ROOT / "stacks" / "topology.py")
    assert len(MODULES) > len(PURE) > 15

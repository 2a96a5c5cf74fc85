"""Servers come from Debian's packages, and are only started by whoever wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from palier.errors import PalierError
from tools import debian

APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND|$*|$(cat "{policy}" | tail -1)|$(cat "{cluster}")" >> "{log}"
[ "$3" = fail ] && exit 100
for program in {programs}; do
    [ "$4" = install ] && printf '#!/bin/sh\\n' > "{bin}/$program" && chmod 755 "{bin}/$program"
done
exit {code}
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian with nothing on it, and root on it."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setattr(debian, "POSTGRES", tmp_path / "postgresql")
    monkeypatch.setattr(debian, "ADMIN", ())
    monkeypatch.setattr(debian, "POLICY", tmp_path / "sbin" / "policy-rc.d")
    monkeypatch.setattr(debian, "NO_CLUSTER", tmp_path / "etc" / "createcluster.d" / "none.conf")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path


def apt(machine: Path, *programs: str, code: int = 0) -> None:
    """An apt-get that brings some programs."""
    text = APT.format(
        policy=debian.POLICY, cluster=debian.NO_CLUSTER, log=machine / "log", bin=machine / "bin",
        programs=" ".join(programs), code=code,
    )  # fmt: skip
    program(
        machine / "bin" / "apt-get", f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text.partition(chr(10))[2]}"
    )


def program(file: Path, text: str = "#!/bin/sh\n") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def test_what_is_missing_is_installed_with_no_question_and_no_service(machine: Path) -> None:
    program(machine / "bin" / "git")
    apt(machine, *debian.PACKAGES)
    wanted = ["postgresql", "pgbouncer", "redis-server", "haproxy", "prometheus"]
    assert debian.provide() == wanted
    steps = [line.split("|") for line in (machine / "log").read_text().splitlines()]
    assert [step[1].split()[3:] for step in steps] == [
        ["update"], ["install", "--yes", "--no-install-recommends", *wanted],
    ]  # fmt: skip
    for step in steps:
        assert (step[0], step[2]) == ("noninteractive", "exit 101"), "no service may start"
        assert step[3] == "create_main_cluster = false"
    assert debian.provide() == [], "the second time there is nothing to do"


def test_what_was_lent_to_apt_is_gone_afterwards_and_what_was_there_stays(machine: Path) -> None:
    apt(machine, *debian.PACKAGES)
    program(debian.POLICY, "#!/bin/sh\nexit 101\n")
    debian.provide()
    assert debian.POLICY.read_text(encoding="utf-8") == "#!/bin/sh\nexit 101\n"
    assert not (machine / "etc").exists()


def test_what_was_lent_is_gone_when_apt_fails_as_well(machine: Path) -> None:
    apt(machine, code=100)
    with pytest.raises(PalierError, match="apt-get update failed"):
        debian.provide()
    assert not debian.POLICY.exists()
    assert not debian.NO_CLUSTER.exists()


def test_a_package_without_its_program_is_told(machine: Path) -> None:
    apt(machine, "git")
    with pytest.raises(PalierError, match=r"^installed, and still not there: postgresql pgbouncer"):
        debian.provide()


def test_who_is_not_root_is_told_what_to_install(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(machine)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PalierError) as refused:
        debian.provide()
    assert str(refused.value) == (
        "missing; as root, install: postgresql pgbouncer redis-server haproxy prometheus git"
    )
    assert not (machine / "log").exists()


@pytest.mark.usefixtures("machine")
def test_what_is_no_debian_is_told_so() -> None:
    with pytest.raises(PalierError, match=r"^missing; this is no Debian; install: postgresql"):
        debian.provide()


@pytest.mark.usefixtures("machine")
def test_a_program_that_is_not_there_is_told_with_its_package() -> None:
    with pytest.raises(PalierError) as refused:
        debian.need("pg_ctl")
    assert str(refused.value) == ("no pg_ctl; run: python -m tools.debian, or install postgresql")


def test_of_several_versions_of_postgresql_the_newest_is_taken(machine: Path) -> None:
    for version in ("9.6", "15", "9", "16"):
        program(machine / "postgresql" / version / "bin" / "pg_ctl")
    assert debian.find("pg_ctl") == machine / "postgresql" / "16" / "bin" / "pg_ctl"

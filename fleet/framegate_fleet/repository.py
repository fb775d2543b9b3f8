"""The Git repository that says what gateways should be."""

import subprocess
from pathlib import Path

from framegate_fleet.mistakes import Failure

# Facts of machines and of files, not wishes: they do not go back with a revision.
ENROLLED, MODELS = "enrolled", "models"
_WISHES = (".", f":(exclude){ENROLLED}", f":(exclude){MODELS}")
_BACK = "Fleet-Back-To"

_FLEET = """\
# How changes go out: so many gateways at a time, each wave watched for `hold` seconds before it is
# confirmed; one that is not confirmed goes back by itself `confirm` seconds after its commit.
name: {name}
waves: [1, 10%, all]
hold: 30
confirm: 300
variables:
  log_level: info
"""

_TEMPLATE = """\
# A gateway's configuration (docs/configuration.md); `gateway`, `site` and variables of your own
# stand in ${}.
gateway: {name: "${gateway}"}
log: {level: "${log_level}"}
interfaces:
  - {name: lan0, device: "net_af_packet0,iface=${interface}"}
kafka: {brokers: "${brokers}"}
api:
  https: {listen: "${listen}"}
"""

_SITE = """\
# Which gateways stand here, and what is theirs alone.
template: standard
variables:
  interface: eth0
  brokers: kafka1:9092
  listen: 0.0.0.0:8443
gateways: {}
"""


class Repository:
    """A folder with `fleet.yaml`, under Git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @classmethod
    def make(cls, folder: Path, name: str) -> "Repository":
        """A new one with a template and a site to begin with, committed."""
        if (folder / "fleet.yaml").exists():
            raise Failure(f"{folder} has a fleet.yaml already")
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder)
        (folder / "fleet.yaml").write_text(_FLEET.format(name=name))
        for path, text in (("templates/standard", _TEMPLATE), ("sites/first", _SITE)):
            file = folder / f"{path}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        if not (folder / ".git").exists():
            made.git("init", "--quiet")
        made.git("add", "fleet.yaml", "templates", "sites")
        made.commit(f"a fleet: {name}", "fleet.yaml", "templates", "sites")
        return made

    def git(self, *words: str) -> str:
        """One command of Git; what it printed."""
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().replace("\n", "; ")
            raise Failure(f"git {words[0]}: {said}")
        return done.stdout.strip()

    def commit(self, message: str, *paths: str) -> None:
        """Of these paths alone; as somebody when Git does not know who works here."""
        name = subprocess.run(
            ["git", "-C", str(self.folder), "config", "user.email"],
            capture_output=True,
            check=False,
        )
        who = () if name.returncode == 0 else (
            "-c", "user.name=framegate-fleet", "-c", "user.email=framegate-fleet@localhost",
        )  # fmt: skip
        subprocess_words = [*who, "commit", "--quiet", "--message", message]
        self.git(*subprocess_words, "--", *paths)

    @property
    def state(self) -> Path:
        """A folder for what is under way: in .git, so that it is never committed."""
        folder = self.folder / self.git("rev-parse", "--git-dir") / "framegate"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def revision(self) -> str:
        """The commit that everything is as it was in; refuses when files were changed since."""
        changed = self.git("status", "--porcelain")
        if changed:
            files = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines()[:5])
            text = f"not committed: {files}: `git commit` first, to have a revision to go back to"
            raise Failure(text)
        return self.git("rev-parse", "HEAD")

    def go_back(self, to: str | None) -> str:
        """Makes a commit of what revision `to`, or the one before, was; returns that revision."""
        self.revision()
        target = self.git("rev-parse", "--verify", f"{to}^{{commit}}") if to else self._before()
        self.git("rm", "-r", "--quiet", "--ignore-unmatch", "--", *_WISHES)
        self.git("checkout", "--quiet", target, "--", *_WISHES)
        if not self.git("status", "--porcelain"):
            raise Failure(f"{target[:10]} is what there is already")
        message = f"back to {target[:10]}\n\n{_BACK}: {target}"
        self.commit(message, ".")
        return target

    def _before(self) -> str:
        """The revision before the newest change of a wish, or before what that went back to."""
        wishes = ("--", *_WISHES)
        newest = self.git("log", "-1", "--format=%H", *wishes)
        back = self.git("log", "-1", f"--format=%(trailers:key={_BACK},valueonly)", newest)
        found = self.git("log", "-2", "--format=%H", back or newest, *wishes).split()
        if len(found) < 2:
            raise Failure("there is no revision before this one")
        return found[1]

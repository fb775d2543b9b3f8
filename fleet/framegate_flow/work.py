"""What a step has at hand while it is carried out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from framegate_flow.declaration import Flow, digest
from framegate_flow.record import Run, Step
from framegate_flow.site import Site


@dataclass
class Work:
    """One step of one run, in the process that carries it out."""

    run: Run
    flow: Flow
    step: Step
    after: list[str]
    site_name: str
    lock: int

    def given(self, kind: str) -> dict[str, Any]:
        """What a step has given: that of this site, or the one of all."""
        name = f"{kind}.{self.site_name}" if self.site_name else kind
        return self.run.step(name).outputs or self.run.step(kind).outputs

    def of_site(self, kind: str, site: str) -> dict[str, Any]:
        """What a site's step has given."""
        return self.run.step(f"{kind}.{site}").outputs

    def before(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The sites whose step of this kind comes before this one, with what it gave."""
        for name in self.after:
            of, _, site = name.partition(".")
            if of == kind:
                yield site, self.run.step(name).outputs

    def inputs(self) -> dict[str, str]:
        """What the steps before have given, each by its digest."""
        return {name: digest(self.run.step(name).outputs) for name in self.after}

    def site(self) -> Site:
        """The one that this step is about."""
        return Site(self.site_name, self.flow.sites[self.site_name], self.lock)

    def progress(self, text: str) -> None:
        """How far it is, for people who look."""
        if text != self.step.progress:
            self.step.progress = text
            self.run.keep(self.step)

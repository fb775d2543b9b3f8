"""Dagster below it: it runs the steps in processes, tries them again, and knows what is left.

What steps give each other lies in the run's folder, not in the engine: an operator can read it, and
a step that was over when everything was killed is not carried out again.
"""

import os
import time
from pathlib import Path
from typing import Any

import dagster
from dagster import (
    Backoff,
    DagsterInstance,
    DependencyDefinition,
    GraphDefinition,
    In,
    MultiDependencyDefinition,
    Nothing,
    OpDefinition,
    OpExecutionContext,
    ReexecutionOptions,
    RetryPolicy,
    RunsFilter,
    build_reconstructable_job,
    multiprocess_executor,
)

from framegate_flow.declaration import Flow
from framegate_flow.graph import Node, nodes
from framegate_flow.mistakes import Away, Failure, Final
from framegate_flow.record import Run
from framegate_flow.work import Work

_TAG = "framegate/run"
_SETTINGS = """\
telemetry: {enabled: false}
python_logs: {python_log_level: CRITICAL}
"""


def open_instance(state: Path) -> DagsterInstance:
    """The engine's own account, SQLite in a folder of the state's."""
    home = state / "engine"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(_SETTINGS)
    os.environ["DAGSTER_HOME"] = str(home)
    return DagsterInstance.get()


def job_of(folder: str) -> Any:
    """The engine's job of a run; each process makes it anew of the run's folder."""
    run = Run(Path(folder))
    flow = run.flow
    made = nodes(flow)
    names = {node.name: node.engine_name for node in made}
    edges = {
        node.engine_name: {
            "after": MultiDependencyDefinition(
                [DependencyDefinition(names[it]) for it in node.after]
            )
        }
        for node in made
        if node.after
    }
    executor = multiprocess_executor.configured(
        {
            "max_concurrent": flow.parallel,
            "start_method": {"forkserver": {"preload_modules": ["framegate_flow.preloaded"]}},
        }
    )
    return GraphDefinition(
        name=f"flow_{flow.name}".replace("-", "_"),
        node_defs=[_op(run, flow, node) for node in made],
        dependencies=edges,
    ).to_job(executor_def=executor)


def _op(run: Run, flow: Flow, node: Node) -> OpDefinition:
    def compute(context: OpExecutionContext, _inputs: Any) -> Any:
        last = context.retry_number >= flow.retry["times"]
        try:
            given = carry_out(run, flow, node, last)
        except Final as error:
            raise dagster.Failure(str(error), allow_retries=False) from None
        yield dagster.Output(None, metadata={"given": dagster.JsonMetadataValue(given)})

    return OpDefinition(
        name=node.engine_name,
        ins={"after": In(Nothing)} if node.after else {},
        outs={"result": dagster.Out(Nothing)},
        compute_fn=compute,
        retry_policy=RetryPolicy(
            max_retries=flow.retry["times"],
            delay=flow.retry["delay"],
            backoff=Backoff.EXPONENTIAL,
        ),
    )


def carry_out(run: Run, flow: Flow, node: Node, last: bool) -> dict[str, Any]:
    """Does one step, unless that was done with the same things given; what it gives.

    A site that does not do it at the `last` try is a result, not the end of the run: the others go
    on, and `resume` tries it again.
    """
    with run.alone(node.name) as lock:
        step = run.step(node.name)
        work = Work(run, flow, step, node.after, node.site, lock)
        inputs = work.inputs()
        if step.state == "done" and step.inputs == inputs:
            return step.outputs
        step.state, step.inputs, step.progress, step.outputs = "running", inputs, "", {}
        step.attempts += 1
        step.began, step.ended = step.began or time.time(), 0
        run.keep(step)
        try:
            step.outputs = node.kind.do(work)
            step.state = "done"
        except Exception as error:
            text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
            step.errors.append(text)
            step.state = "failed" if last or isinstance(error, Final) else "retrying"
            if not last or not node.site:
                raise
            outcome = "away" if isinstance(error, Away) else "failed"
            step.outputs, step.state = {"outcome": outcome, "why": text}, "done"
        finally:
            step.ended = time.time()
            run.keep(step)
        return step.outputs


def execute(instance: DagsterInstance, run: Run, only: list[str]) -> bool:
    """Runs the steps, or `only` some where the others are over; False: one failed for good."""
    job = build_reconstructable_job(
        "framegate_flow.engine",
        "job_of",
        reconstructable_args=(str(run.folder),),
    )
    again = None
    if earlier := instance.get_runs(RunsFilter(tags={_TAG: run.id}), limit=1):
        last = earlier[0]
        if not last.is_finished:
            instance.report_run_failed(last, "its process was killed")
        names = {node.name: node.engine_name for node in nodes(run.flow)}
        again = ReexecutionOptions(
            parent_run_id=last.run_id, step_selection=[names[it] for it in only]
        )
    with dagster.execute_job(
        job,
        instance,
        tags={_TAG: run.id},
        raise_on_error=False,
        reexecution_options=again,
    ) as result:
        return result.success

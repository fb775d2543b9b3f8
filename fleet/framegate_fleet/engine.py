"""Many gateways at a time: pyinfra's inventory, connections, facts and pool, over their API."""

import atexit
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import gevent
from pyinfra.api import Config, FactBase, Inventory, State, StringCommand
from pyinfra.api.host import Host
from pyinfra.connectors.base import BaseConnector
from pyinfra.connectors.util import CommandOutput, OutputLine
from pyinfra.context import ctx_host, ctx_state

from framegate_fleet import client
from framegate_fleet.client import Reply
from framegate_fleet.desired import Fleet, Gateway

T = TypeVar("T")

# What pyinfra says of facts and hosts is for shells; ours is said by the commands.
logging.getLogger("pyinfra").setLevel(logging.CRITICAL)


def _exchange(fleet: Fleet) -> Any:
    # Kafka's client is loaded by those who have gateways behind it.
    from framegate_fleet.topic import Exchange, own_properties

    topic = fleet.topic
    properties = {**topic["properties"], **own_properties()}
    exchange = Exchange(topic["brokers"], topic["commands"], topic["replies"], properties)
    atexit.register(exchange.close)
    return exchange


class ApiConnector(BaseConnector):
    """Its commands are requests: a JSON object with `method`, `path` and `body`."""

    handles_execution = True

    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        yield name, {}, []

    def run_shell_command(
        self, command: StringCommand, print_output: bool, print_input: bool, **_: Any
    ) -> tuple[bool, CommandOutput]:
        wish = json.loads(command.get_raw_value())
        data = self.host.data
        if data.exchange:
            reply = data.exchange.ask(self.host.name, timeout=data.timeout, **wish)
            return True, CommandOutput([OutputLine("stdout", json.dumps(reply))])
        reply = client.ask(data.address, data.fingerprint, data.token, timeout=data.timeout, **wish)
        return True, CommandOutput([OutputLine("stdout", json.dumps(reply))])

    def put_file(self, *_: Any, **__: Any) -> bool:
        raise NotImplementedError("files do not go over the API")

    def get_file(self, *_: Any, **__: Any) -> bool:
        raise NotImplementedError("files do not come over the API")


class Answer(FactBase[Reply]):
    """What a gateway answers to one request."""

    def command(self, method: str, path: str, body: object) -> StringCommand:
        return StringCommand(json.dumps({"method": method, "path": path, "body": body}))

    def process(self, output: list[str]) -> Reply:
        return Reply(*json.loads(next(iter(output))))


class Contact:
    """One gateway that can be asked."""

    def __init__(self, state: State, host: Host, gateway: Gateway) -> None:
        self.gateway = gateway
        self._state = state
        self._host = host

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        """One request below /api/v1/."""
        with ctx_state.use(self._state), ctx_host.use(self._host):
            return self._host.get_fact(Answer, method=method, path=path, body=body)


class Engine:
    """The gateways of a fleet that are enrolled and whose tokens are known."""

    def __init__(self, fleet: Fleet, tokens: dict[str, str]) -> None:
        reachable = [
            g for g in fleet.gateways.values() if g.by_topic or (g.enrolled and g.name in tokens)
        ]
        exchange = _exchange(fleet) if any(g.by_topic for g in reachable) else None
        hosts = [
            (
                gateway.name,
                {
                    "address": gateway.address,
                    "fingerprint": gateway.fingerprint,
                    "token": tokens.get(gateway.name, ""),
                    "exchange": exchange if gateway.by_topic else None,
                    "timeout": fleet.timeout,
                },
            )
            for gateway in reachable
        ]
        groups = {
            group: ([g.name for g in reachable if group in g.groups], {})
            for group in sorted({group for g in reachable for group in g.groups})
        }
        inventory = Inventory((hosts, {}), **groups)
        for host in inventory:
            host.connector_cls = ApiConnector
        self._state = State(inventory, Config(PARALLEL=fleet.parallel))
        self.contacts = {
            host.name: Contact(self._state, host, fleet.gateways[host.name]) for host in inventory
        }

    def each(self, names: list[str], work: Callable[[Contact], T]) -> dict[str, T]:
        """Does something with each of these gateways, in parallel; the first error ends all."""
        jobs = {name: self._state.pool.spawn(work, self.contacts[name]) for name in names}
        try:
            gevent.joinall(list(jobs.values()), raise_error=True)
        finally:
            gevent.killall([job for job in jobs.values() if not job.ready()])
        return {name: job.value for name, job in jobs.items()}

"""What an administrator does with brokers: topics, their settings, and who may what."""

import time
from collections.abc import Callable, Iterable, Mapping

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from testbed import kafka_metadata, stopping
from testbed.kafka_metadata import Known

PATIENCE = 60  # seconds, of brokers that may have a busy machine


class KafkaAdmin:
    """Of the brokers with these addresses."""

    def __init__(self, brokers: str) -> None:
        self.brokers = brokers
        self._client: AdminClient | None = None

    def _admin(self) -> AdminClient:
        """The same one each time: the end of one is no small thing (see kafka_metadata)."""
        if self._client is None:
            soon = {"reconnect.backoff.max.ms": 500}
            self._client = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0} | soon)
        return self._client

    def _known(self) -> list[Known]:
        """What each broker knows."""
        return [kafka_metadata.ask(int(it.rsplit(":", 1)[1])) for it in self.brokers.split(",")]

    def topics(self) -> set[str]:
        """Those that there are, as the first broker knows it that answers."""
        return set(self._known()[0].topics)

    def _wait(self, true: Callable[[], bool], otherwise: str) -> None:
        """What the controller has answered, brokers hear a moment later."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if true():
                    return
            except (OSError, KafkaException):
                pass
            if time.monotonic() > end:
                raise RuntimeError(f"{self.brokers}: {otherwise}")
            stopping.pause(0.05)

    def create_topics(
        self,
        names: Iterable[str],
        partitions: int = 3,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Creates topics and waits until they exist; `settings` hold from the first record on."""
        topics = [self._new_topic(name, partitions) for name in names]
        for topic in topics:
            topic.config = dict(settings or {})
        self._create(topics)

    def _new_topic(self, name: str, partitions: int) -> NewTopic:
        return NewTopic(name, num_partitions=partitions, replication_factor=1)

    def _create(self, topics: list[NewTopic]) -> None:
        admin = self._admin()
        for done in admin.create_topics(topics, operation_timeout=15).values():
            done.result(PATIENCE)

        def are_led(known: Known) -> bool:
            partitions = [known.topics.get(it.topic, {}) for it in topics]
            return all(it and all(one.leader >= 0 for one in it.values()) for it in partitions)

        self._wait(lambda: all(map(are_led, self._known())), "new topics have no leaders")

    def delete_topics(self, names: Iterable[str]) -> None:
        """Deletes topics and waits until they are gone."""
        gone = set(names)
        admin = self._admin()
        for done in admin.delete_topics(list(gone), operation_timeout=15).values():
            done.result(PATIENCE)
        self._wait(
            lambda: not any(gone & set(it.topics) for it in self._known()), "topics do not go"
        )

    def set_topic(self, name: str, key: str, value: str) -> None:
        """Changes one setting of a topic, which holds a moment later."""
        change = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[change])
        admin = self._admin()
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(PATIENCE)

    def deny_writing(self, name: str) -> AclBinding:
        """Lets nobody write to a topic any more; the answer is for allow_writing()."""
        return self._rule(ResourceType.TOPIC, name, AclOperation.WRITE, AclPermissionType.DENY)

    def deny(self, kind: ResourceType, name: str, operation: AclOperation) -> AclBinding:
        """Takes one right on a topic or a group from everybody, and leaves them all others."""
        self._rule(kind, name, AclOperation.ALL, AclPermissionType.ALLOW)
        return self._rule(kind, name, operation, AclPermissionType.DENY)

    def grant(self, user: str, name: str) -> None:
        """Lets a user do all to a topic; who has no such right may do nothing there any more."""
        self._rule(ResourceType.TOPIC, name, AclOperation.ALL, AclPermissionType.ALLOW, user)

    def _rule(
        self,
        kind: ResourceType,
        name: str,
        operation: AclOperation,
        permission: AclPermissionType,
        user: str = "ANONYMOUS",
    ) -> AclBinding:
        rule = AclBinding(
            kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, permission
        )
        admin = self._admin()
        for done in admin.create_acls([rule]).values():
            done.result(PATIENCE)
        self._wait(lambda: self._holds(rule), "a rule does not hold")
        return rule

    @staticmethod
    def _only(rule: AclBinding) -> AclBindingFilter:
        return AclBindingFilter(
            rule.restype,
            rule.name,
            rule.resource_pattern_type,
            rule.principal,
            rule.host,
            rule.operation,
            rule.permission_type,
        )

    def _holds(self, rule: AclBinding) -> bool:
        return bool(self._admin().describe_acls(self._only(rule)).result(PATIENCE))

    def allow(self, rule: AclBinding) -> None:
        """Takes a rule of deny() or deny_writing() back."""
        admin = self._admin()
        for done in admin.delete_acls([self._only(rule)]).values():
            done.result(PATIENCE)
        self._wait(lambda: not self._holds(rule), "a rule still holds")

    def delete_records(self, topic: str, ends: dict[int, int]) -> None:
        """Takes the records of each partition before an offset, as retention does."""
        wanted = [TopicPartition(topic, number, offset) for number, offset in ends.items()]
        admin = self._admin()
        for done in admin.delete_records(wanted).values():
            done.result(PATIENCE)

"""What an administrator does with brokers: topics, their settings, and who may what."""

from collections.abc import Iterable

from confluent_kafka import TopicPartition
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


class KafkaAdmin:
    """Of the brokers with these addresses."""

    def __init__(self, brokers: str) -> None:
        self.brokers = brokers

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})

    def create_topics(self, names: Iterable[str], partitions: int = 3) -> None:
        """Creates topics and waits until they exist."""
        self._create([self._new_topic(name, partitions) for name in names])

    def _new_topic(self, name: str, partitions: int) -> NewTopic:
        return NewTopic(name, num_partitions=partitions, replication_factor=1)

    def _create(self, topics: list[NewTopic]) -> None:
        admin = self._admin()
        for done in admin.create_topics(topics, operation_timeout=15).values():
            done.result(20)

    def delete_topics(self, names: Iterable[str]) -> None:
        """Deletes topics and waits until they are gone."""
        admin = self._admin()
        for done in admin.delete_topics(list(names), operation_timeout=15).values():
            done.result(20)

    def set_topic(self, name: str, key: str, value: str) -> None:
        """Changes one setting of a topic."""
        change = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[change])
        admin = self._admin()
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(20)

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
            done.result(20)
        return rule

    def allow(self, rule: AclBinding) -> None:
        """Takes a rule of deny() or deny_writing() back."""
        only = AclBindingFilter(
            rule.restype,
            rule.name,
            rule.resource_pattern_type,
            rule.principal,
            rule.host,
            rule.operation,
            rule.permission_type,
        )
        admin = self._admin()
        for done in admin.delete_acls([only]).values():
            done.result(20)

    def delete_records(self, topic: str, ends: dict[int, int]) -> None:
        """Takes the records of each partition before an offset, as retention does."""
        wanted = [TopicPartition(topic, number, offset) for number, offset in ends.items()]
        admin = self._admin()
        for done in admin.delete_records(wanted).values():
            done.result(20)

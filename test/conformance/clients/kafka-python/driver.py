"""Drives kafka-python, a client written in Python alone."""

import itertools
import logging

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.structs import OffsetAndMetadata

from driver_loop import members, Member, operation, raw, read_until_quiet, serve, text

WAIT_MS = 20_000
# How long a member polls until it has read something. When a poll's time ends during a join, kafka-python 3.0.12 joins
# once more, or, where it joined for partitions it learned of, loses the assignment for ever (KAFKA-9815 in Java).
JOIN_S = 5.0
ASSIGNORS = {"range": RangePartitionAssignor, "cooperative-sticky": CooperativeStickyAssignor}
# Every login of these tests but a few sends its password in the clear.
logging.getLogger("kafka.net.sasl.plain").setLevel(logging.ERROR)
producers = {}
numbers = itertools.count()


class Token(AbstractTokenProvider):
    def __init__(self, value):
        self.value = value

    def token(self):
        return self.value


def settings(on, **more):
    names = {
        "bootstrap": "bootstrap_servers",
        "protocol": "security_protocol",
        "mechanism": "sasl_mechanism",
        "username": "sasl_plain_username",
        "password": "sasl_plain_password",
        "caFile": "ssl_cafile",
        "certificateFile": "ssl_certfile",
        "keyFile": "ssl_keyfile",
    }
    config = {names[key]: value for key, value in on.items() if key in names}
    if "token" in on:
        config["sasl_oauth_token_provider"] = Token(on["token"])
    return {**config, "client_id": "conformance", "bootstrap_timeout_ms": 10_000, **more}


class Closing:
    """A client that is closed at the end of a `with` block."""

    def __init__(self, kind, config):
        self.client = kind(**config)

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.close()


def administer(on):
    return Closing(KafkaAdminClient, settings(on))


def name_of(partition):
    return f"{partition.topic}-{partition.partition}"


def incoming(record):
    return {
        "partition": record.partition,
        "offset": record.offset,
        "key": text(record.key),
        "value": text(record.value),
        "headers": [[name, text(value)] for name, value in record.headers],
        "timestamp": record.timestamp,
    }


def polled(consumer, timeout_s):
    found = consumer.poll(timeout_ms=int(timeout_s * 1000))
    return [record for records in found.values() for record in records]


def send(producer, topic, records):
    futures = [
        producer.send(
            topic,
            key=raw(record.get("key")),
            value=raw(record["value"]),
            headers=[(name, raw(value)) for name, value in record.get("headers", [])],
            partition=record.get("partition"),
            timestamp_ms=record.get("timestamp"),
        )
        for record in records
    ]
    producer.flush(WAIT_MS / 1000)
    for future in futures:
        future.get(WAIT_MS / 1000)


# Topics


@operation
def create_topic(on, topic, partitions, configs=None):
    options = {"num_partitions": partitions, "replication_factor": 1, "configs": configs or {}}
    with administer(on) as admin:
        admin.create_topics({topic: options})


@operation
def grow_topic(on, topic, partitions):
    with administer(on) as admin:
        admin.create_partitions({topic: partitions})


@operation
def delete_topic(on, topic):
    with administer(on) as admin:
        admin.delete_topics([topic])


@operation
def describe_topic(on, topic):
    with administer(on) as admin:
        return {"partitions": len(admin.describe_topics([topic])[0]["partitions"])}


@operation
def list_topics(on):
    with administer(on) as admin:
        return {"topics": admin.list_topics()}


# Records


@operation
def produce(on, topic, records, codec="none", idempotent=False):
    config = settings(
        on,
        enable_idempotence=idempotent,
        acks="all",
        compression_type=None if codec == "none" else codec,
        max_request_size=10_000_000,
        max_block_ms=WAIT_MS,
        delivery_timeout_ms=WAIT_MS,
        request_timeout_ms=WAIT_MS // 2,
    )
    with Closing(KafkaProducer, config) as producer:
        send(producer, topic, records)


@operation
def read(on, topic, count, committed=False):
    config = settings(
        on,
        auto_offset_reset="earliest",
        isolation_level="read_committed" if committed else "read_uncommitted",
        fetch_max_wait_ms=100,
    )
    with Closing(KafkaConsumer, config) as consumer:
        consumer.assign([TopicPartition(topic, each) for each in consumer.partitions_for_topic(topic)])
        records = read_until_quiet(lambda timeout: polled(consumer, timeout), count)
        return {"records": [incoming(record) for record in records]}


# Groups


class Watcher(ConsumerRebalanceListener):
    def __init__(self, member):
        self.member = member

    def on_partitions_assigned(self, assigned):
        self.member.gain([name_of(each) for each in assigned])

    def on_partitions_revoked(self, revoked):
        self.member.lose([name_of(each) for each in revoked])


@operation
def member_start(on, member, group, topics, protocol, sessionTimeoutMs, assignor=None, instanceId=None):
    config = settings(
        on,
        group_id=group,
        group_instance_id=instanceId,
        auto_offset_reset="earliest",
        auto_commit_interval_ms=200,
        fetch_max_wait_ms=100,
        session_timeout_ms=sessionTimeoutMs,
        heartbeat_interval_ms=300,
    )
    if assignor is not None:
        config["partition_assignment_strategy"] = (ASSIGNORS[assignor],)
    consumer = KafkaConsumer(**config)
    seen = members[member] = Member()
    consumer.subscribe(topics, listener=Watcher(seen))

    def loop():
        while not seen.stopping.is_set():
            seconds = 0.1 if seen.values else JOIN_S
            seen.values.extend(text(record.value) for record in polled(consumer, seconds))
        consumer.close()

    seen.run(loop)


def offsets_of(topic, offsets):
    return {
        TopicPartition(topic, int(partition)): OffsetAndMetadata(offset, "", -1)
        for partition, offset in offsets.items()
    }


@operation
def commit(on, group, topic, offsets):
    with administer(on) as admin:
        results = admin.alter_group_offsets(group, offsets_of(topic, offsets))
    for error in results.values():
        if error.errno != 0:
            raise error()


@operation
def committed(on, group, topic):
    with administer(on) as admin:
        found = admin.list_group_offsets({group: None})[group]
    return {
        "offsets": {
            str(each.partition): value.offset
            for each, value in found.items()
            if each.topic == topic and value.offset >= 0
        }
    }


@operation
def offsets_at(on, topic, timestamp):
    with Closing(KafkaConsumer, settings(on)) as consumer:
        found = consumer.offsets_for_times({TopicPartition(topic, 0): timestamp})
    return {"offsets": {str(each.partition): value.offset for each, value in found.items() if value}}


@operation
def groups(on):
    with administer(on) as admin:
        return {"groups": [group["group_id"] for group in admin.list_groups()]}


@operation
def describe_group(on, group):
    with administer(on) as admin:
        found = admin.describe_groups([group])[group]
    return {"state": found["group_state"], "members": len(found["members"])}


@operation
def delete_group(on, group):
    with administer(on) as admin:
        admin.delete_groups([group])


# Transactions


@operation
def txn_open(on, producer, transactionalId):
    client = KafkaProducer(**settings(on, transactional_id=transactionalId, max_block_ms=WAIT_MS))
    client.init_transactions()
    producers[producer] = client


@operation
def txn_begin(_, producer):
    producers[producer].begin_transaction()


@operation
def txn_send(_, producer, topic, records):
    send(producers[producer], topic, records)


@operation
def txn_offsets(_, producer, topic, group, offsets):
    producers[producer].send_offsets_to_transaction(offsets_of(topic, offsets), group)


@operation
def txn_commit(_, producer):
    producers[producer].commit_transaction()


@operation
def txn_abort(_, producer):
    producers[producer].abort_transaction()


@operation
def txn_close(_, producer):
    producers.pop(producer).close()


# Administration


@operation
def cluster(on):
    with administer(on) as admin:
        found = admin.describe_cluster()
    return {"id": found["cluster_id"], "brokers": [broker["broker_id"] for broker in found["brokers"]]}


@operation
def topic_configs(on, topic):
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    with administer(on) as admin:
        found = admin.describe_configs([resource], config_filter="all")
    entries = found["topic"][topic]
    return {"configs": {name: entry["value"] for name, entry in entries.items()}}


@operation
def set_topic_config(on, topic, name, value):
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
    with administer(on) as admin:
        result = admin.alter_configs([resource])["topic"][topic]
    if "Error" in str(result) and "NoError" not in str(result):
        raise RuntimeError(str(result))


@operation
def delete_records(on, topic, partition, before):
    with administer(on) as admin:
        admin.delete_records({TopicPartition(topic, partition): before})


def acl_of(acl):
    pattern = ResourcePattern(
        ResourceType[acl["resource"].upper()], acl["name"], ACLResourcePatternType[acl["pattern"].upper()]
    )
    operation = ACLOperation[acl["operation"].upper()]
    return ACL(acl["principal"], "*", operation, ACLPermissionType[acl["permission"].upper()], pattern)


@operation
def acl_create(on, **acl):
    with administer(on) as admin:
        admin.create_acls([acl_of(acl)])


@operation
def acls(on, name):
    pattern = ResourcePatternFilter(ResourceType.ANY, name, ACLResourcePatternType.ANY)
    any_of = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, pattern)
    with administer(on) as admin:
        found, _ = admin.describe_acls(any_of)
    return {
        "acls": [
            {
                "principal": each.principal,
                "resource": each.resource_pattern.resource_type.name.lower(),
                "name": each.resource_pattern.resource_name,
                "pattern": each.resource_pattern.pattern_type.name.lower(),
                "operation": each.operation.name.lower(),
                "permission": each.permission_type.name.lower(),
            }
            for each in found
        ]
    }


@operation
def acl_delete(on, **acl):
    with administer(on) as admin:
        admin.delete_acls([acl_of(acl)])


@operation
def user_create(on, name, password, mechanism):
    upsertion = UserScramCredentialUpsertion(name, ScramMechanism[mechanism.replace("-", "_")], password)
    with administer(on) as admin:
        admin.alter_user_scram_credentials([upsertion])


@operation
def users(on):
    with administer(on) as admin:
        found = admin.describe_user_scram_credentials()
    return {
        "users": {
            name: [info["mechanism"].name.replace("_", "-") for info in each["credential_infos"]]
            for name, each in found.items()
        }
    }


serve(kafka.__version__)

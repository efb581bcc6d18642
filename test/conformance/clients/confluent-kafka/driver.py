"""Drives confluent-kafka, which is librdkafka for Python."""

import itertools
import logging
import threading
import time

import confluent_kafka as ck
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka import admin as ca

from driver_loop import members, Member, operation, raw, read_until_quiet, serve, text

WAIT_S = 20
producers, admins = {}, {}
admins_lock = threading.Lock()
numbers = itertools.count()


class Fault:
    """Remembers the connection error that librdkafka reports besides its calls."""

    def __init__(self):
        self.error = None

    def __call__(self, error):
        if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL) or error.fatal():
            self.error = error

    def check(self):
        if self.error is not None:
            raise KafkaException(self.error)


def settings(on, **more):
    names = {
        "bootstrap": "bootstrap.servers",
        "protocol": "security.protocol",
        "mechanism": "sasl.mechanism",
        "username": "sasl.username",
        "password": "sasl.password",
        "caFile": "ssl.ca.location",
        "certificateFile": "ssl.certificate.location",
        "keyFile": "ssl.key.location",
    }
    config = {names[key]: value for key, value in on.items() if key in names}
    if on.get("mechanism") == "OAUTHBEARER":
        config = {key: value for key, value in config.items() if key not in ("sasl.username", "sasl.password")}
        config["oauth_cb"] = lambda _: (on["token"], on["tokenEndsMs"] / 1000)
    return {**config, "client.id": "conformance", "log_level": 0, **more}


def administer(on):
    """One admin client for each way to connect; its calls fail when the client is collected before they end."""
    key = tuple(sorted(on.items()))
    with admins_lock:
        if key not in admins:
            fault = Fault()
            admins[key] = ca.AdminClient(settings(on, error_cb=fault)), fault
        return admins[key]


def settle(futures):
    """Waits for all futures of an admin call and gives their results by name."""
    return {name: future.result(WAIT_S) for name, future in futures.items()}


def the(futures):
    """Waits for the only future of an admin call."""
    return next(iter(settle(futures).values()))


def name_of(partition):
    return f"{partition.topic}-{partition.partition}"


def incoming(message):
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": [[name, text(value)] for name, value in message.headers() or []],
        "timestamp": message.timestamp()[1],
    }


def send(producer, topic, records, fault):
    failures = []

    def delivered(error, _):
        if error is not None:
            failures.append(error)

    for record in records:
        where = {key: record[key] for key in ("partition", "timestamp") if key in record}
        headers = [(name, raw(value)) for name, value in record.get("headers", [])]
        producer.produce(
            topic,
            key=raw(record.get("key")),
            value=raw(record["value"]),
            headers=headers,
            on_delivery=delivered,
            **where,
        )
        producer.poll(0)
    end = time.monotonic() + WAIT_S
    while producer.flush(0.1) > 0 and time.monotonic() < end:
        fault.check()
    if failures:
        raise KafkaException(failures[0])
    fault.check()


# Topics


@operation
def create_topic(on, topic, partitions, configs=None):
    client, _ = administer(on)
    the(client.create_topics([ca.NewTopic(topic, partitions, 1, config=configs or {})]))


@operation
def grow_topic(on, topic, partitions):
    the(administer(on)[0].create_partitions([ca.NewPartitions(topic, partitions)]))


@operation
def delete_topic(on, topic):
    the(administer(on)[0].delete_topics([topic]))


@operation
def describe_topic(on, topic):
    return {"partitions": len(administer(on)[0].list_topics(topic, WAIT_S).topics[topic].partitions)}


@operation
def list_topics(on):
    client, fault = administer(on)
    end = time.monotonic() + WAIT_S
    while True:
        try:
            return {"topics": list(client.list_topics(timeout=1).topics)}
        except KafkaException:
            client.poll(0)
            fault.check()
            if time.monotonic() > end:
                raise


# Records


@operation
def produce(on, topic, records, codec="none", idempotent=False):
    fault = Fault()
    producer = ck.Producer(
        settings(
            on,
            **{
                "enable.idempotence": idempotent,
                "compression.type": codec,
                "message.max.bytes": 10_000_000,
                "linger.ms": 5,
                "error_cb": fault,
            },
        )
    )
    send(producer, topic, records, fault)


@operation
def read(on, topic, count, committed=False):
    fault = Fault()
    consumer = ck.Consumer(
        settings(
            on,
            **{
                "group.id": f"confluent-read-{next(numbers)}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed" if committed else "read_uncommitted",
                "check.crcs": True,
                "fetch.wait.max.ms": 100,
                "error_cb": fault,
            },
        )
    )
    try:
        partitions = partitions_of(consumer, topic, fault)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])

        def poll(timeout):
            messages = consumer.consume(1000, timeout)
            fault.check()
            for message in messages:
                if message.error() is not None:
                    raise KafkaException(message.error())
            return [incoming(message) for message in messages]

        return {"records": read_until_quiet(poll, count)}
    finally:
        consumer.close()


def partitions_of(consumer, topic, fault):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            return list(consumer.list_topics(topic, 1).topics[topic].partitions)
        except KafkaException:
            consumer.poll(0)
            fault.check()
    raise TimeoutError("no metadata")


# Groups


@operation
def member_start(on, member, group, topics, protocol, sessionTimeoutMs, assignor=None, instanceId=None):
    config = {
        "group.id": group,
        "group.protocol": protocol,
        "auto.offset.reset": "earliest",
        "auto.commit.interval.ms": 200,
        "fetch.wait.max.ms": 100,
        "error_cb": lambda error: logging.warning("%s", error),
    }
    if protocol == "classic":
        config |= {"session.timeout.ms": sessionTimeoutMs, "heartbeat.interval.ms": 300}
    if assignor is not None:
        config["partition.assignment.strategy"] = assignor
    if instanceId is not None:
        config["group.instance.id"] = instanceId
    consumer = ck.Consumer(settings(on, **config))
    seen = members[member] = Member()
    consumer.subscribe(
        topics,
        on_assign=lambda _, some: seen.gain([name_of(each) for each in some]),
        on_revoke=lambda _, some: seen.lose([name_of(each) for each in some]),
        on_lost=lambda _, some: seen.lose([name_of(each) for each in some]),
    )

    def loop():
        while not seen.stopping.is_set():
            message = consumer.poll(0.1)
            if message is None:
                continue
            if message.error() is None:
                seen.values.append(text(message.value()))
            elif message.error().fatal():
                raise KafkaException(message.error())
        consumer.close()

    seen.run(loop)


@operation
def commit(on, group, topic, offsets):
    partitions = [TopicPartition(topic, int(partition), offset) for partition, offset in offsets.items()]
    client, _ = administer(on)
    the(client.alter_consumer_group_offsets([ck.ConsumerGroupTopicPartitions(group, partitions)]))


@operation
def committed(on, group, topic):
    client, _ = administer(on)
    found = the(client.list_consumer_group_offsets([ck.ConsumerGroupTopicPartitions(group)]))
    return {
        "offsets": {
            str(each.partition): each.offset
            for each in found.topic_partitions
            if each.topic == topic and each.offset >= 0
        }
    }


@operation
def offsets_at(on, topic, timestamp):
    found = settle(
        administer(on)[0].list_offsets({TopicPartition(topic, 0): ca.OffsetSpec.for_timestamp(timestamp)})
    )
    return {"offsets": {str(each.partition): result.offset for each, result in found.items()}}


@operation
def groups(on):
    found = administer(on)[0].list_consumer_groups().result(WAIT_S)
    return {"groups": [group.group_id for group in found.valid]}


@operation
def describe_group(on, group):
    found = the(administer(on)[0].describe_consumer_groups([group]))
    return {"state": found.state.name, "members": len(found.members)}


@operation
def delete_group(on, group):
    the(administer(on)[0].delete_consumer_groups([group]))


# Transactions


@operation
def txn_open(on, producer, transactionalId):
    fault = Fault()
    client = ck.Producer(
        settings(on, **{"transactional.id": transactionalId, "linger.ms": 0, "error_cb": fault})
    )
    client.init_transactions(WAIT_S)
    producers[producer] = (client, fault, on)


@operation
def txn_begin(_, producer):
    producers[producer][0].begin_transaction()


@operation
def txn_send(_, producer, topic, records):
    client, fault, _ = producers[producer]
    send(client, topic, records, fault)


@operation
def txn_offsets(_, producer, topic, group, offsets):
    client, _, on = producers[producer]
    consumer = ck.Consumer(settings(on, **{"group.id": group}))
    partitions = [TopicPartition(topic, int(partition), offset) for partition, offset in offsets.items()]
    client.send_offsets_to_transaction(partitions, consumer.consumer_group_metadata(), WAIT_S)
    consumer.close()


@operation
def txn_commit(_, producer):
    producers[producer][0].commit_transaction(WAIT_S)


@operation
def txn_abort(_, producer):
    producers[producer][0].abort_transaction(WAIT_S)


@operation
def txn_close(_, producer):
    producers.pop(producer)


# Administration


@operation
def cluster(on):
    found = administer(on)[0].describe_cluster().result(WAIT_S)
    return {"id": found.cluster_id, "brokers": [node.id for node in found.nodes]}


def topic_resource(topic):
    return ca.ConfigResource(ca.ResourceType.TOPIC, topic)


@operation
def topic_configs(on, topic):
    found = the(administer(on)[0].describe_configs([topic_resource(topic)]))
    return {"configs": {name: entry.value for name, entry in found.items()}}


@operation
def set_topic_config(on, topic, name, value):
    operation = ca.AlterConfigOpType.SET
    entry = ca.ConfigEntry(name, value, incremental_operation=operation)
    resource = ca.ConfigResource(ca.ResourceType.TOPIC, topic, incremental_configs=[entry])
    the(administer(on)[0].incremental_alter_configs([resource]))


@operation
def delete_records(on, topic, partition, before):
    the(administer(on)[0].delete_records([TopicPartition(topic, partition, before)]))


def binding(kind, acl):
    return kind(
        ca.ResourceType[acl["resource"].upper()],
        acl["name"],
        ca.ResourcePatternType[acl["pattern"].upper()],
        acl["principal"],
        "*",
        ca.AclOperation[acl["operation"].upper()],
        ca.AclPermissionType[acl["permission"].upper()],
    )


@operation
def acl_create(on, **acl):
    the(administer(on)[0].create_acls([binding(ca.AclBinding, acl)]))


@operation
def acls(on, name):
    any_of = ca.AclBindingFilter(
        ca.ResourceType.ANY,
        name,
        ca.ResourcePatternType.ANY,
        None,
        None,
        ca.AclOperation.ANY,
        ca.AclPermissionType.ANY,
    )
    found = administer(on)[0].describe_acls(any_of).result(WAIT_S)
    return {
        "acls": [
            {
                "principal": each.principal,
                "resource": each.restype.name.lower(),
                "name": each.name,
                "pattern": each.resource_pattern_type.name.lower(),
                "operation": each.operation.name.lower(),
                "permission": each.permission_type.name.lower(),
            }
            for each in found
        ]
    }


@operation
def acl_delete(on, **acl):
    the(administer(on)[0].delete_acls([binding(ca.AclBindingFilter, acl)]))


@operation
def user_create(on, name, password, mechanism):
    kind = ca.ScramMechanism[mechanism.replace("-", "_")]
    upsertion = ca.UserScramCredentialUpsertion(name, ca.ScramCredentialInfo(kind, 4096), raw(password))
    the(administer(on)[0].alter_user_scram_credentials([upsertion]))


@operation
def users(on):
    found = administer(on)[0].describe_user_scram_credentials().result(WAIT_S)
    return {
        "users": {
            name: [info.mechanism.name.replace("_", "-") for info in each.scram_credential_infos]
            for name, each in found.items()
        }
    }


serve(f"{ck.__version__}, librdkafka {ck.libversion()[0]}")

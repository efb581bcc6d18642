import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.AppInfoParser;

/** Drives Kafka's own Java client: records, groups and transactions here, the admin client in Administration. */
public final class Driver {
    private static final long QUIET_MS = 300;
    private static final long READ_MS = 15_000;
    private static final Map<String, Member> MEMBERS = new ConcurrentHashMap<>();
    private static final Map<String, KafkaProducer<String, String>> PRODUCERS = new ConcurrentHashMap<>();

    private Driver() {}

    public static void main(String[] args) throws Exception {
        Map<String, DriverLoop.Operation> operations = new HashMap<>(Administration.operations());
        operations.put("describe-topic", Driver::describeTopic);
        operations.put("produce", Driver::produce);
        operations.put("read", Driver::read);
        operations.put("member-start", Driver::startMember);
        operations.put("member-state", (ask, on) -> MEMBERS.get(text(ask, "member")).state());
        operations.put("member-stop", (ask, on) -> {
            MEMBERS.remove(text(ask, "member")).stop();
            return null;
        });
        operations.put("offsets-at", Driver::offsetsAt);
        operations.put("txn-open", Driver::openTransactional);
        operations.put("txn-begin", transaction((producer, ask) -> producer.beginTransaction()));
        operations.put("txn-send", transaction((producer, ask) -> send(producer, ask)));
        operations.put("txn-offsets", transaction(Driver::sendOffsets));
        operations.put("txn-commit", transaction((producer, ask) -> producer.commitTransaction()));
        operations.put("txn-abort", transaction((producer, ask) -> producer.abortTransaction()));
        operations.put("txn-close", transaction((producer, ask) -> producer.close()));
        DriverLoop.serve(AppInfoParser.getVersion(), operations);
    }

    static String text(JsonNode ask, String name) {
        return ask.get(name).asText();
    }

    /** `{"0": 4}` of a topic, as the clients want it. */
    static Map<TopicPartition, OffsetAndMetadata> offsets(JsonNode ask) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        ask.get("offsets").fields().forEachRemaining(each -> offsets.put(
            new TopicPartition(text(ask, "topic"), Integer.parseInt(each.getKey())),
            new OffsetAndMetadata(each.getValue().asLong())));
        return offsets;
    }

    private static Object describeTopic(JsonNode ask, JsonNode on) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Settings.of(on))) {
            return Map.of("partitions", consumer.partitionsFor(text(ask, "topic")).size());
        }
    }

    private static Object produce(JsonNode ask, JsonNode on) throws Exception {
        Map<String, Object> settings = Settings.of(
            on,
            "acks", "all",
            "enable.idempotence", ask.path("idempotent").asBoolean(),
            "compression.type", ask.path("codec").asText("none"),
            "max.request.size", 10_000_000,
            "max.block.ms", 20_000,
            "delivery.timeout.ms", 20_000);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
            send(producer, ask);
        }
        return null;
    }

    private static void send(KafkaProducer<String, String> producer, JsonNode ask) throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        for (JsonNode each : ask.get("records")) {
            ProducerRecord<String, String> record = new ProducerRecord<>(
                text(ask, "topic"),
                each.hasNonNull("partition") ? each.get("partition").asInt() : null,
                each.hasNonNull("timestamp") ? each.get("timestamp").asLong() : null,
                each.hasNonNull("key") ? text(each, "key") : null,
                each.hasNonNull("value") ? text(each, "value") : null);
            for (JsonNode header : each.path("headers"))
                record.headers().add(header.get(0).asText(), header.get(1).asText().getBytes(StandardCharsets.UTF_8));
            sent.add(producer.send(record));
        }
        for (Future<?> each : sent) each.get(25, TimeUnit.SECONDS);
    }

    private static Object read(JsonNode ask, JsonNode on) {
        boolean committed = ask.path("committed").asBoolean();
        Map<String, Object> settings = Settings.of(
            on,
            "enable.auto.commit", false,
            "auto.offset.reset", "earliest",
            "fetch.max.wait.ms", 100,
            "isolation.level", committed ? "read_committed" : "read_uncommitted");
        int count = ask.get("count").asInt();
        List<Object> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (PartitionInfo each : consumer.partitionsFor(text(ask, "topic")))
                partitions.add(new TopicPartition(each.topic(), each.partition()));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = System.currentTimeMillis() + READ_MS;
            long lastSeen = System.currentTimeMillis();
            while (System.currentTimeMillis() < end) {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
                    records.add(incoming(each));
                    lastSeen = System.currentTimeMillis();
                }
                if (records.size() >= count && System.currentTimeMillis() - lastSeen > QUIET_MS) break;
            }
        }
        return Map.of("records", records);
    }

    private static Map<String, Object> incoming(ConsumerRecord<String, String> record) {
        List<List<String>> headers = new ArrayList<>();
        for (Header each : record.headers())
            headers.add(List.of(each.key(), new String(each.value(), StandardCharsets.UTF_8)));
        Map<String, Object> incoming = new HashMap<>();
        incoming.put("partition", record.partition());
        incoming.put("offset", record.offset());
        incoming.put("key", record.key());
        incoming.put("value", record.value());
        incoming.put("headers", headers);
        incoming.put("timestamp", record.timestamp());
        return incoming;
    }

    private static Object startMember(JsonNode ask, JsonNode on) {
        Map<String, Object> settings = Settings.of(
            on,
            "group.id", text(ask, "group"),
            "auto.offset.reset", "earliest",
            "auto.commit.interval.ms", 200,
            "fetch.max.wait.ms", 100);
        if (text(ask, "protocol").equals("consumer")) settings.put("group.protocol", "consumer");
        else {
            settings.put("session.timeout.ms", ask.get("sessionTimeoutMs").asInt());
            settings.put("heartbeat.interval.ms", 300);
            settings.put("partition.assignment.strategy", assignor(ask.path("assignor").asText("range")));
        }
        if (ask.has("instanceId")) settings.put("group.instance.id", text(ask, "instanceId"));
        MEMBERS.put(text(ask, "member"), new Member(new KafkaConsumer<>(settings), ask.get("topics")));
        return null;
    }

    private static String assignor(String name) {
        String kind = name.equals("range") ? "Range" : "CooperativeSticky";
        return "org.apache.kafka.clients.consumer." + kind + "Assignor";
    }

    private static Object offsetsAt(JsonNode ask, JsonNode on) {
        TopicPartition partition = new TopicPartition(text(ask, "topic"), 0);
        Map<String, Long> offsets = new TreeMap<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Settings.of(on))) {
            OffsetAndTimestamp found =
                consumer.offsetsForTimes(Map.of(partition, ask.get("timestamp").asLong())).get(partition);
            if (found != null) offsets.put("0", found.offset());
        }
        return Map.of("offsets", offsets);
    }

    private interface OnProducer {
        void run(KafkaProducer<String, String> producer, JsonNode ask) throws Exception;
    }

    private static DriverLoop.Operation transaction(OnProducer step) {
        return (ask, on) -> {
            step.run(PRODUCERS.get(text(ask, "producer")), ask);
            return null;
        };
    }

    private static Object openTransactional(JsonNode ask, JsonNode on) {
        String id = text(ask, "transactionalId");
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(Settings.of(on, "transactional.id", id, "max.block.ms", 20_000));
        producer.initTransactions();
        PRODUCERS.put(text(ask, "producer"), producer);
        return null;
    }

    private static void sendOffsets(KafkaProducer<String, String> producer, JsonNode ask) {
        producer.sendOffsetsToTransaction(offsets(ask), new ConsumerGroupMetadata(text(ask, "group")));
    }
}

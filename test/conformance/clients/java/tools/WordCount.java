import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;

/** Counts words exactly once: every word of the input topic gives its new count in the output topic. */
final class WordCount {
    private static KafkaStreams streams;

    private WordCount() {}

    static Map<String, DriverLoop.Operation> operations() {
        return Map.of(
            "word-count-start", (ask, on) -> start(ask, on),
            "word-count-state", (ask, on) -> Map.of("state", streams.state().name()),
            "word-count-stop", (ask, on) -> {
                streams.close(Duration.ofSeconds(20));
                return null;
            });
    }

    private static Object start(JsonNode ask, JsonNode on) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> lines = builder.stream(ask.get("from").asText());
        lines.flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word)
            .count()
            .toStream()
            .mapValues(count -> String.valueOf(count))
            .to(ask.get("to").asText(), Produced.with(Serdes.String(), Serdes.String()));

        Properties settings = new Properties();
        Settings.of(on).forEach((name, value) -> {
            if (!name.endsWith("serializer")) settings.put(name, value);
        });
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, ask.get("application").asText());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, ask.get("folder").asText());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        // Without a cache every single count is written, so that a lost or doubled one shows.
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put("consumer.session.timeout.ms", 6000);
        settings.put("consumer.heartbeat.interval.ms", 500);
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("producer.transaction.timeout.ms", 10_000);
        streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.REPLACE_THREAD);
        streams.start();
        return null;
    }
}

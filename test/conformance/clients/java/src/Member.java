import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** A group member that reads on a thread of its own and remembers what it saw. */
final class Member implements ConsumerRebalanceListener {
    private final KafkaConsumer<String, String> consumer;
    private final Thread thread = new Thread(this::poll, "member");
    private final TreeSet<String> assigned = new TreeSet<>();
    private final List<String> revoked = new ArrayList<>();
    private final List<String> values = new ArrayList<>();
    private volatile boolean stopping;
    private String error;

    Member(KafkaConsumer<String, String> consumer, JsonNode topics) {
        this.consumer = consumer;
        List<String> names = new ArrayList<>();
        topics.forEach(topic -> names.add(topic.asText()));
        consumer.subscribe(names, this);
        thread.setDaemon(true);
        thread.start();
    }

    synchronized Map<String, Object> state() {
        Map<String, Object> seen = new java.util.HashMap<>();
        seen.put("assigned", new ArrayList<>(assigned));
        seen.put("revoked", new ArrayList<>(revoked));
        seen.put("values", new ArrayList<>(values));
        if (error != null) seen.put("error", error);
        return seen;
    }

    void stop() throws InterruptedException {
        stopping = true;
        thread.join(20_000);
    }

    private void poll() {
        try {
            while (!stopping)
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100)))
                    synchronized (this) {
                        values.add(each.value());
                    }
            consumer.close();
        } catch (RuntimeException failure) {
            synchronized (this) {
                error = failure.toString();
            }
        }
    }

    @Override
    public synchronized void onPartitionsAssigned(Collection<TopicPartition> some) {
        some.forEach(each -> assigned.add(each.toString()));
    }

    @Override
    public synchronized void onPartitionsRevoked(Collection<TopicPartition> some) {
        for (TopicPartition each : some) {
            assigned.remove(each.toString());
            revoked.add(each.toString());
        }
    }
}

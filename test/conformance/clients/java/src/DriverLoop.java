import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves operations: one JSON object a line on standard input, one reply a line on standard output, side by side. */
final class DriverLoop {
    /** One operation: its arguments and how to connect, to its answer (null for none). */
    interface Operation {
        Object run(JsonNode ask, JsonNode on) throws Exception;
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private DriverLoop() {}

    /** Answers until its input ends; then nobody asks any more. */
    static void serve(String version, Map<String, Operation> operations) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request = JSON.readTree(line);
            threads.execute(() -> answer(request, version, operations));
        }
        Runtime.getRuntime().halt(0);
    }

    private static void answer(JsonNode request, String version, Map<String, Operation> operations) {
        ObjectNode reply = JSON.createObjectNode().put("id", request.get("id").asInt());
        String name = request.get("op").asText();
        Operation operation = operations.get(name);
        try {
            if (name.equals("version")) reply.put("ok", version);
            else if (operation == null) reply.put("error", "this driver has no operation " + name);
            else {
                Object answer = operation.run(request, request.get("on"));
                reply.set("ok", answer == null ? JSON.createObjectNode() : JSON.valueToTree(answer));
            }
        } catch (Throwable error) {
            reply.put("error", messages(error));
        }
        synchronized (OUT) {
            OUT.println(reply);
        }
    }

    private static String messages(Throwable error) {
        String own = error.getClass().getSimpleName() + ": " + error.getMessage();
        return error.getCause() == null ? own : own + "; " + messages(error.getCause());
    }
}

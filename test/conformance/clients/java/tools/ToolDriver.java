import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.common.utils.Exit;

/** Runs Kafka's command-line tools by their main methods, one after another in one JVM, and a Streams application. */
public final class ToolDriver {
    /** Thrown where a tool would end the JVM. */
    private static final class Ended extends RuntimeException {
        final int code;

        Ended(int code, String message) {
            super(message, null, false, false);
            this.code = code;
        }
    }

    /** How the tool first wanted to end: some catch what ends them here, and then end with another code. */
    private static Ended ended;

    private ToolDriver() {}

    public static void main(String[] args) throws Exception {
        // The real streams: DriverLoop takes them before the first tool replaces them.
        Exit.setExitProcedure(ToolDriver::end);
        Exit.setHaltProcedure(ToolDriver::end);
        Map<String, DriverLoop.Operation> operations = new HashMap<>(WordCount.operations());
        operations.put("tool", (ask, on) -> run(ask));
        DriverLoop.serve(AppInfoParser.getVersion(), operations);
    }

    private static void end(int code, String message) {
        if (ended == null) ended = new Ended(code, message);
        throw ended;
    }

    /** `class`, `args` and `input` to the exit code and all that was printed. */
    private static synchronized Map<String, Object> run(JsonNode ask) throws Exception {
        List<String> args = new ArrayList<>();
        ask.get("args").forEach(each -> args.add(each.asText()));
        byte[] input = ask.path("input").asText("").getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        PrintStream out = System.out;
        PrintStream err = System.err;
        InputStream in = System.in;
        ended = null;
        System.setOut(print);
        System.setErr(print);
        System.setIn(new ByteArrayInputStream(input));
        try {
            // Scala's Console keeps the stream it first saw, so its output is redirected as well.
            scala.Console$.MODULE$.withOut(print, () -> {
                call(ask.get("class").asText(), args.toArray(new String[0]));
                return null;
            });
        } catch (Ended end) {
            if (ended == null) ended = end;
            if (ended.getMessage() != null) print.println(ended.getMessage());
        } finally {
            System.setOut(out);
            System.setErr(err);
            System.setIn(in);
        }
        return Map.of("code", ended == null ? 0 : ended.code, "output", output.toString(StandardCharsets.UTF_8));
    }

    private static void call(String name, String[] args) {
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof Ended) throw (Ended) failure.getCause();
            throw new Ended(1, failure.getCause().toString());
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }
}

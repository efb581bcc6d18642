import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Translates a connection to the settings of the Java clients. */
final class Settings {
    private static final String SECURITY = "org.apache.kafka.common.security.";

    private Settings() {}

    static Map<String, Object> of(JsonNode on, Object... more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", on.get("bootstrap").asText());
        settings.put("security.protocol", on.get("protocol").asText());
        settings.put("client.id", "conformance");
        settings.put("key.serializer", StringSerializer.class);
        settings.put("value.serializer", StringSerializer.class);
        settings.put("key.deserializer", StringDeserializer.class);
        settings.put("value.deserializer", StringDeserializer.class);
        settings.put("default.api.timeout.ms", 20_000);
        settings.put("request.timeout.ms", 10_000);
        if (on.has("mechanism")) login(settings, on);
        if (on.has("caFile")) {
            settings.put("ssl.truststore.type", "PEM");
            settings.put("ssl.truststore.certificates", read(on.get("caFile")));
        }
        if (on.has("certificateFile")) {
            settings.put("ssl.keystore.type", "PEM");
            settings.put("ssl.keystore.certificate.chain", read(on.get("certificateFile")));
            settings.put("ssl.keystore.key", read(on.get("keyFile")));
        }
        for (int i = 0; i < more.length; i += 2) settings.put((String) more[i], more[i + 1]);
        return settings;
    }

    private static void login(Map<String, Object> settings, JsonNode on) {
        String mechanism = on.get("mechanism").asText();
        settings.put("sasl.mechanism", mechanism);
        if (mechanism.equals("OAUTHBEARER")) {
            settings.put("sasl.login.callback.handler.class", GivenToken.class.getName());
            settings.put(
                "sasl.jaas.config",
                SECURITY + "oauthbearer.OAuthBearerLoginModule required token=\"" + on.get("token").asText()
                    + "\" ends=\"" + on.get("tokenEndsMs").asText() + "\";");
            return;
        }
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        settings.put(
            "sasl.jaas.config",
            SECURITY + module + " required username=\"" + on.get("username").asText() + "\" password=\""
                + on.get("password").asText() + "\";");
    }

    private static String read(JsonNode file) {
        try {
            return Files.readString(Path.of(file.asText()));
        } catch (java.io.IOException error) {
            throw new IllegalStateException(error);
        }
    }
}

import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;

/** Logs in with the token that stands in the JAAS options. */
public final class GivenToken implements AuthenticateCallbackHandler {
    private Map<String, ?> options = Map.of();

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
        options = entries.get(0).getOptions();
    }

    @Override
    public void handle(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerTokenCallback) ((OAuthBearerTokenCallback) callback).token(token());
            else if (!(callback instanceof SaslExtensionsCallback)) throw new IllegalStateException("" + callback);
        }
    }

    @Override
    public void close() {}

    private OAuthBearerToken token() {
        String value = (String) options.get("token");
        long endsMs = Long.parseLong((String) options.get("ends"));
        return new OAuthBearerToken() {
            @Override
            public String value() {
                return value;
            }

            @Override
            public Set<String> scope() {
                return Set.of();
            }

            @Override
            public long lifetimeMs() {
                return endsMs;
            }

            @Override
            public String principalName() {
                return "conformance";
            }

            @Override
            public Long startTimeMs() {
                return null;
            }
        };
    }
}

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

/** The operations of the admin client: only calls that 2.8 and 4.3 both have. */
final class Administration {
    private Administration() {}

    private interface Step {
        Object run(Admin admin, JsonNode ask) throws Exception;
    }

    static Map<String, DriverLoop.Operation> operations() {
        Map<String, Step> steps = new HashMap<>();
        steps.put("create-topic", Administration::createTopic);
        steps.put("grow-topic", (admin, ask) -> {
            NewPartitions partitions = NewPartitions.increaseTo(ask.get("partitions").asInt());
            return admin.createPartitions(Map.of(text(ask, "topic"), partitions)).all().get();
        });
        steps.put("delete-topic", (admin, ask) -> admin.deleteTopics(List.of(text(ask, "topic"))).all().get());
        steps.put("list-topics", (admin, ask) -> Map.of("topics", admin.listTopics().names().get()));
        steps.put("commit", (admin, ask) ->
            admin.alterConsumerGroupOffsets(text(ask, "group"), Driver.offsets(ask)).all().get());
        steps.put("committed", Administration::committed);
        steps.put("groups", (admin, ask) -> Map.of(
            "groups",
            admin.listConsumerGroups().all().get().stream().map(each -> each.groupId()).collect(Collectors.toList())));
        steps.put("describe-group", Administration::describeGroup);
        steps.put("delete-group", (admin, ask) ->
            admin.deleteConsumerGroups(List.of(text(ask, "group"))).all().get());
        steps.put("cluster", Administration::cluster);
        steps.put("topic-configs", Administration::topicConfigs);
        steps.put("set-topic-config", Administration::setTopicConfig);
        steps.put("delete-records", (admin, ask) -> {
            TopicPartition partition = new TopicPartition(text(ask, "topic"), ask.get("partition").asInt());
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(ask.get("before").asLong()))).all().get();
            return null;
        });
        steps.put("acl-create", (admin, ask) -> admin.createAcls(List.of(binding(ask))).all().get());
        steps.put("acls", Administration::acls);
        steps.put("acl-delete", (admin, ask) -> {
            admin.deleteAcls(List.of(binding(ask).toFilter())).all().get();
            return null;
        });
        steps.put("user-create", Administration::createUser);
        steps.put("users", Administration::users);
        steps.put("quota-set", Administration::setQuota);
        steps.put("quotas", Administration::quotas);

        Map<String, DriverLoop.Operation> operations = new HashMap<>();
        steps.forEach((name, step) -> operations.put(name, (ask, on) -> {
            try (Admin admin = Admin.create(Settings.of(on))) {
                return step.run(admin, ask);
            }
        }));
        return operations;
    }

    private static String text(JsonNode ask, String name) {
        return Driver.text(ask, name);
    }

    private static Object createTopic(Admin admin, JsonNode ask) throws Exception {
        Map<String, String> configs = new HashMap<>();
        ask.path("configs").fields().forEachRemaining(each -> configs.put(each.getKey(), each.getValue().asText()));
        NewTopic topic =
            new NewTopic(text(ask, "topic"), Optional.of(ask.get("partitions").asInt()), Optional.empty());
        return admin.createTopics(List.of(topic.configs(configs))).all().get();
    }

    private static Object committed(Admin admin, JsonNode ask) throws Exception {
        Map<String, Long> offsets = new TreeMap<>();
        admin.listConsumerGroupOffsets(text(ask, "group")).partitionsToOffsetAndMetadata().get().forEach((at, offset) -> {
            if (at.topic().equals(text(ask, "topic"))) offsets.put(String.valueOf(at.partition()), offset.offset());
        });
        return Map.of("offsets", offsets);
    }

    private static Object describeGroup(Admin admin, JsonNode ask) throws Exception {
        String group = text(ask, "group");
        ConsumerGroupDescription found = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        return Map.of("state", found.state().toString(), "members", found.members().size());
    }

    private static Object cluster(Admin admin, JsonNode ask) throws Exception {
        DescribeClusterResult found = admin.describeCluster();
        List<Integer> brokers = found.nodes().get().stream().map(each -> each.id()).collect(Collectors.toList());
        return Map.of("id", found.clusterId().get(), "brokers", brokers);
    }

    private static ConfigResource topic(JsonNode ask) {
        return new ConfigResource(ConfigResource.Type.TOPIC, text(ask, "topic"));
    }

    private static Object topicConfigs(Admin admin, JsonNode ask) throws Exception {
        Map<String, String> configs = new TreeMap<>();
        admin.describeConfigs(List.of(topic(ask))).all().get().get(topic(ask)).entries()
            .forEach(each -> configs.put(each.name(), each.value()));
        return Map.of("configs", configs);
    }

    private static Object setTopicConfig(Admin admin, JsonNode ask) throws Exception {
        ConfigEntry entry = new ConfigEntry(text(ask, "name"), text(ask, "value"));
        AlterConfigOp set = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
        return admin.incrementalAlterConfigs(Map.of(topic(ask), List.of(set))).all().get();
    }

    private static AclBinding binding(JsonNode acl) {
        return new AclBinding(
            new ResourcePattern(
                ResourceType.valueOf(text(acl, "resource").toUpperCase()),
                text(acl, "name"),
                PatternType.valueOf(text(acl, "pattern").toUpperCase())),
            new AccessControlEntry(
                text(acl, "principal"),
                "*",
                AclOperation.valueOf(text(acl, "operation").toUpperCase()),
                AclPermissionType.valueOf(text(acl, "permission").toUpperCase())));
    }

    private static Object acls(Admin admin, JsonNode ask) throws Exception {
        AclBindingFilter named = new AclBindingFilter(
            new ResourcePatternFilter(ResourceType.ANY, text(ask, "name"), PatternType.ANY),
            AccessControlEntryFilter.ANY);
        List<Object> acls = new ArrayList<>();
        for (AclBinding each : admin.describeAcls(named).values().get())
            acls.add(Map.of(
                "principal", each.entry().principal(),
                "resource", each.pattern().resourceType().toString().toLowerCase(),
                "name", each.pattern().name(),
                "pattern", each.pattern().patternType().toString().toLowerCase(),
                "operation", each.entry().operation().toString().toLowerCase(),
                "permission", each.entry().permissionType().toString().toLowerCase()));
        return Map.of("acls", acls);
    }

    private static Object createUser(Admin admin, JsonNode ask) throws Exception {
        ScramMechanism mechanism = ScramMechanism.fromMechanismName(text(ask, "mechanism"));
        byte[] password = text(ask, "password").getBytes(StandardCharsets.UTF_8);
        return admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
            text(ask, "name"), new ScramCredentialInfo(mechanism, 4096), password))).all().get();
    }

    private static Object users(Admin admin, JsonNode ask) throws Exception {
        Map<String, List<String>> users = new TreeMap<>();
        admin.describeUserScramCredentials().all().get().forEach((name, found) -> users.put(
            name,
            found.credentialInfos().stream().map(each -> each.mechanism().mechanismName()).collect(Collectors.toList())));
        return Map.of("users", users);
    }

    private static Object setQuota(Admin admin, JsonNode ask) throws Exception {
        ClientQuotaEntity user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, text(ask, "user")));
        ClientQuotaAlteration.Op op =
            new ClientQuotaAlteration.Op(text(ask, "key"), ask.get("value").asDouble());
        return admin.alterClientQuotas(List.of(new ClientQuotaAlteration(user, List.of(op)))).all().get();
    }

    private static Object quotas(Admin admin, JsonNode ask) throws Exception {
        ClientQuotaFilter user = ClientQuotaFilter.contains(
            List.of(ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.USER, text(ask, "user"))));
        Map<String, Double> quotas = new TreeMap<>();
        admin.describeClientQuotas(user).entities().get().values().forEach(quotas::putAll);
        return Map.of("quotas", quotas);
    }
}

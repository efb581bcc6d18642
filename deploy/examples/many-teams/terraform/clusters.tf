resource "confluent_kafka_cluster" "ledger" {
  display_name = "ledger"
  availability = "HIGH"
  cloud        = "AWS"
  region       = "local"
  standard {}

  environment {
    id = confluent_environment.teams["payments"].id
  }
}

resource "confluent_kafka_cluster" "fleet" {
  display_name = "fleet"
  availability = "LOW"
  cloud        = "AWS"
  region       = "local"
  basic {}

  environment {
    id = confluent_environment.teams["logistics"].id
  }
}

locals {
  clusters = {
    ledger = confluent_kafka_cluster.ledger
    fleet  = confluent_kafka_cluster.fleet
  }

  environments = {
    ledger = confluent_environment.teams["payments"].id
    fleet  = confluent_environment.teams["logistics"].id
  }

  topics = {
    "ledger.entries"  = { cluster = "ledger", pipeline = "payments", retention_ms = "31536000000" }
    "fleet.positions" = { cluster = "fleet", pipeline = "logistics", retention_ms = "3600000" }
  }

  may_read = {
    ledger_topics = ["ledger", "topic=ledger.*"]
    ledger_groups = ["ledger", "group=analytics-*"]
    fleet_topics  = ["fleet", "topic=fleet.*"]
    fleet_groups  = ["fleet", "group=analytics-*"]
  }
}

# Each is made with the Global key of the pipeline whose team has the cluster.
resource "confluent_kafka_topic" "topics" {
  for_each = local.topics

  topic_name       = each.key
  partitions_count = 6
  rest_endpoint    = local.clusters[each.value.cluster].rest_endpoint
  config = {
    "retention.ms" = each.value.retention_ms
  }

  kafka_cluster {
    id = local.clusters[each.value.cluster].id
  }

  credentials {
    key    = confluent_api_key.pipelines[each.value.pipeline].id
    secret = confluent_api_key.pipelines[each.value.pipeline].secret
  }

  depends_on = [confluent_role_binding.pipelines]
}

resource "confluent_api_key" "analytics_jobs" {
  for_each = local.clusters

  display_name = each.key

  owner {
    id          = confluent_service_account.analytics_jobs.id
    api_version = confluent_service_account.analytics_jobs.api_version
    kind        = confluent_service_account.analytics_jobs.kind
  }

  managed_resource {
    id          = each.value.id
    api_version = each.value.api_version
    kind        = each.value.kind

    environment {
      id = local.environments[each.key]
    }
  }
}

resource "confluent_role_binding" "analytics_jobs" {
  for_each = local.may_read

  principal   = "User:${confluent_service_account.analytics_jobs.id}"
  role_name   = "DeveloperRead"
  crn_pattern = "${local.clusters[each.value[0]].rbac_crn}/kafka=${local.clusters[each.value[0]].id}/${each.value[1]}"
}

# A guest: it may read, but never so much that the team notices.
resource "confluent_kafka_client_quota" "analytics" {
  display_name = "analytics"
  principals   = [confluent_service_account.analytics_jobs.id]

  throughput {
    ingress_byte_rate = "100000"
    egress_byte_rate  = "5000000"
  }

  kafka_cluster {
    id = confluent_kafka_cluster.ledger.id
  }

  environment {
    id = confluent_environment.teams["payments"].id
  }
}

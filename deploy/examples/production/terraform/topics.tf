locals {
  week_ms = "604800000"
  year_ms = "31536000000"

  topics = {
    "orders.placed"    = { "retention.ms" = local.week_ms }
    "orders.cancelled" = { "retention.ms" = local.week_ms }
    "payments.settled" = { "retention.ms" = local.year_ms }
    "stock"            = { "cleanup.policy" = "compact" }
  }
}

resource "confluent_kafka_topic" "topics" {
  for_each = local.topics

  topic_name       = each.key
  partitions_count = 12
  rest_endpoint    = confluent_kafka_cluster.shop.rest_endpoint
  config           = each.value

  kafka_cluster {
    id = confluent_kafka_cluster.shop.id
  }

  credentials {
    key    = confluent_api_key.manager.id
    secret = confluent_api_key.manager.secret
  }

  lifecycle {
    prevent_destroy = true
  }
}

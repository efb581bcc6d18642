resource "confluent_kafka_client_quota" "reports" {
  display_name = "reports"
  description  = "Reports may be slow, the shop may not"
  principals   = [confluent_service_account.services["reports"].id]

  throughput {
    ingress_byte_rate = "1000000"
    egress_byte_rate  = "10000000"
  }

  kafka_cluster {
    id = confluent_kafka_cluster.shop.id
  }

  environment {
    id = confluent_environment.production.id
  }
}

resource "confluent_kafka_client_quota" "everybody_else" {
  display_name = "everybody-else"
  principals   = ["<default>"]

  throughput {
    ingress_byte_rate = "20000000"
    egress_byte_rate  = "60000000"
  }

  kafka_cluster {
    id = confluent_kafka_cluster.shop.id
  }

  environment {
    id = confluent_environment.production.id
  }
}

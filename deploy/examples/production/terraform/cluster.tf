# One Dedicated cluster over three zones; the region decides which they are.

resource "confluent_environment" "production" {
  display_name = "production"

  lifecycle {
    prevent_destroy = true
  }
}

resource "confluent_kafka_cluster" "shop" {
  display_name = "shop"
  availability = "MULTI_ZONE"
  cloud        = "AWS"
  region       = "local"

  dedicated {
    cku = 2
  }

  environment {
    id = confluent_environment.production.id
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Topics and ACLs lie behind the cluster's own API: somebody has to hold a key for it.
resource "confluent_service_account" "manager" {
  display_name = "shop-manager"
  description  = "Makes topics and ACLs of production/shop"
}

resource "confluent_role_binding" "manager" {
  principal   = "User:${confluent_service_account.manager.id}"
  role_name   = "CloudClusterAdmin"
  crn_pattern = confluent_kafka_cluster.shop.rbac_crn
}

resource "confluent_api_key" "manager" {
  display_name = "shop-manager"

  owner {
    id          = confluent_service_account.manager.id
    api_version = confluent_service_account.manager.api_version
    kind        = confluent_service_account.manager.kind
  }

  managed_resource {
    id          = confluent_kafka_cluster.shop.id
    api_version = confluent_kafka_cluster.shop.api_version
    kind        = confluent_kafka_cluster.shop.kind

    environment {
      id = confluent_environment.production.id
    }
  }

  # The key waits for its role, and what is made with it waits for the key.
  depends_on = [confluent_role_binding.manager]
}

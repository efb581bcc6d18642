# The quick start of weir.yaml, for Confluent's Terraform provider.

terraform {
  required_providers {
    confluent = {
      source  = "confluentinc/confluent"
      version = "~> 2.83"
    }
  }
}

variable "endpoint" {
  description = "Address of the REST API, without a slash at its end."
  type        = string
  default     = "http://127.0.0.1:8080"
}

variable "cloud_api_key" {
  description = "A Cloud API key: cloudApiKey in quickstart.json."
  type        = string
}

variable "cloud_api_secret" {
  description = "Its secret: cloudApiSecret in quickstart.json."
  type        = string
  sensitive   = true
}

provider "confluent" {
  endpoint         = var.endpoint
  cloud_api_key    = var.cloud_api_key
  cloud_api_secret = var.cloud_api_secret
}

resource "confluent_environment" "shop" {
  display_name = "shop"
}

resource "confluent_kafka_cluster" "main" {
  display_name = "main"
  availability = "LOW"
  cloud        = "AWS"
  region       = "local"
  basic {}

  environment {
    id = confluent_environment.shop.id
  }
}

# Topics and ACLs lie behind the cluster's own API: somebody has to hold a key for it.
resource "confluent_service_account" "manager" {
  display_name = "quick-start-manager"
  description  = "Makes topics and ACLs of shop/main"
}

resource "confluent_role_binding" "manager" {
  principal   = "User:${confluent_service_account.manager.id}"
  role_name   = "CloudClusterAdmin"
  crn_pattern = confluent_kafka_cluster.main.rbac_crn
}

resource "confluent_api_key" "manager" {
  display_name = "quick-start-manager"

  owner {
    id          = confluent_service_account.manager.id
    api_version = confluent_service_account.manager.api_version
    kind        = confluent_service_account.manager.kind
  }

  managed_resource {
    id          = confluent_kafka_cluster.main.id
    api_version = confluent_kafka_cluster.main.api_version
    kind        = confluent_kafka_cluster.main.kind

    environment {
      id = confluent_environment.shop.id
    }
  }

  # The key waits for its role, and what is made with it waits for the key.
  depends_on = [confluent_role_binding.manager]
}

resource "confluent_kafka_topic" "orders" {
  topic_name       = "orders"
  partitions_count = 3
  rest_endpoint    = confluent_kafka_cluster.main.rest_endpoint
  config = {
    "retention.ms" = "86400000"
  }

  kafka_cluster {
    id = confluent_kafka_cluster.main.id
  }

  credentials {
    key    = confluent_api_key.manager.id
    secret = confluent_api_key.manager.secret
  }
}

resource "confluent_service_account" "orders_service" {
  display_name = "orders-service"
  description  = "Writes and reads orders"
}

resource "confluent_api_key" "orders_service" {
  display_name = "main"

  owner {
    id          = confluent_service_account.orders_service.id
    api_version = confluent_service_account.orders_service.api_version
    kind        = confluent_service_account.orders_service.kind
  }

  managed_resource {
    id          = confluent_kafka_cluster.main.id
    api_version = confluent_kafka_cluster.main.api_version
    kind        = confluent_kafka_cluster.main.kind

    environment {
      id = confluent_environment.shop.id
    }
  }
}

locals {
  orders_service_may = {
    write = { operation = "WRITE", type = "TOPIC", name = "orders", pattern = "LITERAL" }
    read  = { operation = "READ", type = "TOPIC", name = "orders", pattern = "LITERAL" }
    group = { operation = "READ", type = "GROUP", name = "orders-", pattern = "PREFIXED" }
  }
}

resource "confluent_kafka_acl" "orders_service" {
  for_each = local.orders_service_may

  principal     = "User:${confluent_service_account.orders_service.id}"
  permission    = "ALLOW"
  operation     = each.value.operation
  resource_type = each.value.type
  resource_name = each.value.name
  pattern_type  = each.value.pattern
  host          = "*"
  rest_endpoint = confluent_kafka_cluster.main.rest_endpoint

  kafka_cluster {
    id = confluent_kafka_cluster.main.id
  }

  credentials {
    key    = confluent_api_key.manager.id
    secret = confluent_api_key.manager.secret
  }
}

output "bootstrap" {
  value = confluent_kafka_cluster.main.bootstrap_endpoint
}

output "orders_service_key" {
  value = confluent_api_key.orders_service.id
}

output "orders_service_secret" {
  value     = confluent_api_key.orders_service.secret
  sensitive = true
}

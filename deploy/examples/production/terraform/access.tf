# Four services and those who watch over them: each with just what it needs.

locals {
  services = {
    web-shop     = "Takes orders"
    payments     = "Settles orders"
    stock-keeper = "Keeps the stock"
    reports      = "Reads everything but payments"
    operations   = "Watches the cluster; changes nothing"
  }

  kafka = "${confluent_kafka_cluster.shop.rbac_crn}/kafka=${confluent_kafka_cluster.shop.id}"

  roles = {
    web_shop_writes    = ["web-shop", "DeveloperWrite", "${local.kafka}/topic=orders.*"]
    payments_reads     = ["payments", "DeveloperRead", "${local.kafka}/topic=orders.*"]
    payments_group     = ["payments", "DeveloperRead", "${local.kafka}/group=payments-*"]
    payments_writes    = ["payments", "DeveloperWrite", "${local.kafka}/topic=payments.*"]
    payments_transacts = ["payments", "DeveloperWrite", "${local.kafka}/transactional-id=payments-*"]
    stock_reads        = ["stock-keeper", "DeveloperRead", "${local.kafka}/topic=orders.*"]
    stock_group        = ["stock-keeper", "DeveloperRead", "${local.kafka}/group=stock-*"]
    reports_reads      = ["reports", "DeveloperRead", "${local.kafka}/topic=*"]
    reports_group      = ["reports", "DeveloperRead", "${local.kafka}/group=reports-*"]
    operations         = ["operations", "Operator", confluent_kafka_cluster.shop.rbac_crn]
    operations_metrics = ["operations", "MetricsViewer", data.confluent_organization.here.resource_name]
  }

  # What a role gives an ACL can take away; and a topic of one service's own needs no role.
  acls = {
    reports_no_payments = ["reports", "DENY", "READ", "payments.", "PREFIXED"]
    stock_reads_stock   = ["stock-keeper", "ALLOW", "READ", "stock", "LITERAL"]
    stock_writes_stock  = ["stock-keeper", "ALLOW", "WRITE", "stock", "LITERAL"]
  }
}

data "confluent_organization" "here" {}

resource "confluent_service_account" "services" {
  for_each = local.services

  display_name = each.key
  description  = each.value
}

resource "confluent_api_key" "services" {
  for_each = local.services

  display_name = "shop"

  owner {
    id          = confluent_service_account.services[each.key].id
    api_version = confluent_service_account.services[each.key].api_version
    kind        = confluent_service_account.services[each.key].kind
  }

  managed_resource {
    id          = confluent_kafka_cluster.shop.id
    api_version = confluent_kafka_cluster.shop.api_version
    kind        = confluent_kafka_cluster.shop.kind

    environment {
      id = confluent_environment.production.id
    }
  }
}

# Without a managed resource it is a Cloud key: it opens the API of the cloud and no cluster.
resource "confluent_api_key" "operations_cloud" {
  display_name = "cloud"

  owner {
    id          = confluent_service_account.services["operations"].id
    api_version = confluent_service_account.services["operations"].api_version
    kind        = confluent_service_account.services["operations"].kind
  }
}

resource "confluent_role_binding" "roles" {
  for_each = local.roles

  principal   = "User:${confluent_service_account.services[each.value[0]].id}"
  role_name   = each.value[1]
  crn_pattern = each.value[2]
}

resource "confluent_kafka_acl" "acls" {
  for_each = local.acls

  principal     = "User:${confluent_service_account.services[each.value[0]].id}"
  permission    = each.value[1]
  operation     = each.value[2]
  resource_type = "TOPIC"
  resource_name = each.value[3]
  pattern_type  = each.value[4]
  host          = "*"
  rest_endpoint = confluent_kafka_cluster.shop.rest_endpoint

  kafka_cluster {
    id = confluent_kafka_cluster.shop.id
  }

  credentials {
    key    = confluent_api_key.manager.id
    secret = confluent_api_key.manager.secret
  }
}

output "keys" {
  value     = { for name, key in confluent_api_key.services : name => [key.id, key.secret] }
  sensitive = true
}

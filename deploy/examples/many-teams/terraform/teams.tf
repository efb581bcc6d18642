# One organization, three teams: each has an environment of its own and administers it alone. What
# is inside an environment is the team's own configuration, applied with the team's own key.

locals {
  teams = toset(["payments", "logistics", "analytics"])
}

resource "confluent_environment" "teams" {
  for_each = local.teams

  display_name = each.key
}

resource "confluent_service_account" "pipelines" {
  for_each = local.teams

  display_name = "${each.key}-pipeline"
}

resource "confluent_role_binding" "pipelines" {
  for_each = local.teams

  principal   = "User:${confluent_service_account.pipelines[each.key].id}"
  role_name   = "EnvironmentAdmin"
  crn_pattern = confluent_environment.teams[each.key].resource_name
}

# A Global key opens the API of the cloud and that of every cluster, with the owner's roles.
resource "confluent_api_key" "pipelines" {
  for_each = local.teams

  display_name = "weir"

  owner {
    id          = confluent_service_account.pipelines[each.key].id
    api_version = confluent_service_account.pipelines[each.key].api_version
    kind        = confluent_service_account.pipelines[each.key].kind
  }

  managed_resource {
    id          = "global"
    api_version = "global/v1"
    kind        = "Global"
  }
}

# What runs on other teams' clusters.
resource "confluent_service_account" "analytics_jobs" {
  display_name = "analytics-jobs"
  description  = "Reads what the teams let it read"
}

output "pipeline_keys" {
  value     = { for team, key in confluent_api_key.pipelines : team => [key.id, key.secret] }
  sensitive = true
}

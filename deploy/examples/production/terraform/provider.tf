# What every file here needs: the provider, and how to reach the API.

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

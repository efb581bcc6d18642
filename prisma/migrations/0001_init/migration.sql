-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "organization" (
    "id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "environment" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "environment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "kafka_cluster" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "availability" TEXT NOT NULL,
    "cloud" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "max_ecku" INTEGER,
    "generation" BIGINT NOT NULL DEFAULT 1,
    "deletion_requested_at" TIMESTAMPTZ(3),
    "observed_generation" BIGINT NOT NULL DEFAULT 0,
    "phase" TEXT NOT NULL DEFAULT 'PROVISIONING',
    "conditions" JSONB NOT NULL DEFAULT '[]',
    "bootstrap_endpoint" TEXT,
    "http_endpoint" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "kafka_cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_broker" (
    "cluster_id" TEXT NOT NULL,
    "node_id" INTEGER NOT NULL,
    "host" TEXT NOT NULL DEFAULT '127.0.0.1',
    "client_port" INTEGER NOT NULL,
    "admin_port" INTEGER NOT NULL,
    "incarnation_id" TEXT,
    "restart_count" INTEGER NOT NULL DEFAULT 0,
    "last_exit_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_broker_pkey" PRIMARY KEY ("cluster_id","node_id")
);

-- CreateTable
CREATE TABLE "cluster_topic" (
    "cluster_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "partitions" INTEGER NOT NULL,
    "applied_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_topic_pkey" PRIMARY KEY ("cluster_id","name")
);

-- CreateTable
CREATE TABLE "cluster_credential" (
    "cluster_id" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "secret_encrypted" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_credential_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "service_account" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "service_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_account" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "full_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "owner_kind" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "resource_kind" TEXT NOT NULL,
    "cluster_id" TEXT,
    "display_name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "secret_hash" BYTEA NOT NULL,
    "scram_encrypted" BYTEA,
    "generation" BIGINT NOT NULL DEFAULT 1,
    "pushed_generation" BIGINT NOT NULL DEFAULT 0,
    "deletion_requested_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_binding" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "principal" TEXT NOT NULL,
    "role_name" TEXT NOT NULL,
    "crn_pattern" TEXT NOT NULL,
    "cluster_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_binding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "generation" BIGINT NOT NULL,
    "step" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "error" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "fencing_token" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "resource_kind" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_record" (
    "id" BIGSERIAL NOT NULL,
    "organization_id" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "resource_crn" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_record_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lease" (
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "token" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "lease_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "environment_organization_id_created_at_id_idx" ON "environment"("organization_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "environment_organization_id_display_name_key" ON "environment"("organization_id", "display_name");

-- CreateIndex
CREATE INDEX "kafka_cluster_organization_id_environment_id_created_at_id_idx" ON "kafka_cluster"("organization_id", "environment_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "kafka_cluster_environment_id_idx" ON "kafka_cluster"("environment_id");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_broker_client_port_key" ON "cluster_broker"("client_port");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_broker_admin_port_key" ON "cluster_broker"("admin_port");

-- CreateIndex
CREATE INDEX "service_account_organization_id_created_at_id_idx" ON "service_account"("organization_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "service_account_organization_id_display_name_key" ON "service_account"("organization_id", "display_name");

-- CreateIndex
CREATE UNIQUE INDEX "user_account_organization_id_email_key" ON "user_account"("organization_id", "email");

-- CreateIndex
CREATE INDEX "api_key_organization_id_created_at_id_idx" ON "api_key"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "api_key_cluster_id_idx" ON "api_key"("cluster_id");

-- CreateIndex
CREATE INDEX "api_key_owner_id_idx" ON "api_key"("owner_id");

-- CreateIndex
CREATE INDEX "role_binding_cluster_id_idx" ON "role_binding"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "role_binding_organization_id_principal_role_name_crn_patter_key" ON "role_binding"("organization_id", "principal", "role_name", "crn_pattern");

-- CreateIndex
CREATE INDEX "operation_cluster_id_created_at_idx" ON "operation"("cluster_id", "created_at");

-- CreateIndex
CREATE INDEX "audit_record_organization_id_id_idx" ON "audit_record"("organization_id", "id");

-- AddForeignKey
ALTER TABLE "environment" ADD CONSTRAINT "environment_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "kafka_cluster" ADD CONSTRAINT "kafka_cluster_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "kafka_cluster" ADD CONSTRAINT "kafka_cluster_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_broker" ADD CONSTRAINT "cluster_broker_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_topic" ADD CONSTRAINT "cluster_topic_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_credential" ADD CONSTRAINT "cluster_credential_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_account" ADD CONSTRAINT "service_account_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_account" ADD CONSTRAINT "user_account_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_binding" ADD CONSTRAINT "role_binding_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_binding" ADD CONSTRAINT "role_binding_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0001_init', 'true');

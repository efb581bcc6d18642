-- Client quotas, service quotas that an operator raised, and who was refused what.
-- AlterTable
ALTER TABLE "audit_record" ADD COLUMN     "client_address" TEXT,
ADD COLUMN     "credential_id" TEXT,
ADD COLUMN     "result" TEXT NOT NULL DEFAULT 'SUCCESS';

-- CreateTable
CREATE TABLE "client_quota" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "ingress_byte_rate" BIGINT NOT NULL,
    "egress_byte_rate" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "client_quota_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "client_quota_principal" (
    "cluster_id" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "quota_id" TEXT NOT NULL,

    CONSTRAINT "client_quota_principal_pkey" PRIMARY KEY ("cluster_id","principal_id")
);

-- CreateTable
CREATE TABLE "service_quota_limit" (
    "organization_id" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "applied_limit" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "service_quota_limit_pkey" PRIMARY KEY ("organization_id","code")
);

-- CreateIndex
CREATE INDEX "client_quota_cluster_id_created_at_id_idx" ON "client_quota"("cluster_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "client_quota_organization_id_idx" ON "client_quota"("organization_id");

-- CreateIndex
CREATE INDEX "client_quota_principal_quota_id_idx" ON "client_quota_principal"("quota_id");

-- CreateIndex
CREATE INDEX "client_quota_principal_principal_id_idx" ON "client_quota_principal"("principal_id");

-- CreateIndex
CREATE INDEX "audit_record_organization_id_created_at_id_idx" ON "audit_record"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "audit_record_organization_id_action_created_at_idx" ON "audit_record"("organization_id", "action", "created_at");

-- CreateIndex
CREATE INDEX "audit_record_created_at_idx" ON "audit_record"("created_at");

-- AddForeignKey
ALTER TABLE "client_quota" ADD CONSTRAINT "client_quota_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "client_quota" ADD CONSTRAINT "client_quota_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "client_quota_principal" ADD CONSTRAINT "client_quota_principal_quota_id_fkey" FOREIGN KEY ("quota_id") REFERENCES "client_quota"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_quota_limit" ADD CONSTRAINT "service_quota_limit_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0005_usage', 'true');

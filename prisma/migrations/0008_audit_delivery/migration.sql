-- Audit events also go to a topic: what waits for it, where it is, and an id of its own for each event.
-- AlterTable
ALTER TABLE "kafka_cluster" ADD COLUMN     "has_audit_topic" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "audit_record" ADD COLUMN     "event_id" UUID NOT NULL DEFAULT gen_random_uuid();

-- CreateTable
CREATE TABLE "audit_log" (
    "organization_id" TEXT NOT NULL,
    "cluster_id" TEXT,
    "delivered_count" BIGINT NOT NULL DEFAULT 0,
    "last_delivered_at" TIMESTAMPTZ(3),
    "failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("organization_id")
);

-- CreateTable
CREATE TABLE "audit_topic" (
    "cluster_id" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(3),
    "end_offset" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "audit_topic_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "audit_delivery" (
    "record_id" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "organization_id" TEXT NOT NULL,

    CONSTRAINT "audit_delivery_pkey" PRIMARY KEY ("record_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "audit_log_cluster_id_key" ON "audit_log"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_delivery_event_id_key" ON "audit_delivery"("event_id");

-- CreateIndex
CREATE INDEX "audit_delivery_organization_id_record_id_idx" ON "audit_delivery"("organization_id", "record_id");

-- AddForeignKey
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_topic" ADD CONSTRAINT "audit_topic_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "kafka_cluster"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_delivery" ADD CONSTRAINT "audit_delivery_record_id_fkey" FOREIGN KEY ("record_id") REFERENCES "audit_record"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0008_audit_delivery', 'true');

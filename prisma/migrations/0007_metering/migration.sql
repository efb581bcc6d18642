-- What clusters use, by minute and by hour, and how far they are metered.
-- CreateTable
CREATE TABLE "usage_cluster" (
    "cluster_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "revision" BIGINT NOT NULL,
    "memory" JSONB NOT NULL,

    CONSTRAINT "usage_cluster_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "usage_minute" (
    "cluster_id" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "sections" JSONB NOT NULL,

    CONSTRAINT "usage_minute_pkey" PRIMARY KEY ("cluster_id","minute")
);

-- CreateTable
CREATE TABLE "usage_hour" (
    "cluster_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "principal" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "received_bytes" BIGINT NOT NULL,
    "received_records" BIGINT NOT NULL,
    "sent_bytes" BIGINT NOT NULL,
    "sent_records" BIGINT NOT NULL,
    "requests" BIGINT NOT NULL,
    "minutes" INTEGER NOT NULL,
    "retained_byte_minutes" BIGINT NOT NULL,
    "partition_minutes" BIGINT NOT NULL,
    "cku_minutes" INTEGER NOT NULL,

    CONSTRAINT "usage_hour_pkey" PRIMARY KEY ("cluster_id","hour","principal","topic")
);

-- CreateIndex
CREATE INDEX "usage_cluster_organization_id_idx" ON "usage_cluster"("organization_id");

-- CreateIndex
CREATE INDEX "usage_cluster_minute_idx" ON "usage_cluster"("minute");

-- CreateIndex
CREATE INDEX "usage_minute_minute_idx" ON "usage_minute"("minute");

-- CreateIndex
CREATE INDEX "usage_hour_organization_id_principal_topic_hour_idx" ON "usage_hour"("organization_id", "principal", "topic", "hour");

-- CreateIndex
CREATE INDEX "usage_hour_hour_idx" ON "usage_hour"("hour");

-- AddForeignKey
ALTER TABLE "usage_cluster" ADD CONSTRAINT "usage_cluster_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_hour" ADD CONSTRAINT "usage_hour_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0007_metering', 'true');

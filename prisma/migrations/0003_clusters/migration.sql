-- AlterTable
ALTER TABLE "kafka_cluster" ADD COLUMN "cku" INTEGER,
ADD COLUMN "data_plane_id" TEXT,
ADD COLUMN "deletion_protection" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "drift_policy" TEXT NOT NULL DEFAULT 'correct',
ADD COLUMN "maintenance_window" JSONB,
ADD COLUMN "observed_cku" INTEGER,
ADD COLUMN "pause_reason" TEXT,
ADD COLUMN "paused_at" TIMESTAMPTZ(3),
ADD COLUMN "release_priority" TEXT,
ADD COLUMN "zones" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "operation" ADD COLUMN "environment_id" TEXT NOT NULL DEFAULT '',
ADD COLUMN "organization_id" TEXT NOT NULL DEFAULT '';

-- Operations of clusters that are still there learn where they belong.
UPDATE "operation" SET "organization_id" = c."organization_id", "environment_id" = c."environment_id"
FROM "kafka_cluster" c WHERE c."id" = "operation"."cluster_id";

-- CreateTable
CREATE TABLE "operation_step" (
    "operation_id" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 1,
    "outcome" TEXT NOT NULL,
    "message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operation_step_pkey" PRIMARY KEY ("operation_id","step")
);

-- DropIndex
DROP INDEX "operation_cluster_id_created_at_idx";

-- CreateIndex
CREATE INDEX "operation_cluster_id_created_at_id_idx" ON "operation"("cluster_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "kafka_cluster_data_plane_id_idx" ON "kafka_cluster"("data_plane_id");

-- AddForeignKey
ALTER TABLE "operation_step" ADD CONSTRAINT "operation_step_operation_id_fkey" FOREIGN KEY ("operation_id") REFERENCES "operation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0003_clusters', 'true');

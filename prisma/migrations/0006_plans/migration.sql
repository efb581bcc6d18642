-- What declarative configurations made, and plans that were asked for over REST.
-- CreateTable
CREATE TABLE "configuration_object" (
    "organization_id" TEXT NOT NULL,
    "configuration" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "object_id" TEXT,
    "protect" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "configuration_object_pkey" PRIMARY KEY ("organization_id","configuration","address")
);

-- CreateTable
CREATE TABLE "configuration_plan" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "document" JSONB NOT NULL,
    "is_destroy" BOOLEAN NOT NULL,
    "plan" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'PLANNED',
    "progress" JSONB NOT NULL DEFAULT '[]',
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "configuration_plan_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "configuration_plan_organization_id_created_at_idx" ON "configuration_plan"("organization_id", "created_at");

-- AddForeignKey
ALTER TABLE "configuration_object" ADD CONSTRAINT "configuration_object_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "configuration_plan" ADD CONSTRAINT "configuration_plan_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0006_plans', 'true');

-- CreateTable
CREATE TABLE "idempotency_key" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "answer_encrypted" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "idempotency_key_organization_id_created_at_idx" ON "idempotency_key"("organization_id", "created_at");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0009_idempotency', 'true');

-- CreateTable
CREATE TABLE "configuration_hold" (
    "organization_id" TEXT NOT NULL,
    "configuration" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL,
    "held_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "configuration_hold_pkey" PRIMARY KEY ("organization_id","configuration")
);

-- AddForeignKey
ALTER TABLE "configuration_hold" ADD CONSTRAINT "configuration_hold_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0010_configuration_hold', 'true');

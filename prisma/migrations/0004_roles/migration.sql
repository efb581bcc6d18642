-- Role bindings are compared without the authority of their CRN, and go with their environment.
ALTER TABLE "role_binding" ADD COLUMN "path" TEXT, ADD COLUMN "environment_id" TEXT;

UPDATE "role_binding" SET "path" = regexp_replace("crn_pattern", '^crn://[^/]*/', '');

UPDATE "role_binding" b SET "environment_id" = c."environment_id"
  FROM "kafka_cluster" c WHERE b."cluster_id" = c."id";

ALTER TABLE "role_binding" ALTER COLUMN "path" SET NOT NULL;

-- Until now every user could do everything: those who exist keep that.
INSERT INTO "role_binding" ("id", "organization_id", "principal", "role_name", "crn_pattern", "path")
SELECT 'rb-' || substr(md5("organization_id" || "id"), 1, 12), "organization_id", 'User:' || "id", 'OrganizationAdmin',
       'crn://weirhouse/organization=' || "organization_id", 'organization=' || "organization_id"
  FROM "user_account";

-- DropIndex
DROP INDEX "role_binding_organization_id_principal_role_name_crn_patter_key";

-- CreateIndex
CREATE INDEX "role_binding_organization_id_created_at_id_idx" ON "role_binding"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "role_binding_environment_id_idx" ON "role_binding"("environment_id");

-- CreateIndex
CREATE UNIQUE INDEX "role_binding_organization_id_principal_role_name_path_key" ON "role_binding"("organization_id", "principal", "role_name", "path");

-- AddForeignKey
ALTER TABLE "role_binding" ADD CONSTRAINT "role_binding_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0004_roles', 'true');

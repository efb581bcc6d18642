-- CreateIndex
CREATE INDEX "role_binding_organization_id_cluster_id_environment_id_idx" ON "role_binding"("organization_id", "cluster_id", "environment_id");

-- Marker: says inside the migration's own transaction that it happened (see prisma/README.md).
INSERT INTO "setting" ("key", "value") VALUES ('migration:0011_ops', 'true');

import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { ensureTemplate } from './template.ts';

// The last step of the build: the first start then takes a second instead of five.
await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));

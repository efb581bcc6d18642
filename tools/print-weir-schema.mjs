// Prints the JSON Schema of weir.yaml, for docs/weir.schema.json.
import { weirJsonSchema } from '@weirhouse/cloud-plan';

process.stdout.write(`${JSON.stringify(weirJsonSchema(), undefined, 2)}\n`);

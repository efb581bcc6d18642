import { z } from 'zod';

/** A JSON object whose form somebody else defines. */
export type JsonObject = Record<string, unknown>;

/** A schema as JSON Schema (draft 2020-12): what requests may hold, or what answers do. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    // What cannot be said in JSON Schema (a field that must be absent) is described as "never".
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: node }) => {
      // Unknown fields are ignored in requests and may appear in answers of later versions.
      if (zodSchema._zod.def.type === 'object') delete node.additionalProperties;
      if (zodSchema._zod.def.type === 'undefined') Object.assign(node, { not: {} });
    },
  }) as JsonObject;
  return rest;
}

import { join, resolve } from 'node:path';
import { loadConfig, parseFlags, type FlagSpec } from '@weirhouse/shared-config';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import { parseRegions } from './regions/region-catalogue.ts';

/** The checkout, from src as well as from dist. */
const CHECKOUT = join(import.meta.dirname, '..', '..', '..');

const PORT_MAX = 65_535;
/** More requests a second than one process answers. */
const RATE_MAX = 100_000;
const PortSchema = z.coerce.number().int().min(0).max(PORT_MAX);

/** `from-to`, both included. */
const PortRangeSchema = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/u, 'must look like 9092-9191')
  .transform((text) => {
    const [from = 0, to = 0] = text.split('-').map(Number);
    return { from, to };
  })
  .refine(({ from, to }) => from >= 1 && from < to && to <= PORT_MAX, {
    message: `must be a range of two or more ports, 1 to ${PORT_MAX}`,
  });

/** Every setting of the control plane, by the name of its environment variable. */
export const ConfigSchema = z.object({
  WEIRHOUSE_HOME: z
    .string()
    .min(1)
    .default(join(CHECKOUT, '.weirhouse'))
    .transform((path) => resolve(path))
    .meta({
      description: 'Folder of everything this machine keeps: database, brokers, keys, log.',
      kind: 'folder',
      usual: '.weirhouse in the checkout',
    }),
  WEIRHOUSE_HOST: z.string().min(1).default('127.0.0.1').meta({
    description: 'Address the REST API listens on. Loopback unless you put TLS in front of it.',
  }),
  WEIRHOUSE_PORT: PortSchema.default(8080).meta({
    description: 'Port of the REST API; 0 takes any free one.',
    kind: 'integer 0 to 65535',
  }),
  WEIRHOUSE_PUBLIC_URL: z
    .url({ protocol: /^https?$/u })
    .transform((url) => url.replace(/\/+$/u, ''))
    .optional()
    .meta({
      description: 'Where people reach the REST API, for links in answers; needed behind a proxy.',
      kind: 'URL',
    }),
  WEIRHOUSE_BROKER_PORTS: PortRangeSchema.prefault('9092-9191').meta({
    description: 'Ports that brokers on this machine may take, two each.',
    kind: 'range',
    usual: '9092-9191',
  }),
  WEIRHOUSE_MASTER_KEY_FILE: z.string().min(1).optional().meta({
    description: 'File with 32 bytes in base64 that seals stored secrets; absent = made in HOME.',
    kind: 'file',
  }),
  WEIRHOUSE_REGIONS: z
    .string()
    .min(1)
    .transform((text, context) => {
      try {
        return parseRegions(text);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }
    })
    .optional()
    .meta({
      description:
        'Regions that clusters can be created in, `AWS/name=Display name:zone-a,zone-b;...`; absent = AWS/local.',
      kind: 'list',
    }),
  WEIRHOUSE_REQUESTS_PER_SECOND: z.coerce.number().int().min(1).max(RATE_MAX).default(100).meta({
    description:
      'Requests to the REST API that one caller may make each second, five times that its organization; ten seconds’ worth at once.',
    kind: 'integer 1 to 100000',
  }),
  WEIRHOUSE_PRICES_FILE: z.string().min(1).optional().meta({
    description:
      'JSON file with what usage costs, `{"KAFKA_STORAGE": 0.0001, ...}` per unit of billing/v1; absent = nothing costs anything.',
    kind: 'file',
  }),
  WEIRHOUSE_OIDC_ISSUER: z
    .url({ protocol: /^https?$/u })
    .optional()
    .meta({
      description: 'OpenID issuer at which people may sign in (GET /v1/oidc/login); absent = none.',
      kind: 'URL',
    }),
  WEIRHOUSE_OIDC_CLIENT_ID: z.string().min(1).optional().meta({
    description: 'What this installation is called at that issuer.',
  }),
  WEIRHOUSE_OIDC_CLIENT_SECRET: z.string().min(1).optional().meta({
    description: 'Its secret there; absent = a public client with PKCE.',
    secret: true,
  }),
  WEIRHOUSE_ISSUER_NETWORKS: z.enum(['public', 'any']).default('public').meta({
    description:
      'Where issuers of identity providers may lie: https on public addresses, or any, http too.',
  }),
  WEIRHOUSE_TRUSTED_PROXIES: z.string().min(1).optional().meta({
    description:
      'Addresses or networks (a.b.c.d/n), with commas, whose X-Forwarded-For is believed; absent = none.',
  }),
  WEIRHOUSE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'Least severe level that is logged.' }),
  WEIRHOUSE_LOG: z.enum(['file', 'stderr']).default('file').meta({
    description: 'Where JSON log lines go: control-plane.log in HOME, or standard error.',
  }),
  DATABASE_URL: z.string().min(1).optional().meta({
    description: 'postgres://user:password@host:5432/database; absent = an embedded one in HOME.',
    secret: true,
  }),
});

/** The checked settings. */
export type Config = Readonly<z.output<typeof ConfigSchema>>;

const FLAGS = {
  home: { kind: 'value', description: 'WEIRHOUSE_HOME' },
  port: { kind: 'value', description: 'WEIRHOUSE_PORT' },
  'broker-ports': { kind: 'value', description: 'WEIRHOUSE_BROKER_PORTS' },
  'rotate-master-key': {
    kind: 'switch',
    description: 'seal every stored secret with a new master key and exit',
  },
  'set-quota': {
    kind: 'value',
    description: 'ORGANIZATION/CODE=LIMIT: set a service quota of an organization and exit',
  },
  'reset-password': {
    kind: 'value',
    description: 'EMAIL or EMAIL/ORGANIZATION: print a one-time token for a new password and exit',
  },
  backup: { kind: 'value', description: 'write the database to this file and exit' },
  restore: { kind: 'value', description: 'fill an empty database from this file and exit' },
  prepare: { kind: 'switch', description: 'make what speeds up the first start and exit' },
  'print-openapi': { kind: 'switch', description: 'print the REST description and exit' },
  'print-config-docs': { kind: 'switch', description: 'print every setting and exit' },
} as const satisfies Readonly<Record<string, FlagSpec>>;

/** What the process was asked to do. */
export type Command =
  | { readonly kind: 'serve'; readonly config: Config }
  | { readonly kind: 'rotate-master-key'; readonly config: Config }
  | { readonly kind: 'set-quota'; readonly config: Config; readonly setting: string }
  | { readonly kind: 'reset-password'; readonly config: Config; readonly whom: string }
  | { readonly kind: 'backup' | 'restore'; readonly config: Config; readonly file: string }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'print-openapi' }
  | { readonly kind: 'print-config-docs' };

/**
 * Reads the command line and the environment, the command line winning. Throws `invalid_argument`
 * for unknown flags and bad values. Variables that are not in the schema belong to others.
 */
export function readCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = parseFlags(words, FLAGS);
  if (flags['prepare'] === true) return { kind: 'prepare' };
  if (flags['print-openapi'] === true) return { kind: 'print-openapi' };
  if (flags['print-config-docs'] === true) return { kind: 'print-config-docs' };
  const names = Object.keys(ConfigSchema.shape);
  const config = loadConfig(ConfigSchema, [
    { name: 'the environment', values: pick(environment, names) },
    {
      name: 'the command line',
      values: {
        WEIRHOUSE_HOME: flags['home'],
        WEIRHOUSE_PORT: flags['port'],
        WEIRHOUSE_BROKER_PORTS: flags['broker-ports'],
      },
    },
  ]);
  const { from, to } = config.WEIRHOUSE_BROKER_PORTS;
  const port = config.WEIRHOUSE_PORT;
  if (port >= from && port <= to) {
    throw new AppError(
      'invalid_argument',
      `WEIRHOUSE_PORT ${port} lies in WEIRHOUSE_BROKER_PORTS ${from}-${to}: move one of them.`,
      { field: 'WEIRHOUSE_PORT' },
    );
  }
  const setting = flags['set-quota'];
  if (typeof setting === 'string') return { kind: 'set-quota', config, setting };
  const whom = flags['reset-password'];
  if (typeof whom === 'string') return { kind: 'reset-password', config, whom };
  for (const kind of ['backup', 'restore'] as const) {
    const file = flags[kind];
    if (typeof file === 'string') return { kind, config, file: resolve(file) };
  }
  const kind = flags['rotate-master-key'] === true ? 'rotate-master-key' : 'serve';
  return { kind, config };
}

/** An empty variable counts as not set, as shells and compose files write it. */
function pick(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value] as const];
    }),
  );
}

import type { ClientName } from './clients.ts';
import type { Feature } from './features.ts';
import type { ToolName } from './tools.ts';

/**
 * Cells that fail today, each with its reason. They stay visible: here, in the test run and in docs/clients.md.
 * One that begins to pass fails the run until its line is removed.
 */
export const KNOWN_FAILURES: Partial<
  Readonly<Record<ClientName, Partial<Readonly<Record<Feature, string>>>>>
> = {};

/** The same for Kafka's own tools. */
export const KNOWN_TOOL_FAILURES: Partial<Readonly<Record<ToolName, string>>> = {};

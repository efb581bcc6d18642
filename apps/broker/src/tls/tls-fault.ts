import type { ConfigResolver } from '@weirhouse/broker-metadata';
import { AppError } from '@weirhouse/shared-kernel';
import { ListenerSettings, SettingSource } from '../listener-settings.ts';
import { loadTlsMaterial } from './tls-material.ts';
import { tlsSettingsOf } from './tls-settings.ts';

/** The listeners of a process and the settings of its file. */
export interface TlsProposal {
  /** Names of the listeners with TLS. */
  readonly listeners: readonly string[];
  readonly written: ReadonlyMap<string, string>;
  readonly proposed: ConfigResolver;
}

/**
 * Why one of the listeners could not serve with the proposed settings: certificate, key and authorities
 * are loaded as the listener would load them, and dropped. One sentence with the setting and the remedy.
 */
export function findTlsFault({ listeners, proposed, written }: TlsProposal): string | undefined {
  const source = new SettingSource(written);
  source.follow(proposed);
  for (const name of listeners) {
    try {
      loadTlsMaterial(tlsSettingsOf(new ListenerSettings(name, source)));
    } catch (error) {
      if (error instanceof AppError) return `Listener ${name} cannot use it: ${error.message}`;
      throw error;
    }
  }
  return undefined;
}

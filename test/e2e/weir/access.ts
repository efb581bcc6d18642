import type { Deed } from './walk-clients.ts';

type Account = 'writer' | 'reader';

/** Who tries what, and whether it goes through. */
export interface Right {
  readonly who: Account;
  readonly can: boolean;
  readonly deed: Deed;
  /** The reason in the file. */
  readonly because: string;
}

/** Everything that the file of the walk grants, and its borders; `tag` keeps what clients make apart. */
export function rightsOf({
  lacks,
  tag,
}: {
  readonly tag: string;
  /** What the client cannot say. */
  readonly lacks: readonly Deed['does'][];
}): readonly Right[] {
  const rows: readonly (readonly [Account, boolean, Deed, string])[] = [
    ['writer', true, { does: 'produce', topic: 'orders' }, 'its ACL says so'],
    ['writer', true, { does: 'describe', topic: 'orders' }, 'writing implies it'],
    ['writer', false, { does: 'read', topic: 'orders' }, 'nothing lets it read'],
    ['writer', false, { does: 'produce', topic: 'orders-audit' }, 'its ACL is literal'],
    ['writer', false, { does: 'produce', topic: 'secret' }, 'nobody may'],
    ['writer', false, { does: 'describe', topic: 'secret' }, 'nobody may'],
    ['writer', false, { does: 'join', group: `reading-${tag}`, topic: 'orders' }, 'no group'],
    ['writer', true, { does: 'create', topic: `made-${tag}` }, 'its role has this prefix'],
    ['writer', true, { does: 'describe', topic: 'made-before' }, 'its role has this prefix'],
    ['writer', false, { does: 'produce', topic: 'made-before' }, 'managing is not writing'],
    ['writer', true, { does: 'delete', topic: `made-${tag}` }, 'its role has this prefix'],
    ['writer', false, { does: 'create', topic: `other-${tag}` }, 'its role has another prefix'],
    ['writer', false, { does: 'delete', topic: 'orders' }, 'writing is not managing'],
    ['reader', true, { does: 'read', topic: 'orders' }, 'its role has this prefix'],
    ['reader', true, { does: 'describe', topic: 'orders' }, 'its role has this prefix'],
    ['reader', true, { does: 'join', group: `reading-${tag}`, topic: 'orders' }, 'both roles'],
    ['reader', false, { does: 'join', group: `other-${tag}`, topic: 'orders' }, 'no such group'],
    ['reader', false, { does: 'read', topic: 'orders-audit' }, 'an ACL denies what a role gives'],
    ['reader', false, { does: 'read', topic: 'secret' }, 'nobody may'],
    ['reader', false, { does: 'describe', topic: 'secret' }, 'nobody may'],
    ['reader', false, { does: 'produce', topic: 'orders' }, 'reading is not writing'],
    ['reader', false, { does: 'create', topic: `made-${tag}-too` }, 'reading is not managing'],
    ['reader', false, { does: 'delete', topic: 'orders' }, 'reading is not managing'],
  ];
  return rows
    .filter(([, , deed]) => !lacks.includes(deed.does))
    .map(([who, can, deed, because]) => ({ who, can, deed, because }));
}

/** How clients say that they were refused. */
export const REFUSED = /authoriz/iu;

/** A line of the matrix as people read it, after who it is about. */
export function sentenceOf({ because, can, deed }: Right): string {
  const { does, topic } = deed;
  const where = does === 'join' ? `${deed.group} on ${topic}` : topic;
  return `${can ? 'can' : 'cannot'} ${does} ${where}: ${because}`;
}

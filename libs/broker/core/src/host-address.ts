const MAPPED = /^::ffff:(?=\d+\.)/i;
const GROUPS = 8;

/**
 * A client's address as Java writes it, which is how ACLs name hosts and how groups show their members: IPv4
 * plain also where it came over an IPv6 socket, IPv6 with all its eight groups.
 */
export function hostAddress(remoteAddress: string): string {
  const address = remoteAddress.replace(MAPPED, '');
  if (!address.includes(':')) return address;
  const [plain = '', zone] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const left = tail === undefined ? 0 : GROUPS - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, left) }, () => '0'), ...after];
  return groups.join(':') + (zone === undefined ? '' : `%${zone}`);
}

function groupsOf(text: string): string[] {
  if (text === '') return [];
  return text.split(':').map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}

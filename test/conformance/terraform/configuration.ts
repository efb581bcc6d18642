/** A `resource` or `data` block of a Terraform file. */
export interface TerraformBlock {
  /** `confluent_environment`, or `data.confluent_organization`. */
  readonly kind: string;
  readonly name: string;
  /** Everything it is given: an argument as `cku`, in a block as `dedicated.cku`. */
  readonly given: readonly string[];
}

/**
 * The blocks of a formatted Terraform file: a line opens a block, gives an argument, or closes one. Maps and
 * lists of several lines are arguments, whose own lines say nothing.
 */
export function readBlocks(text: string): readonly TerraformBlock[] {
  const blocks: { kind: string; name: string; given: string[] }[] = [];
  const path: string[] = [];
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const [, type = '', kind = '', name = ''] =
      /^(resource|data) "(\w+)" "(\w+)" \{/u.exec(line) ?? [];
    if (type !== '') {
      blocks.push({ kind: type === 'data' ? `data.${kind}` : kind, name, given: [] });
      if (!line.endsWith('}')) path.push(type);
      continue;
    }
    const [, block = ''] = /^(\w+) \{/u.exec(line) ?? [];
    const [, argument = '', opens = ''] = /^"?([\w.]+)"? += (.*)$/u.exec(line) ?? [];
    const isOurs = ['resource', 'data'].includes(path[0] ?? '') && !path.includes('=');
    const word = block === '' ? argument : block;
    if (isOurs && word !== '') blocks.at(-1)?.given.push([...path.slice(1), word].join('.'));
    if (block !== '' && !line.endsWith('}')) path.push(block);
    else if (/[{[(]$/u.test(opens)) path.push('=');
    else if (/^[\])}]/u.test(line)) path.pop();
  }
  return blocks;
}

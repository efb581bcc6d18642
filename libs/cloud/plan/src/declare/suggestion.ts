/** Most edits for a word to count as a slip of another: two letters in a short word. */
const EDITS_MAX = 3;

/** The known word that was probably meant, or undefined. */
export function findSuggestion(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  if (best === undefined || best.edits > Math.min(EDITS_MAX, Math.ceil(word.length / 2)))
    return undefined;
  return best.candidate;
}

/** Levenshtein's distance: insertions, deletions and replacements from one word to the other. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(from).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (above[column] ?? 0) + (letter === other ? 0 : 1);
      const removed = (above[column + 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}

/**
 * Runs `work` for every item and calls `done` once with the answers in the items' order. Each `work`
 * calls its callback exactly once, now or later.
 */
export function forEachWithAnswer<Item, Answer>(
  items: readonly Item[],
  work: (item: Item, done: (answer: Answer) => void) => void,
  done: (answers: Answer[]) => void,
): void {
  const answers: Answer[] = [];
  let missing = items.length + 1;
  const finishOne = (): void => {
    if (--missing === 0) done(answers);
  };
  for (const [position, item] of items.entries()) {
    work(item, (answer) => {
      answers[position] = answer;
      finishOne();
    });
  }
  finishOne();
}

/** Asks `probe` until it gives something other than undefined or false; fails after `deadlineMs`. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 15_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end)
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}`, { cause: lastError });
    await new Promise((resolve) => {
      setTimeout(resolve, 15);
    });
  }
}

/**
 * Called at every point between two effects of a pass, with its name: `<step>:begun`, `<step>:done`,
 * `<step>:recorded`. Processes give one that does nothing; tests give one that ends the process.
 */
export type CrashHook = (point: string) => void;

/** For processes. */
export const NO_CRASH: CrashHook = () => undefined;

/** Ends this process as a power cut would, at the point of that name. For tests only. */
export function crashAt(target: string): CrashHook {
  return (point) => {
    if (point === target) process.kill(process.pid, 'SIGKILL');
  };
}

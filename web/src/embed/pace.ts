/** Does something at most once in a while, and once more at the end for what came meanwhile. */
export function paced(everyMs: number, act: () => void): { run(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;
  const wait = (): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (!isDue) return;
      isDue = false;
      act();
      wait();
    }, everyMs);
  };
  return {
    run() {
      if (timer !== undefined) { isDue = true; return; }
      act();
      wait();
    },
    stop() { clearTimeout(timer); timer = undefined; isDue = false; },
  };
}

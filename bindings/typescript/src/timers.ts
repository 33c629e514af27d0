// How long timers are set for. Knows the platform's timers and who waits for none of them.

/** Longest delay that timers take, in milliseconds: with a longer one they ring at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** The delay until a time on the clock of `performance.now()`: whole milliseconds, which are not early, and no more than timers take. */
export function delayUntil(time: number): number {
  return Math.min(Math.max(0, Math.ceil(time - performance.now())), LONGEST_TIMER);
}

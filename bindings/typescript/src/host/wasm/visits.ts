// The visits to one guest: one at a time, each within its time, to a seat that is made when it is wanted.

import { delayUntil } from "../../timers.js";
import type { Seat } from "./seat.js";

/** Visits a guest. */
export class Visits<Visit, Said> {
  readonly #newSeat: () => Seat<Visit, Said>;
  #seat: Seat<Visit, Said> | undefined;
  /** Which visit is under way, or was the last. */
  #number = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #isBusy = false;

  /** @param newSeat - a new one for each time that one was ended */
  constructor(newSeat: () => Seat<Visit, Said>) {
    this.#newSeat = newSeat;
  }

  /** Whether a visit is under way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Whether the guest's thread has ended while nobody was there. */
  get isGone(): boolean {
    return this.#seat?.isGone === true;
  }

  /** Whether there is a seat, which a guest may be in. */
  get isSeated(): boolean {
    return this.#seat !== undefined;
  }

  /** Whether a guest that does not come back can be ended; where there is no seat, nothing has to be. */
  get canEnd(): boolean {
    return this.#seat?.canEnd === true;
  }

  /**
   * Visits the guest.
   *
   * @param until - when it has to be over, on the clock of `performance.now()`
   * @param done - is called with what it came to, perhaps before this returns
   * @param late - is called in place of that where it took too long: the guest is gone then
   */
  enter(visit: Visit, until: number | undefined, done: (said: Said) => void, late: () => void): void {
    if (this.isGone) this.#seat = undefined;
    this.#seat ??= this.#newSeat();
    const number = ++this.#number;
    this.#isBusy = true;
    if (until !== undefined && until < Infinity && this.#seat.canEnd) {
      this.#watch = setTimeout(() => {
        this.leave();
        late();
      }, delayUntil(until));
    }
    this.#seat.visit(visit, (said) => {
      // One that was given up came to its end after all.
      if (number !== this.#number || !this.#isBusy) return;
      clearTimeout(this.#watch);
      this.#isBusy = false;
      done(said);
    });
  }

  /** Ends the seat, and whatever goes on in it. */
  leave(): void {
    clearTimeout(this.#watch);
    this.#number += 1;
    this.#isBusy = false;
    this.#seat?.end();
    this.#seat = undefined;
  }
}

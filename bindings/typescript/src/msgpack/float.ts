// A number that MessagePack carries as a float whatever its value is. Knows nobody who writes it.

/** A number that stays a float although it has no fraction. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

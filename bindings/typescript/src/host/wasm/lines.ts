// Messages for a guest out of the bytes that a conversation writes: whole ones, without their line feeds.

const LINE_FEED = 0x0a;

/** Cuts bytes into messages, in whatever pieces they come. */
export class MessageLines {
  #begun: Uint8Array | undefined;

  /** The messages that these bytes end. */
  push(bytes: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let rest = bytes;
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      messages.push(this.#whole(rest.subarray(0, end)));
      this.#begun = undefined;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) this.#begun = this.#whole(rest);
    return messages;
  }

  #whole(piece: Uint8Array): Uint8Array {
    if (this.#begun === undefined) return piece;
    const whole = new Uint8Array(this.#begun.length + piece.length);
    whole.set(this.#begun);
    whole.set(piece, this.#begun.length);
    return whole;
  }
}

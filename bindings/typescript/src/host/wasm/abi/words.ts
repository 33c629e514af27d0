// The last words of a guest: a reply with an error.

/** What a guest that broke down says. */
export interface Words {
  /** The call that it worked on; undefined where it was none. */
  readonly id: number | undefined;
  readonly message: string;
}

/** Reads them; what is none says nothing. */
export function readWords(words: Uint8Array | undefined): Words | undefined {
  if (words === undefined) return undefined;
  try {
    const { id, error } = JSON.parse(new TextDecoder().decode(words)) as { id: unknown; error: { message: unknown } };
    if (typeof error.message !== "string") return undefined;
    return { id: typeof id === "number" ? id : undefined, message: error.message };
  } catch {
    return undefined;
  }
}

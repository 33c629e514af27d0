// What can be spoken with plugins. Names alone: programs see them.

/** What a host and a plugin can speak. */
export const ENCODINGS = ["json", "msgpack"] as const;

/** What payloads are in. */
export type Encoding = (typeof ENCODINGS)[number];

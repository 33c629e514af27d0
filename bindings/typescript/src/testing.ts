// The test kit: an author tests a plugin in-process, without a host.

export { implement } from "./plugin/define.js";
export type { Frame } from "./plugin/dialect.js";
export { type Connection, connect } from "./testing/connection.js";
export type { Fake } from "./testing/fakes.js";
export { TestHost, type TestHostOptions, testHost } from "./testing/host.js";
export type { Emitted, LogLine, Progress, ServiceCall } from "./testing/records.js";

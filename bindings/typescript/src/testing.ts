// The test kit: an author tests a plugin in-process, without a host.

export { implement } from "./plugin/define.js";
export { type Connection, connect } from "./testing/connection.js";
export {
  type EmittedEvent,
  type LoggedLine,
  type ReportedProgress,
  TestHost,
  type TestHostOptions,
  testHost,
} from "./testing/host.js";

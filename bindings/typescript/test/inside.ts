// The few inner rooms of the package that tests open. Everything else is tested through the package's own doors.

/** The package's compiled modules, seen from the compiled tests. */
const inside = (path: string): Promise<unknown> => import(new URL(`../../dist/${path}`, import.meta.url).href);

export const { fromBase64, toBase64 } = (await inside("codec/base64.js")) as typeof import("../dist/codec/base64.js");
export const { OwnController, OwnSignal } = (await inside(
  "component/abort.js",
)) as typeof import("../dist/component/abort.js");
export const { Clock } = (await inside("component/clock.js")) as typeof import("../dist/component/clock.js");
export const { jobs, OwnPromise } = (await inside(
  "component/promise.js",
)) as typeof import("../dist/component/promise.js");
export const { randomOf } = (await inside("component/random.js")) as typeof import("../dist/component/random.js");
export const { Utf8Decoder, Utf8Encoder } = (await inside(
  "component/text.js",
)) as typeof import("../dist/component/text.js");
export const { FrameReader, framed } = (await inside("plugin/frames.js")) as typeof import("../dist/plugin/frames.js");
export const { Output } = (await inside("plugin/output.js")) as typeof import("../dist/plugin/output.js");
export const { CrossplugDialect } = (await inside(
  "plugin/dialect/crossplug.js",
)) as typeof import("../dist/plugin/dialect/crossplug.js");
export const { DEFAULT_LIMITS } = (await inside(
  "plugin/session/limits.js",
)) as typeof import("../dist/plugin/session/limits.js");
export const { Sequences } = (await inside(
  "plugin/session/sequences.js",
)) as typeof import("../dist/plugin/session/sequences.js");
export const { Session } = (await inside("plugin/session.js")) as typeof import("../dist/plugin/session.js");
export const { AbiVisitor } = (await inside(
  "host/wasm/abi/visitor.js",
)) as typeof import("../dist/host/wasm/abi/visitor.js");
export const { ComponentInstance } = (await inside(
  "host/wasm/abi/component.js",
)) as typeof import("../dist/host/wasm/abi/component.js");
export const { outlined } = (await inside(
  "host/wasm/component/outline.js",
)) as typeof import("../dist/host/wasm/component/outline.js");
export const { readyForComponents } = (await inside("host/node/sums.js")) as typeof import("../dist/host/node/sums.js");
export const { WasmDoor } = (await inside("host/wasm/door.js")) as typeof import("../dist/host/wasm/door.js");
export const { bounded, customSection, isComponent } = (await inside(
  "host/wasm/outline.js",
)) as typeof import("../dist/host/wasm/outline.js");
export const { engine: wasm } = (await inside(
  "host/wasm/webassembly.js",
)) as typeof import("../dist/host/wasm/webassembly.js");
export const { fullLimits } = (await inside("host/wasm/limits.js")) as typeof import("../dist/host/wasm/limits.js");
export const { loadEngine } = (await inside("host/node/engine.js")) as typeof import("../dist/host/node/engine.js");
/** The session of hosts, as the package's own sources import it. */
export const engine = (await import(
  new URL("../../wasm/pkg/session.js", import.meta.url).href
)) as typeof import("../wasm/pkg/session.js");

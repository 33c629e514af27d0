// elizaOS's names, for Node: plugins in its shape, by whatever door they come, and a runtime that takes them.

export { type Registrable, Runtime } from "./host/elizaos/runtime.js";
export {
  type Action,
  type Callback,
  type ElizaPlugin,
  type Evaluator,
  elizaPlugin,
  type LoadedElizaPlugin,
  type Provider,
} from "./host/elizaos/shape.js";
export {
  type LoaderOptions,
  loadPlugin,
  loadPythonPlugin,
  loadRustPlugin,
  loadWasmPlugin,
} from "./host/node/eliza-loaders.js";

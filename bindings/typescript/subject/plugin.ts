// The conformance subject: implements the interfaces `conformance` and `agent` as the session vectors expect. No SDK code.

import { type Context, type JsonObject, PluginError } from "crossplug";
import {
  type ActionInvoke,
  ActionNotFoundError,
  type ActionResult,
  type Agent,
  agent,
  EvaluatorNotFoundError,
  ProviderNotFoundError,
  type RouteHandle,
  RouteNotFoundError,
  ServiceNotFoundError,
} from "crossplug/interfaces/agent";
import {
  type Conformance,
  ConformanceEvents,
  ConformanceServices,
  conformance,
  OutOfPaperError,
  Paper,
} from "crossplug/interfaces/conformance";
import { definePlugin, implement, isMain, type Plugin, run } from "crossplug/plugin";

const conforming: Conformance = {
  testEcho: (_ctx, params) => params,
  testNothing: () => undefined,
  testFail: (_ctx, { code, message, details }) => {
    if (code === OutOfPaperError.code)
      throw new OutOfPaperError(message, details === undefined ? undefined : Paper.fromValue(details));
    throw new PluginError(code, message, { details });
  },
  testCrash: () => {
    throw new Error("crash on purpose");
  },
  testHang: (ctx) =>
    new Promise((_resolve, reject) => {
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
    }),
  testPrint: (_ctx, { text }) => {
    process.stdout.write(text);
    return new TextEncoder().encode(text).length;
  },
  testCount: async (ctx, { to }, items) => {
    let sum = 0n;
    for (let number = 1n; number <= to; number++) {
      await items.send(number);
      sum += number;
    }
    ctx.progress(1, "done");
    return sum;
  },
  testSum: async (_ctx, upload) => {
    let sum = 0n;
    for await (const number of upload) sum += number;
    return sum;
  },
  testDouble: async (_ctx, items, upload) => {
    let count = 0;
    for await (const number of upload) {
      await items.send(number * 2n);
      count++;
    }
    return count;
  },
  testAsk: (ctx, params) => new ConformanceServices(ctx).testAnswer(params),
  testEmit: (ctx, { times }) => {
    const events = new ConformanceEvents(ctx);
    for (let number = 1; number <= times; number++) events.testHappened({ number }, "test:stream");
  },
  testLog: (ctx, { text }) => ctx.log.info(text, { from: "subject" }),
  testSkim: (ctx, params) => new ConformanceServices(ctx).testList(params).result(),
  testTidy: async (ctx, params) => {
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    const services = new ConformanceServices(ctx);
    const code = await codeOf(() => services.testAnswer(params));
    const question = `${params.question} ${code}`;
    const { answer } = await services.testAnswer({ question }, { timeoutMs: 60_000 });
    throw new PluginError("failedPrecondition", answer);
  },
  testContext: ({ instanceId, config, deadline, cancelled, debug }) => ({
    instanceId,
    config,
    hasDeadline: deadline !== undefined,
    cancelled,
    debug,
  }),
  onTestHappened: async (ctx, { name, stream, seq, payload }) => {
    const question = `${name} ${stream ?? "-"} ${seq} ${payload.number}`;
    await new ConformanceServices(ctx).testAnswer({ question });
  },
};

function echo({ memory, options, state }: ActionInvoke): ActionResult {
  const data = {
    ...(options === undefined ? {} : { options }),
    ...(state === undefined ? {} : { state: { ...state } }),
  };
  return { success: true, text: `echo:${memory.content.text ?? ""}`, data };
}

/** The code of what goes wrong, `fine` where nothing does. */
async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "fine";
  } catch (thrown) {
    return thrown instanceof PluginError ? thrown.code : String(thrown);
  }
}

/** The codes of what a plugin gets that calls a service and emits an event. */
async function reach(ctx: Context): Promise<JsonObject> {
  return {
    call: await codeOf(() => new ConformanceServices(ctx).testAnswer({ question: "?" })),
    emit: await codeOf(() => new ConformanceEvents(ctx).testHappened({ number: 1 })),
  };
}

function got({ method, path, params, query, headers, body }: RouteHandle) {
  const rest = { params: params ?? {}, query: query ?? {}, headers: headers ?? {}, method, path };
  return body === undefined ? rest : { body, ...rest };
}

const running = new Set<string>();

function knownService(serviceType: string): string {
  if (serviceType !== "svc")
    throw new ServiceNotFoundError(`Service not found: ${serviceType}`, { name: serviceType, known: ["svc"] });
  return serviceType;
}

const agentOfVectors: Agent = {
  actionValidate: (_ctx, { action }) => {
    if (action !== "ECHO")
      throw new ActionNotFoundError(`Action not found: ${action}`, { name: action, known: ["ECHO"] });
    return { valid: true };
  },
  actionInvoke: async (ctx, params) => {
    const { action } = params;
    if (action === "REACH") return { success: true, data: await reach(ctx) };
    if (action !== "ECHO")
      throw new ActionNotFoundError(`Action not found: ${action}`, { name: action, known: ["ECHO"] });
    return echo(params);
  },
  providerGet: (_ctx, { provider, memory }) => {
    if (provider !== "PROV")
      throw new ProviderNotFoundError(`Provider not found: ${provider}`, { name: provider, known: ["PROV"] });
    return { text: `provided:${memory.content.text ?? ""}`, values: { n: 1 } };
  },
  evaluatorValidate: (_ctx, { evaluator }) => {
    if (evaluator !== "EVAL")
      throw new EvaluatorNotFoundError(`Evaluator not found: ${evaluator}`, { name: evaluator, known: ["EVAL"] });
    return { valid: true };
  },
  evaluatorInvoke: (_ctx, { evaluator, memory }) => {
    if (evaluator !== "EVAL")
      throw new EvaluatorNotFoundError(`Evaluator not found: ${evaluator}`, { name: evaluator, known: ["EVAL"] });
    return { success: true, text: `evaluated:${memory.content.text ?? ""}` };
  },
  serviceStart: (_ctx, { serviceType }) => {
    running.add(knownService(serviceType));
  },
  serviceStop: (_ctx, { serviceType }) => {
    running.delete(knownService(serviceType));
  },
  routeHandle: (_ctx, params) => {
    const { method, path } = params;
    if (path !== "/r" || method !== "POST") {
      throw new RouteNotFoundError(`Route not found: ${path}`, { name: `${method} ${path}`, known: ["POST /r"] });
    }
    return { status: 201, headers: { "X-A": "b" }, body: { got: got(params) } };
  },
};

/** The subject, for tests in memory. */
export const plugin: Plugin = definePlugin({
  interfaces: [implement(conformance, conforming), implement(agent, agentOfVectors)],
});

if (isMain(import.meta)) run(plugin);

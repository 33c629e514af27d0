// crossplug-abi/1: what a host calls. Nothing here happens by itself, so every call is answered at once, and a message with one.

import { member, quoted, textOf } from "./json";

/** What a method gives: a result, or the object of an error. */
export class Answer {
  constructor(
    public json: string,
    public isError: bool = false,
  ) {}
}

export function failed(number: i32, code: string, message: string, details: string = "null"): Answer {
  const data = `{"code":${quoted(code)},"details":${details}}`;
  return new Answer(`{"code":${number.toString()},"message":${quoted(message)},"data":${data}}`, true);
}

type Handler = (method: i32, params: string) => Answer;

let name = "";
let offers = "";
let methods: string[] = [];
let handler: Handler = (_method: i32, _params: string): Answer =>
  failed(-32601, "methodNotFound", "there is no method");

/** The plugin: its name, its interface, its methods, and what answers a call of the one of that number. */
export function serve(called: string, face: string, names: string[], answer: Handler): void {
  name = called;
  offers = face;
  methods = names;
  handler = answer;
}

let input = new ArrayBuffer(64);
/** What was said last; it stays where it is until the next entry. */
let said = new ArrayBuffer(0);

function packed(text: string, status: u64): i64 {
  said = String.UTF8.encode(text);
  return (status << 62) | (u64(said.byteLength) << 32) | u64(changetype<usize>(said));
}

function given(length: i32): string {
  return String.UTF8.decodeUnsafe(changetype<usize>(input), usize(length));
}

function number(method: string): i32 {
  return methods.indexOf(method);
}

function answer(method: i32, params: string): Answer {
  if (method < 0 || method >= methods.length) return failed(-32601, "methodNotFound", "there is no such method");
  return handler(method, params);
}

export function crossplug_abi(): i32 {
  return 1;
}

export function crossplug_methods(): i64 {
  const names = methods.map<string>((method) => quoted(method));
  return packed(`[${names.join(",")}]`, 0);
}

export function crossplug_reserve(length: i32): i32 {
  if (length > input.byteLength) input = new ArrayBuffer(length);
  return i32(changetype<usize>(input));
}

export function crossplug_call(method: i32, length: i32, _id: i64, _timeout: i64, _now: i64): i64 {
  const given_ = answer(method, given(length));
  return packed(given_.json, given_.isError ? 1 : 0);
}

export function crossplug_push(length: i32, _now: i64): i64 {
  const message = given(length);
  const id = member(message, "id");
  const method = textOf(member(message, "method"));
  // A notification wants no answer, and this plugin never asks.
  if (id.length == 0 || method.length == 0) return packed("", 0);
  let outcome = new Answer("null");
  if (method == "initialize") {
    const manifest = `{"name":${quoted(name)},"version":"1.0.0"}`;
    const interfaces = `{${quoted(offers)}:{"version":"1.0.0"}}`;
    outcome = new Answer(`{"protocol":{"version":"1.0"},"manifest":${manifest},"interfaces":${interfaces}}`);
  } else if (method != "ping" && method != "shutdown") {
    const params = member(message, "params");
    outcome = answer(number(method), params.length > 0 ? params : "{}");
  }
  return packed(`{"jsonrpc":"2.0","id":${id},"${outcome.isError ? "error" : "result"}":${outcome.json}}\n`, 0);
}

export function crossplug_turn(_now: i64): i64 {
  return packed("", 0);
}

export function crossplug_next(): i64 {
  return -1;
}

export function crossplug_close(_now: i64): i64 {
  return packed("", 1);
}

export function crossplug_last_words(): i64 {
  return packed("", 0);
}

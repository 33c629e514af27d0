//! The method `text.shout` as a WebAssembly module, in Zig: crossplug-abi/1, schema/README.md section 8.
//!
//! zig build-exe module.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall -femit-bin=shout.wasm
//!
//! What a plugin has to do is in `crossplug_call` and `crossplug_push`; JSON is std.json's. module.c beside this is the same in C.

const std = @import("std");

const METHODS = "[\"text.shout\"]";
const HELLO =
    \\{"protocol":{"version":"1.0"},"manifest":{"name":"shout","version":"1.0.0"},"interfaces":{"shouting":{"version":"1.0.0"}}}
;
const NO_TEXT =
    \\{"code":-32602,"message":"`text` is required","data":{"code":"invalidParams"}}
;
const NO_METHOD =
    \\{"code":-32601,"message":"there is no such method","data":{"code":"methodNotFound"}}
;

/// The status of a call.
const Status = enum(u64) { done, failed, pending };
const GOES_ON = 0;
const OVER = 1;

const Params = struct { text: []const u8 };
const Message = struct { id: ?std.json.Value = null, method: ?[]const u8 = null, params: ?std.json.Value = null };

const heap = std.heap.wasm_allocator;
/// Where the host puts what it says.
var input: []u8 = &.{};
/// For one entry: what was said lies in it until the next.
var scratch = std.heap.ArenaAllocator.init(heap);

/// An address, a length and a status in one number.
fn pack(bytes: []const u8, status: u64) i64 {
    const at: u64 = if (bytes.len == 0) 0 else @intFromPtr(bytes.ptr);
    return @bitCast(status << 62 | @as(u64, bytes.len) << 32 | at);
}

fn given(length: i32) []const u8 {
    return input[0..@intCast(length)];
}

const Answer = struct { status: Status, bytes: []const u8 };

/// {"text":"..."} in capitals, or what is missing.
fn shout(params: []const u8) Answer {
    const memory = scratch.allocator();
    const read = std.json.parseFromSliceLeaky(Params, memory, params, .{ .ignore_unknown_fields = true });
    const said = read catch return .{ .status = .failed, .bytes = NO_TEXT };
    const loud = std.ascii.allocUpperString(memory, said.text) catch return .{ .status = .failed, .bytes = NO_TEXT };
    return .{ .status = .done, .bytes = json(.{ .text = loud }) };
}

fn json(value: anytype) []const u8 {
    return std.json.Stringify.valueAlloc(scratch.allocator(), value, .{}) catch "";
}

/// A reply to a request, with its line feed.
fn reply(id: std.json.Value, kind: []const u8, what: []const u8) []const u8 {
    const parts = .{ json(id), kind, what };
    const form = "{{\"jsonrpc\":\"2.0\",\"id\":{s},\"{s}\":{s}}}\n";
    return std.fmt.allocPrint(scratch.allocator(), form, parts) catch "";
}

fn answer(message: []const u8) []const u8 {
    const memory = scratch.allocator();
    const options: std.json.ParseOptions = .{ .ignore_unknown_fields = true };
    const said = std.json.parseFromSliceLeaky(Message, memory, message, options) catch return "";
    // A notification wants no answer, and this plugin never asks.
    const id = said.id orelse return "";
    const method = said.method orelse return "";
    if (std.mem.eql(u8, method, "initialize")) return reply(id, "result", HELLO);
    if (std.mem.eql(u8, method, "ping") or std.mem.eql(u8, method, "shutdown")) return reply(id, "result", "null");
    if (!std.mem.eql(u8, method, "text.shout")) return reply(id, "error", NO_METHOD);
    const outcome = shout(json(said.params orelse .null));
    return reply(id, if (outcome.status == .done) "result" else "error", outcome.bytes);
}

export fn crossplug_abi() i32 {
    return 1;
}

export fn crossplug_methods() i64 {
    return pack(METHODS, 0);
}

export fn crossplug_reserve(length: i32) i32 {
    const wanted: usize = @max(64, @as(usize, @intCast(length)));
    if (wanted > input.len) {
        heap.free(input);
        input = &.{};
        input = heap.alloc(u8, wanted) catch return 0;
    }
    return @intCast(@intFromPtr(input.ptr));
}

export fn crossplug_call(method: i32, length: i32, _: i64, _: i64, _: i64) i64 {
    _ = scratch.reset(.retain_capacity);
    if (method != 0) return pack(NO_METHOD, @intFromEnum(Status.failed));
    const outcome = shout(given(length));
    return pack(outcome.bytes, @intFromEnum(outcome.status));
}

export fn crossplug_push(length: i32, _: i64) i64 {
    _ = scratch.reset(.retain_capacity);
    return pack(answer(given(length)), GOES_ON);
}

/// Nothing here happens by itself.
export fn crossplug_turn(_: i64) i64 {
    return pack("", GOES_ON);
}

export fn crossplug_next() i64 {
    return -1;
}

export fn crossplug_close(_: i64) i64 {
    return pack("", OVER);
}

export fn crossplug_last_words() i64 {
    return pack("", 0);
}

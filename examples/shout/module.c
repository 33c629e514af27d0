/*
 * The method `text.shout` as a WebAssembly module, in C without a library: crossplug-abi/1, schema/README.md section 8.
 *
 * zig cc -target wasm32-freestanding -O2 -Wl,--no-entry -o shout.wasm module.c     (or clang --target=wasm32 -nostdlib ...)
 *
 * What a plugin has to do is in `crossplug_call` and `crossplug_push`. JSON is read by hand as far as it goes here: a plugin of
 * your own has a library for it. module.zig beside this is the same in Zig.
 */
#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

static const char METHODS[] = "[\"text.shout\"]";
static const char HELLO[] = "{\"protocol\":{\"version\":\"1.0\"},\"manifest\":{\"name\":\"shout\",\"version\":\"1.0.0\"},"
                            "\"interfaces\":{\"shouting\":{\"version\":\"1.0.0\"}}}";
static const char NO_TEXT[] = "{\"code\":-32602,\"message\":\"`text` is required\",\"data\":{\"code\":\"invalidParams\"}}";
static const char NO_METHOD[] = "{\"code\":-32601,\"message\":\"there is no such method\",\"data\":{\"code\":\"methodNotFound\"}}";

enum { DONE, FAILED, PENDING }; /* the status of a call */
enum { GOES_ON, OVER };         /* the status of an outbox */

typedef struct text {
    const char *at;
    uint32_t length;
} text;

/* --- memory: the input lies behind everything else, and what is said behind the input ----------------------------------- */

extern char __heap_base;
static uint32_t room; /* for the input */
static char *out;     /* what is said */
static uint32_t written;

static char *input(void) { return &__heap_base; }

int32_t EXPORT(crossplug_reserve)(int32_t length) {
    uint32_t wanted = ((uint32_t)length + 4096) & ~7u;
    if (wanted > room) {
        /* Nothing that is said is longer than the input and a little more. */
        uint64_t end = (uint64_t)(uintptr_t)input() + 2 * (uint64_t)wanted;
        uint64_t pages = (end + 65535) / 65536, have = __builtin_wasm_memory_size(0);
        if (pages > have && __builtin_wasm_memory_grow(0, (uint32_t)(pages - have)) == (uintptr_t)-1) return 0;
        room = wanted;
    }
    return (int32_t)(uintptr_t)input();
}

static void begin(void) {
    out = input() + room;
    written = 0;
}

static void put(text said) {
    for (uint32_t i = 0; i < said.length; i++) out[written + i] = said.at[i];
    written += said.length;
}

static text of(const char *literal) {
    uint32_t length = 0;
    while (literal[length] != 0) length++;
    return (text){literal, length};
}

/* An address, a length, and a status in one number. */
static int64_t packed(const char *at, uint32_t length, uint32_t status) {
    return (int64_t)((uint64_t)status << 62 | (uint64_t)length << 32 | (uint32_t)(uintptr_t)at);
}

/* --- JSON --------------------------------------------------------------------------------------------------------------- */

/* The value behind "name", wherever it stands first, up to its end. */
static text member(text json, const char *name) {
    text wanted = of(name);
    for (uint32_t i = 0; i + wanted.length + 3 <= json.length; i++) {
        uint32_t same = 0;
        while (same < wanted.length && json.at[i + 1 + same] == name[same]) same++;
        if (json.at[i] != '"' || same < wanted.length || json.at[i + 1 + same] != '"') continue;
        uint32_t from = i + same + 2, to, depth = 0;
        while (from < json.length && (json.at[from] == ' ' || json.at[from] == ':')) from++;
        bool inside = false;
        for (to = from; to < json.length; to++) {
            char c = json.at[to];
            if (inside) {
                if (c == '\\') to++;
                else if (c == '"') inside = false;
            } else if (c == '"') inside = true;
            else if (c == '{' || c == '[') depth++;
            else if ((c == '}' || c == ']') && depth-- == 0) break;
            else if (c == ',' && depth == 0) break;
        }
        return (text){json.at + from, to - from};
    }
    return (text){0, 0};
}

static bool is(text value, const char *wanted) {
    text other = of(wanted);
    if (value.length != other.length) return false;
    for (uint32_t i = 0; i < value.length; i++)
        if (value.at[i] != wanted[i]) return false;
    return true;
}

/* --- what the plugin does ----------------------------------------------------------------------------------------------- */

/* Puts {"text":"..."} in capitals, or says what is missing. */
static int shout(text params) {
    text said = member(params, "text");
    if (said.length < 2 || *said.at != '"') {
        put(of(NO_TEXT));
        return FAILED;
    }
    put(of("{\"text\":"));
    for (uint32_t i = 0; i < said.length; i++) {
        char c = said.at[i];
        bool escape = c == '\\';
        out[written++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        if (escape) out[written++] = said.at[++i]; /* an escape keeps its letter: "\n" is no "\N" */
    }
    put(of("}"));
    return DONE;
}

/* --- the ABI ------------------------------------------------------------------------------------------------------------ */

int32_t EXPORT(crossplug_abi)(void) { return 1; }

int64_t EXPORT(crossplug_methods)(void) { return packed(METHODS, sizeof METHODS - 1, 0); }

int64_t EXPORT(crossplug_call)(int32_t method, int32_t length, int64_t id, int64_t timeout, int64_t now) {
    (void)id, (void)timeout, (void)now;
    begin();
    int status = FAILED;
    if (method == 0) status = shout((text){input(), (uint32_t)length});
    else put(of(NO_METHOD));
    return packed(out, written, (uint32_t)status);
}

int64_t EXPORT(crossplug_push)(int32_t length, int64_t now) {
    (void)now;
    text message = {input(), (uint32_t)length};
    text id = member(message, "id"), method = member(message, "method");
    begin();
    /* A notification wants no answer, and this plugin never asks. */
    if (id.at == 0 || method.length < 2 || method.at[1] == '$') return packed(out, 0, GOES_ON);
    put(of("{\"jsonrpc\":\"2.0\",\"id\":"));
    put(id);
    if (is(method, "\"initialize\"")) {
        put(of(",\"result\":"));
        put(of(HELLO));
    } else if (is(method, "\"ping\"") || is(method, "\"shutdown\"")) {
        put(of(",\"result\":null"));
    } else if (is(method, "\"text.shout\"")) {
        text params = member(message, "params");
        put(of(member(params, "text").length < 2 ? ",\"error\":" : ",\"result\":"));
        shout(params);
    } else {
        put(of(",\"error\":"));
        put(of(NO_METHOD));
    }
    put(of("}\n"));
    return packed(out, written, GOES_ON);
}

int64_t EXPORT(crossplug_turn)(int64_t now) {
    (void)now;
    return packed(out, 0, GOES_ON);
}
int64_t EXPORT(crossplug_next)(void) { return -1; } /* nothing here happens by itself */
int64_t EXPORT(crossplug_close)(int64_t now) {
    (void)now;
    return packed(out, 0, OVER);
}
int64_t EXPORT(crossplug_last_words)(void) { return packed(out, 0, 0); }

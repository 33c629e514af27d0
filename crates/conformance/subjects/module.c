/* The conformance subject in C as a WebAssembly module: crossplug-abi/1, schema/README.md section 8. */
#include "subject.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

extern char __heap_base;
static uint32_t room, written;

static char *input(void) { return &__heap_base; }
static char *said(void) { return input() + room; }

static void put(text more) {
    __builtin_memcpy(said() + written, more.at, more.length);
    written += (uint32_t)more.length;
}

static int64_t packed(const char *at, uint32_t length, uint32_t status) {
    return (int64_t)((uint64_t)status << 62 | (uint64_t)length << 32 | (uint32_t)(uintptr_t)at);
}

int32_t EXPORT(crossplug_abi)(void) { return 1; }
int64_t EXPORT(crossplug_methods)(void) { return packed(METHODS, sizeof METHODS - 1, 0); }

/* What is said lies behind the input, and is never much longer. */
int32_t EXPORT(crossplug_reserve)(int32_t length) {
    uint32_t wanted = ((uint32_t)length + 4096) & ~7u;
    if (wanted > room) {
        uint64_t pages = ((uintptr_t)input() + 2 * (uint64_t)wanted + 65535) / 65536, have = __builtin_wasm_memory_size(0);
        if (pages > have && __builtin_wasm_memory_grow(0, (uint32_t)(pages - have)) == (uintptr_t)-1) return 0;
        room = wanted;
    }
    return (int32_t)(uintptr_t)input();
}

int64_t EXPORT(crossplug_call)(int32_t method, int32_t length, int64_t id, int64_t timeout, int64_t now) {
    (void)id, (void)timeout, (void)now;
    written = 0;
    int status = answer((unsigned)method, (text){input(), (uint32_t)length});
    return packed(said(), written, (uint32_t)status);
}

int64_t EXPORT(crossplug_push)(int32_t length, int64_t now) {
    (void)now;
    written = 0;
    if (take((text){input(), (uint32_t)length})) put(of("\n"));
    return packed(said(), written, 0);
}

int64_t EXPORT(crossplug_turn)(int64_t now) {
    (void)now;
    return 0;
}

int64_t EXPORT(crossplug_next)(void) { return -1; }

int64_t EXPORT(crossplug_close)(int64_t now) {
    (void)now;
    return packed(0, 0, 1);
}

int64_t EXPORT(crossplug_last_words)(void) { return 0; }

/* The conformance subject in C as a shared library: schema/crossplug.h. */
#include "subject.h"
#include "crossplug.h"

#include <stdlib.h>
#include <string.h>

struct crossplug_instance {
    const crossplug_host *host;
};

/* What is being said on this thread. */
static _Thread_local struct {
    char *at;
    size_t length, room;
} out;

static void put(text more) {
    if (out.length + more.length > out.room) {
        size_t room = 2 * (out.length + more.length) + 256;
        char *at = realloc(out.at, room);
        if (at == NULL) abort();
        out.at = at;
        out.room = room;
    }
    memcpy(out.at + out.length, more.at, more.length);
    out.length += more.length;
}

static void begin(void) { memset(&out, 0, sizeof out); }

static crossplug_instance *open_instance(const crossplug_host *host, crossplug_buffer *error) {
    (void)error;
    if (host->head.magic != CROSSPLUG_MAGIC || host->head.version != CROSSPLUG_VERSION) return NULL;
    crossplug_instance *self = malloc(sizeof *self);
    if (self != NULL) self->host = host;
    return self;
}

static crossplug_bytes list_methods(crossplug_instance *self) {
    (void)self;
    return (crossplug_bytes){(const uint8_t *)METHODS, sizeof METHODS - 1};
}

static int32_t call(crossplug_instance *self, uint32_t method, const uint8_t *params, size_t length, int64_t id,
                    int64_t timeout, crossplug_buffer *given) {
    (void)self, (void)id, (void)timeout;
    begin();
    int status = answer(method, (text){(const char *)params, length});
    *given = (crossplug_buffer){(uint8_t *)out.at, out.length, NULL};
    return status == DONE ? CROSSPLUG_DONE : CROSSPLUG_FAILED;
}

static int32_t push(crossplug_instance *self, const uint8_t *message, size_t length) {
    begin();
    if (take((text){(const char *)message, length}))
        self->host->said(self->host, (const uint8_t *)out.at, out.length);
    free(out.at);
    return CROSSPLUG_TAKEN;
}

static int32_t close_instance(crossplug_instance *self, int64_t patience) {
    (void)patience;
    free(self);
    return CROSSPLUG_GONE;
}

static void release(crossplug_buffer *buffer) {
    free(buffer->data);
    *buffer = (crossplug_buffer){NULL, 0, NULL};
}

const crossplug_library *crossplug_plugin(void) {
    static const crossplug_library library = {
        {CROSSPLUG_MAGIC, CROSSPLUG_VERSION, sizeof(crossplug_library)},
        open_instance,
        list_methods,
        call,
        push,
        close_instance,
        release,
    };
    return &library;
}

crossplug_bytes crossplug_manifest(void) {
    static const char manifest[] = "{\"name\":\"conformance-subject\",\"description\":\"\",\"version\":\"1.0.0\",\"language\":\"c\"}";
    return (crossplug_bytes){(const uint8_t *)manifest, sizeof manifest - 1};
}

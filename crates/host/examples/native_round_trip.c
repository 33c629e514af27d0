/* What the native door is measured against: a function that gives its input back in memory of its own. And the same as the
 * plainest plugin that there is: it answers every call with its params. */
#include "crossplug.h"

#include <stdlib.h>
#include <string.h>

CROSSPLUG_EXPORT uint8_t *bare_echo(const uint8_t *input, size_t length) {
    uint8_t *output = malloc(length + 1);
    memcpy(output, input, length);
    return output;
}

CROSSPLUG_EXPORT void bare_free(uint8_t *output) { free(output); }

struct crossplug_instance {
    const crossplug_host *host;
};

static crossplug_instance *open_instance(const crossplug_host *host, crossplug_buffer *error) {
    (void)error;
    crossplug_instance *self = malloc(sizeof *self);
    self->host = host;
    return self;
}

static crossplug_bytes methods(crossplug_instance *self) {
    (void)self;
    static const char list[] = "[\"echo\"]";
    return (crossplug_bytes){(const uint8_t *)list, sizeof list - 1};
}

static int32_t call(crossplug_instance *self, uint32_t method, const uint8_t *params, size_t length, int64_t id,
                    int64_t timeout, crossplug_buffer *answer) {
    (void)self, (void)method, (void)id, (void)timeout;
    *answer = (crossplug_buffer){bare_echo(params, length), length, NULL};
    return CROSSPLUG_DONE;
}

static int32_t push(crossplug_instance *self, const uint8_t *message, size_t length) {
    static const char hello[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":{\"version\":\"1.0\"},\"manifest\":{},\"interfaces\":{}}}";
    static const char first[] = "{\"jsonrpc\":\"2.0\",\"id\":1,";
    if (length > sizeof first && memcmp(message, first, sizeof first - 1) == 0) {
        self->host->said(self->host, (const uint8_t *)hello, sizeof hello - 1);
    }
    return CROSSPLUG_TAKEN;
}

static int32_t close_instance(crossplug_instance *self, int64_t patience) {
    (void)patience;
    free(self);
    return CROSSPLUG_GONE;
}

static void release(crossplug_buffer *buffer) { free(buffer->data); }

CROSSPLUG_EXPORT const crossplug_library *crossplug_plugin(void) {
    static const crossplug_library library = {
        {CROSSPLUG_MAGIC, CROSSPLUG_VERSION, sizeof(crossplug_library)},
        open_instance,
        methods,
        call,
        push,
        close_instance,
        release,
    };
    return &library;
}

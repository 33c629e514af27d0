/* Libraries that are wrong, each in one way: -DWRONG_MAGIC and so on. Without any, a plugin that does what its methods say. */
#define _POSIX_C_SOURCE 200809L
#include "crossplug.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct crossplug_instance {
    const crossplug_host *host;
};

static void say(crossplug_instance *self, const char *message) {
    self->host->said(self->host, (const uint8_t *)message, strlen(message));
}

static crossplug_instance *open_instance(const crossplug_host *host, crossplug_buffer *error) {
#ifdef REFUSES
    static char why[] = "{\"code\":-32007,\"message\":\"no disk\",\"data\":{\"code\":\"failedPrecondition\"}}";
    (void)host;
    *error = (crossplug_buffer){(uint8_t *)why, sizeof why - 1, NULL};
    return NULL;
#else
    (void)error;
    crossplug_instance *self = malloc(sizeof *self);
    self->host = host;
    return self;
#endif
}

static crossplug_bytes methods(crossplug_instance *self) {
    (void)self;
    static const char list[] = "[\"loop\",\"slow\",\"babble\",\"lie\",\"twice\",\"hang\",\"echo\"]";
    return (crossplug_bytes){(const uint8_t *)list, sizeof list - 1};
}

static void nap(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int32_t give(crossplug_buffer *answer, const uint8_t *bytes, size_t length) {
    *answer = (crossplug_buffer){malloc(length + 1), length, NULL};
    memcpy(answer->data, bytes, length);
    return CROSSPLUG_DONE;
}

static int32_t call(crossplug_instance *self, uint32_t method, const uint8_t *params, size_t length, int64_t id,
                    int64_t timeout, crossplug_buffer *answer) {
    char message[128];
    (void)timeout;
    switch (method) {
    case 0:
        while (true) nap(1000);
    case 1:
        nap(150);
        return give(answer, params, length);
    case 2:
        return give(answer, (const uint8_t *)"no json", 7);
    case 3:
        return 7;
    case 4:
        snprintf(message, sizeof message, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":1}", (long long)id);
        say(self, message);
        say(self, message);
        return CROSSPLUG_PENDING;
    case 5:
        return CROSSPLUG_PENDING;
    default:
        return give(answer, params, length);
    }
}

static int32_t push(crossplug_instance *self, const uint8_t *message, size_t length) {
    char text[256] = "";
    memcpy(text, message, length < sizeof text ? length : sizeof text - 1);
    if (strstr(text, "\"initialize\"") != NULL) {
#ifndef SILENT
        say(self, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":{\"version\":\"1.0\"},\"manifest\":{},\"interfaces\":{}}}");
#else
        (void)self;
#endif
    } else if (strstr(text, "\"push.loop\"") != NULL) {
        while (true) nap(1000);
    }
    return CROSSPLUG_TAKEN;
}

static int32_t close_instance(crossplug_instance *self, int64_t patience) {
    (void)patience;
    free(self);
    return CROSSPLUG_GONE;
}

static void release(crossplug_buffer *buffer) {
#ifndef REFUSES
    free(buffer->data);
#endif
    *buffer = (crossplug_buffer){NULL, 0, NULL};
}

#ifndef NO_ENTRY
const crossplug_library *crossplug_plugin(void) {
    static const crossplug_library library = {
        {
#ifdef WRONG_MAGIC
            0x12345678,
#else
            CROSSPLUG_MAGIC,
#endif
#ifdef WRONG_VERSION
            2,
#else
            CROSSPLUG_VERSION,
#endif
#ifdef WRONG_SIZE
            sizeof(crossplug_head),
#else
            sizeof(crossplug_library),
#endif
        },
        open_instance,
        methods,
        call,
        push,
        close_instance,
#ifdef GAP
        NULL,
#else
        release,
#endif
    };
#ifdef NO_TABLE
    return library.head.size > 0 ? NULL : &library;
#else
    return &library;
#endif
}
#else
const int something_else = 1;
#endif

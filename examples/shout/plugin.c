/*
 * A plugin in C: the methods `text.shout`, answered at once, and `text.later`, answered by a message from a thread of its own.
 *
 * cc -std=c11 -shared -fPIC -pthread -I ../../schema -o libshout.so plugin.c
 *
 * It is whole but for JSON: where a plugin of your own has a JSON library, this one finds the few members that it needs by
 * hand, and takes texts as they are written (with their escapes, which it gives back as they came).
 */
#define _POSIX_C_SOURCE 200809L
#include "crossplug.h"

#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A plugin is what `open` makes of this, as often as it is asked to. */
struct crossplug_instance {
    const crossplug_host *host;
    pthread_mutex_t lock;
    pthread_cond_t quiet;
    int running; /* threads that answer later */
    bool stopping;
};

static const char MANIFEST[] = "{\"name\":\"shout\",\"description\":\"Shouts.\",\"version\":\"1.0.0\",\"language\":\"c\","
                               "\"interfaces\":{\"shouting\":\"1\"}}";
static const char METHODS[] = "[\"text.shout\",\"text.later\"]";
enum { SHOUT, LATER };

/* --- JSON, as far as it goes here ------------------------------------------------------------------------------------- */

typedef struct text {
    const char *at;
    size_t length;
} text;

/* The value behind "name": in `json`, at whatever depth it stands first: up to its end. */
static text member(text json, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i + size + 3 <= json.length; i++) {
        const char *at = json.at + i;
        if (*at != '"' || memcmp(at + 1, name, size) != 0 || at[size + 1] != '"') continue;
        const char *end = json.at + json.length, *value = at + size + 2;
        while (value < end && (isspace((unsigned char)*value) || *value == ':')) value++;
        const char *last = value;
        bool inside = false;
        for (int depth = 0; last < end; last++) {
            if (inside) {
                if (*last == '\\') last++;
                else if (*last == '"') inside = false;
            } else if (*last == '"') {
                inside = true;
            } else if (*last == '{' || *last == '[') {
                depth++;
            } else if (*last == '}' || *last == ']') {
                if (depth-- == 0) break;
            } else if (*last == ',' && depth == 0) {
                break;
            }
        }
        return (text){value, (size_t)(last - value)};
    }
    return (text){NULL, 0};
}

static bool is(text value, const char *wanted) {
    return value.at != NULL && value.length == strlen(wanted) && memcmp(value.at, wanted, value.length) == 0;
}

/* {"text":"..."} in capitals; free() it. NULL: there is no text in it. */
static char *shouted(text params) {
    text said = member(params, "text");
    if (said.at == NULL || said.length < 2 || *said.at != '"') return NULL;
    char *result = malloc(said.length + 16);
    if (result == NULL) return NULL;
    int head = sprintf(result, "{\"text\":");
    for (size_t i = 0; i < said.length; i++) {
        /* An escape keeps its letter: "\n" is no "\N". */
        bool escape = said.at[i] == '\\' && i + 1 < said.length;
        result[head++] = escape ? said.at[i] : (char)toupper((unsigned char)said.at[i]);
        if (escape) result[head++] = said.at[++i];
    }
    memcpy(result + head, "}", 2);
    return result;
}

/* --- what it says ----------------------------------------------------------------------------------------------------- */

static void reply(crossplug_instance *self, text id, const char *kind, const char *what) {
    size_t room = id.length + strlen(what) + 64;
    char *message = malloc(room);
    if (message == NULL) return;
    int length = snprintf(message, room, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"%s\":%s}", (int)id.length, id.at, kind, what);
    self->host->said(self->host, (const uint8_t *)message, (size_t)length);
    free(message);
}

static const char NO_TEXT[] = "{\"code\":-32602,\"message\":\"`text` is required\",\"data\":{\"code\":\"invalidParams\"}}";
static const char NO_METHOD[] = "{\"code\":-32601,\"message\":\"there is no such method\",\"data\":{\"code\":\"methodNotFound\"}}";
static const char GONE[] = "{\"code\":-32005,\"message\":\"it is shutting down\",\"data\":{\"code\":\"unavailable\"}}";

/* --- answered later --------------------------------------------------------------------------------------------------- */

typedef struct work {
    crossplug_instance *self;
    char id[216];
    char *result;
} work;

static void *answer_later(void *argument) {
    work *own = argument;
    crossplug_instance *self = own->self;
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    text id = {own->id, strlen(own->id)};
    if (own->result != NULL) reply(self, id, "result", own->result);
    else reply(self, id, "error", NO_TEXT);
    free(own->result);
    free(own);
    pthread_mutex_lock(&self->lock);
    if (--self->running == 0) pthread_cond_broadcast(&self->quiet);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void begin_later(crossplug_instance *self, text id, text params) {
    work *own = malloc(sizeof *own);
    pthread_t thread;
    if (own == NULL || id.length >= sizeof own->id) {
        free(own);
        return;
    }
    *own = (work){.self = self, .result = shouted(params)};
    memcpy(own->id, id.at, id.length);
    pthread_mutex_lock(&self->lock);
    self->running++;
    pthread_mutex_unlock(&self->lock);
    if (pthread_create(&thread, NULL, answer_later, own) == 0) pthread_detach(thread);
    else answer_later(own);
}

/* Until nothing is in flight. */
static bool wait_for_quiet(crossplug_instance *self, int64_t patience) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += (time_t)(patience / 1000000);
    end.tv_nsec += (long)(patience % 1000000) * 1000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    bool quiet = true;
    pthread_mutex_lock(&self->lock);
    while (self->running > 0 && quiet) quiet = pthread_cond_timedwait(&self->quiet, &self->lock, &end) == 0;
    pthread_mutex_unlock(&self->lock);
    return quiet;
}

/* --- the table -------------------------------------------------------------------------------------------------------- */

static crossplug_instance *open_instance(const crossplug_host *host, crossplug_buffer *error) {
    (void)error;
    if (host->head.magic != CROSSPLUG_MAGIC || host->head.version != CROSSPLUG_VERSION) return NULL;
    crossplug_instance *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->host = host;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->quiet, NULL);
    return self;
}

static crossplug_bytes list_methods(crossplug_instance *self) {
    (void)self;
    return (crossplug_bytes){(const uint8_t *)METHODS, sizeof METHODS - 1};
}

static int32_t give(crossplug_buffer *answer, char *bytes, int32_t status) {
    if (bytes != NULL) *answer = (crossplug_buffer){(uint8_t *)bytes, strlen(bytes), NULL};
    return status;
}

static int32_t call(crossplug_instance *self, uint32_t method, const uint8_t *params, size_t length, int64_t id,
                    int64_t timeout, crossplug_buffer *answer) {
    (void)timeout;
    text given = {(const char *)params, length};
    char number[24];
    switch (method) {
    case SHOUT: {
        char *result = shouted(given);
        return result != NULL ? give(answer, result, CROSSPLUG_DONE) : give(answer, strdup(NO_TEXT), CROSSPLUG_FAILED);
    }
    case LATER:
        snprintf(number, sizeof number, "%lld", (long long)id);
        begin_later(self, (text){number, strlen(number)}, given);
        return CROSSPLUG_PENDING;
    default:
        return give(answer, strdup(NO_METHOD), CROSSPLUG_FAILED);
    }
}

static int32_t push(crossplug_instance *self, const uint8_t *message, size_t length) {
    text said = {(const char *)message, length};
    text id = member(said, "id"), method = member(said, "method"), params = member(said, "params");
    if (id.at == NULL || method.at == NULL || strncmp(method.at, "\"$/", 3) == 0) {
        /* A notification, or the answer to something that this plugin never asks. A cancellation may be passed over: what
         * was cancelled is answered in full. */
    } else if (is(method, "\"initialize\"")) {
        char hello[512];
        snprintf(hello, sizeof hello,
                 "{\"protocol\":{\"version\":\"1.0\"},\"manifest\":%s,\"interfaces\":{\"shouting\":{\"version\":\"1.0.0\"}}}",
                 MANIFEST);
        reply(self, id, "result", hello);
    } else if (is(method, "\"ping\"")) {
        reply(self, id, "result", "null");
    } else if (is(method, "\"shutdown\"")) {
        self->stopping = true;
        wait_for_quiet(self, 60000000);
        reply(self, id, "result", "null");
    } else if (self->stopping) {
        reply(self, id, "error", GONE);
    } else if (is(method, "\"text.shout\"")) {
        char *result = shouted(params);
        if (result != NULL) reply(self, id, "result", result);
        else reply(self, id, "error", NO_TEXT);
        free(result);
    } else if (is(method, "\"text.later\"")) {
        begin_later(self, id, params);
    } else {
        reply(self, id, "error", NO_METHOD);
    }
    return CROSSPLUG_TAKEN;
}

static int32_t close_instance(crossplug_instance *self, int64_t patience) {
    if (!wait_for_quiet(self, patience)) return CROSSPLUG_LEFT;
    pthread_cond_destroy(&self->quiet);
    pthread_mutex_destroy(&self->lock);
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
    return (crossplug_bytes){(const uint8_t *)MANIFEST, sizeof MANIFEST - 1};
}

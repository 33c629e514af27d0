/*
 * A native library as a process: its messages are this program's lines. It uses the table as anybody could who has read
 * schema/crossplug.h, and nothing of our host, so that the session vectors judge the library alone.
 */
#define _POSIX_C_SOURCE 200809L
#include "crossplug.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A message of the plugin is a line. */
static void said(const crossplug_host *host, const uint8_t *message, size_t length) {
    (void)host;
    pthread_mutex_lock(&lock);
    fwrite(message, 1, length, stdout);
    fputc('\n', stdout);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static const crossplug_host HOST = {{CROSSPLUG_MAGIC, CROSSPLUG_VERSION, sizeof(crossplug_host)}, said};

static int fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    return 5;
}

static int is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

int main(int count, char **arguments) {
    if (count != 2) return fail("the path of a library");
    void *loaded = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (loaded == NULL) return fail(dlerror());
    const crossplug_library *(*entry)(void);
    /* As POSIX says it: a pointer to data becomes one to a function. */
    *(void **)(&entry) = dlsym(loaded, "crossplug_plugin");
    if (entry == NULL) return fail("no crossplug_plugin");
    const crossplug_library *library = entry();
    if (library->head.magic != CROSSPLUG_MAGIC || library->head.version != CROSSPLUG_VERSION ||
        library->head.size < sizeof(crossplug_library)) {
        return fail("another table");
    }
    crossplug_buffer error = {NULL, 0, NULL};
    crossplug_instance *plugin = library->open(&HOST, &error);
    if (plugin == NULL) {
        fwrite(error.data, 1, error.length, stderr);
        library->release(&error);
        return 5;
    }
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    for (ssize_t length; status == 0 && (length = getline(&line, &room, stdin)) > 0;) {
        /* White space around a line belongs to the lines, which end here. */
        char *begin = line, *end = line + length;
        while (begin < end && is_space(*begin)) begin++;
        while (end > begin && is_space(end[-1])) end--;
        if (begin == end) continue;
        /* A copy of its own size, so that a library that reads beyond it is found out. */
        char *message = malloc((size_t)(end - begin));
        memcpy(message, begin, (size_t)(end - begin));
        status = library->push(plugin, (const uint8_t *)message, (size_t)(end - begin));
        free(message);
    }
    free(line);
    if (library->close(plugin, 10000000) != CROSSPLUG_GONE) return fail("something runs on");
    /* One that ends by itself could not read what it was given. */
    return status == CROSSPLUG_ENDED ? 1 : 0;
}

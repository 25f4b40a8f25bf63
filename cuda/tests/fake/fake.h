/* What the parts of the made-up libraries share: memory that is a device's, streams that do their work when they are
   waited for, and faults by name in FAKE_CUDA, such as `memory=3 sticky=2`. */
#ifndef FAKE_H
#define FAKE_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OK = 0,
    INVALID = 1,
    NO_MEMORY = 2,
    NO_DEVICE = 101,
    NO_IMAGE = 200,
    NO_CONTEXT = 201,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    UNSUPPORTED = 900,
    INVALIDATED = 901,
    UNMATCHED = 903,
    UNJOINED = 904,
    WRONG_THREAD = 908,
    UNKNOWN = 999,
};

typedef unsigned long long pointer;
typedef struct stream stream;

/* Work: a function and a copy of what it needs. */
typedef struct {
    int (*run)(const void *);
    char with[448];
} job;

/* The number that FAKE_CUDA gives a fault, or 0. */
unsigned fault(const char *name);
/* Ends the process where it does not hold. */
void need(int holds, const char *what);
/* What is alive. */
void born(void);
int died(void);
/* Whether all of it lies in one allocation of the device. */
int within(pointer at, size_t bytes);
/* An error that every call gives from now on, or 0. */
int broken(void);
int is_current(void);
/* Lets the device's clock go on. */
void pass_time(double ms);
/* Whether this thread captures, which the call ends. */
int is_captured(void);
/* Takes a copy of `with`. */
int enqueue(stream *to, int (*run)(const void *), const void *with, size_t size);
#endif

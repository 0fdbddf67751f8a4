/*
 * The wrapper: `minit [OPTIONS] [--] PROGRAM [ARGUMENT...]`, an init in front of
 * one program.
 *
 * All of wrap/ runs without libc: no errno, no thread pointer, no data that must
 * be relocated, nothing written but the stack. So minit can be it from its
 * first instruction (start.S), before libc has started, and after it as well.
 * The Makefile links it, with what it takes of lib/, to one object of its own.
 */
#ifndef WRAP_WRAP_H
#define WRAP_WRAP_H

#include "lib/util.h"

/* Runs the program of argv (argv[0] is minit's own name) and leaves with its status. Both lists are changed. */
no_return void wrap_main(char **argv, char **envp);

/* What --help says of the options, for the tool's help. Ends with a newline. */
const char *wrap_options_help(char *mem, size_t size);

#endif

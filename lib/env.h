/* The environment of this process, without the malloc that setenv(3) would bring along. */
#ifndef LIB_ENV_H
#define LIB_ENV_H

/*
 * Puts `entry` ("NAME=value", the caller's for ever; in PID 1 no constant, which its children may not have) in front of
 * all others, where getenv(3) and who is executed find it: what there is of that name stands behind it. Of more than
 * ENV_MOST the last are lost.
 */
#define ENV_MOST 512
void env_put(const char *entry);

#endif

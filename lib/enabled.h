/*
 * ENABLED(CONFIG_X) is 1 when the option is set to y, and 0 when it is unset
 * or when Kconfig dropped it because what it depends on is off. It is plain C:
 * the branch that is left out is still compiled and type-checked.
 */
#ifndef LIB_ENABLED_H
#define LIB_ENABLED_H

/* For lists of what has an option or none: ENABLED(ALWAYS) is 1. */
#define ALWAYS 1

#define ENABLED_PICK_(ignored, value, ...) value
#define ENABLED_COMMA_1 0,
#define ENABLED_TEST_(...) ENABLED_PICK_(__VA_ARGS__)
#define ENABLED_PASTE_(value) ENABLED_TEST_(ENABLED_COMMA_##value 1, 0, 0)
#define ENABLED(option) ENABLED_PASTE_(option)

#endif

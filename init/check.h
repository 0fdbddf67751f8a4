/* `minit check [FILE...]`: parses and checks a table, and starts nothing. */
#ifndef INIT_CHECK_H
#define INIT_CHECK_H

/*
 * argv[0] is the verb. Without files it reads the default ones. Status 0 with one
 * line of what was found, 1 when the table is wrong (the errors are on standard
 * error), 2 for a wrong command line. --dump prints the compiled table as JSON.
 */
int check_main(int argc, char **argv);

#endif

/* `minit [options] -- prog args...`: an init in front of one program. */
#ifndef INIT_WRAPPER_H
#define INIT_WRAPPER_H

/* argv[1] is the first option, "--", or the program. Returns an exit status when nothing was started. */
int wrapper_main(int argc, char **argv);

#endif

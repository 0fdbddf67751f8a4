# Where the tests find what was built. Sourced with the repository as the working directory.
B=${B:-build}
case $B in /*) BUILD=$B ;; *) BUILD=$PWD/$B ;; esac
MINIT_DEPS=${MINIT_DEPS:-$PWD/build/deps}
MINIT=$BUILD/minit
# The unpacked root tree of `make rootfs`, to be copied or bound, never written to.
TREE=$BUILD/rootfs/tree
TOYBOX=$TREE/bin/toybox
FUZZ_SECONDS=${FUZZ_SECONDS:-20}
# For what is built only to see that it can be.
QUICK='-O0 -g0'
export B BUILD MINIT_DEPS MINIT TOYBOX TREE FUZZ_SECONDS

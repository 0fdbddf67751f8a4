# minit. `make help` lists the targets. Variables of the build:
#   B=DIR             where everything generated goes (default build)
#   KCONFIG_CONFIG=F  the configuration used (default .config; the full one is written when there is none)
#   MINIT_DEPS=DIR    fetched dependencies, may be shared by checkouts (default build/deps)
#   WERROR=1          warnings are errors (tests and CI)

VERSION := 0.1.0

B ?= build
export MINIT_DEPS ?= $(CURDIR)/build/deps
ifneq ($(filter /%,$(B)),)
BDIR := $(B)
else
BDIR := $(CURDIR)/$(B)
endif
ifeq ($(B),build)
KCONFIG_CONFIG ?= .config
else
KCONFIG_CONFIG ?= $(B)/.config
endif

# The time in archives and in __DATE__: that of the last commit, so that a checkout gives the same bytes anywhere.
# Once, not for each recipe anew.
SOURCE_DATE_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || echo 0))
export SOURCE_DATE_EPOCH
export LC_ALL := C

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.DEFAULT_GOAL := all

help:
	@printf '%s\n' \
		'make                    build/minit, static, and build/minit.debug with its symbols' \
		'make run [ARGS=TABLE]   run it as PID 1 of fresh namespaces on the demo table, with a live status' \
		'make vm [ARGS=TABLE]    boot it in QEMU as the init of a machine, its console on this terminal' \
		'make test               every test; tests/run GROUP or tests/run FILE for some' \
		'make bench              what it costs to start, hold and restart services, beside a floor' \
		'make install            DESTDIR= PREFIX=/usr/local' \
		'make menuconfig         choose what is in it; make NAME_defconfig: $(patsubst configs/%_defconfig,%,$(wildcard configs/*_defconfig))' \
		'make savedefconfig      write the choice down' \
		'make size [OLD=FILE]    its size, and what has grown since the older minit.debug FILE' \
		'make analyze            read the sources with gcc -fanalyzer, clang-tidy and cppcheck; make lint-clang: warnings' \
		'make rootfs initramfs   the root tree of run and vm' \
		'make clean distclean'

# -- configuration ------------------------------------------------------------------------------------------------

AUTOCONF_MK := $(B)/include/config/auto.conf
AUTOCONF_H := $(B)/include/generated/autoconf.h

# kconfig-conf splits its header into include/config below the folder it runs in, hence the cd.
kconfig = mkdir -p $(B)/include/config $(B)/include/generated && cd $(B) && \
	srctree=$(CURDIR) KCONFIG_CONFIG=$(abspath $(KCONFIG_CONFIG)) \
	KCONFIG_AUTOHEADER=include/generated/autoconf.h KCONFIG_AUTOCONFIG=include/config/auto.conf \
	KCONFIG_TRISTATE=include/config/tristate.conf

# run, vm and test first install what is missing, and then call make again.
GOALS := $(or $(MAKECMDGOALS),all)
TOOLLESS := help clean distclean run vm test
UNCONFIGURED := %_defconfig menuconfig savedefconfig

# What is built depends on a choice that make reads before it begins: so of goals of both kinds each is a call of its own.
ifneq ($(and $(filter $(UNCONFIGURED),$(GOALS)),$(filter-out $(UNCONFIGURED),$(GOALS))),)
$(GOALS): one-by-one ;
one-by-one:
	@set -e; for goal in $(GOALS); do $(MAKE) --no-print-directory $$goal; done
.PHONY: $(GOALS) one-by-one
else

all: $(B)/minit docs

ifneq ($(filter-out $(TOOLLESS),$(GOALS)),)
MISSING := $(shell [ $(B)/.tools -nt deps/packages ] || \
	{ deps/install --check build 2>&1 && mkdir -p $(B) && touch $(B)/.tools; })
$(if $(MISSING),$(error $(MISSING)))
endif
ifneq ($(filter-out $(TOOLLESS) $(UNCONFIGURED),$(GOALS)),)
-include $(AUTOCONF_MK)
endif

$(KCONFIG_CONFIG):
	@$(kconfig) kconfig-conf --defconfig=$(CURDIR)/configs/full_defconfig $(CURDIR)/Kconfig >/dev/null

$(AUTOCONF_MK): $(KCONFIG_CONFIG) Kconfig
	@$(kconfig) kconfig-conf --olddefconfig $(CURDIR)/Kconfig >/dev/null
	@$(kconfig) kconfig-conf --silentoldconfig $(CURDIR)/Kconfig >/dev/null
	@touch $@
$(AUTOCONF_H): $(AUTOCONF_MK) ;

%_defconfig: configs/%_defconfig
	@$(kconfig) kconfig-conf --defconfig=$(CURDIR)/$< $(CURDIR)/Kconfig >/dev/null
	@echo "$(KCONFIG_CONFIG): $*"

menuconfig:
	@$(kconfig) kconfig-mconf $(CURDIR)/Kconfig

savedefconfig:
	@$(kconfig) kconfig-conf --savedefconfig=$(BDIR)/defconfig $(CURDIR)/Kconfig >/dev/null
	@echo "written: $(B)/defconfig (copy it to configs/NAME_defconfig to keep it)"

# -- tools and dependencies ---------------------------------------------------------------------------------------

LIBEV := $(MINIT_DEPS)/libev-4.33

$(LIBEV)/ev.c:
	@deps/fetch libev

# -- compiler -----------------------------------------------------------------------------------------------------

CC := musl-gcc
GCC := gcc
STRIP := strip
OBJCOPY := objcopy
comma := ,
MUSL_LIB ?= $(patsubst %/rcrt1.o,%,$(shell dpkg -L musl-dev 2>/dev/null | grep 'rcrt1.o$$'))
GCC_LIB = $(patsubst %/crtbeginS.o,%,$(shell $(GCC) -print-file-name=crtbeginS.o))
MULTIARCH = $(shell $(GCC) -print-multiarch)
ARCH := $(firstword $(subst -, ,$(shell $(GCC) -dumpmachine)))
ARCH_$(ARCH) := y

WARN := -Wall -Wextra -Wshadow -Wconversion $(if $(WERROR),-Werror)
DEFS := -D_GNU_SOURCE -DNDEBUG -DMINIT_VERSION='"$(VERSION)"'
# libev is included as a source by init/loop.c; as a system folder its warnings are not ours.
INCLUDES := -I. -I$(B)/include -isystem $(LIBEV) -idirafter $(B)/uapi -include $(AUTOCONF_H)
# No -fcf-protection: musl's own code has no landing pads, so the loader would leave it off.
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero \
	-fzero-call-used-regs=used-gpr -fcf-protection=none
SMALL := -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
# Two checkouts in two places give the same bytes.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(MINIT_DEPS)=deps -ffile-prefix-map=$(BDIR)=build \
	-ffile-prefix-map=$(B)=build
CFLAGS = -std=gnu17 -g $(SMALL) $(HARDEN) $(WARN) $(DEFS) $(INCLUDES) $(PREFIX_MAP)

# `musl-gcc -static-pie` of Debian quietly makes a dynamic file; so the start files are named here.
LDFLAGS = -fPIE -nostartfiles -static \
	-Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none
LINK_FIRST = $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o $(GCC_LIB)/crtbeginS.o
LINK_LAST = $(GCC_LIB)/crtendS.o $(MUSL_LIB)/crtn.o

# -- objects ------------------------------------------------------------------------------------------------------

# hot-y is what PID 1 runs at every event, child-y what only its children run between clone and exec, warm-y what PID 1 runs
# after the boot at all. They are linked first, with what they take of libc, up to init/hot_end.o, child_end.o and warm_end.o: so
# what stays in memory lies side by side (init/trim.c).
obj-y :=
hot-y :=
child-y :=
warm-y :=
wrap-y :=
reaper-y :=
WRAP_START := $(wildcard wrap/$(ARCH)/start.S)
-include init/Kbuild services/Kbuild cgroup/Kbuild lib/Kbuild net/Kbuild wrap/Kbuild
in_obj = $(addprefix $(B)/obj/,$1)
HOT := $(call in_obj,$(sort $(hot-y)))
CHILD := $(call in_obj,$(hot-end-y) $(sort $(child-y)))
WARM := $(call in_obj,$(child-end-y) $(sort $(warm-y)))
COLD := $(call in_obj,$(warm-end-y) $(sort $(obj-y)))
OBJS := $(HOT) $(CHILD) $(WARM) $(COLD)
# The linker puts merged strings anywhere; those of the hot part have to lie with it.
HOT_FLAGS := -fno-merge-constants
$(HOT) $(CHILD): EXTRA_FLAGS = $(HOT_FLAGS)
# They as the Kbuild files list them, whatever is chosen: `hot-` holds what is not.
HOT_OF_ALL := $(sort $(hot-) $(hot-y) $(child-) $(child-y))

# The wrapper runs without libc (wrap/wrap.h): one object, from which only its entrances can be seen. Where somebody has
# written its first instructions it is what the kernel starts, and if it is all that is wanted, all that is linked.
WRAP_OBJS := $(patsubst %,$(B)/obj/nolibc/%,$(sort $(wrap-y)))
WRAP := $(B)/obj/wrap.o
WRAP_ENTRANCES := $(if $(WRAP_START),minit_start) wrap_main wrap_options_help
WRAP_CFLAGS = -std=gnu17 -g $(SMALL) -fPIE -fvisibility=hidden -fno-stack-protector -fcf-protection=none \
	-fno-merge-constants -fno-tree-loop-distribute-patterns $(WARN) $(DEFS) $(INCLUDES) $(PREFIX_MAP)
WRAP_ALONE := $(if $(CONFIG_TABLE),,$(WRAP_START))

# The reaper is a program of its own besides (services/reaper_program.h), of which minit carries the bytes.
REAPER_OBJS := $(patsubst %,$(B)/obj/nolibc/%,$(sort $(reaper-y)))
REAPER := $(B)/obj/reaper/reaper.elf
REAPER_HOLDER := $(B)/obj/services/$(ARCH)/reaper_program.o

# musl-gcc has no kernel headers of its own: links to the machine's, looked at last.
$(B)/uapi/.done:
	@mkdir -p $(@D) && ln -sfn /usr/include/linux $(@D)/linux && ln -sfn /usr/include/asm-generic $(@D)/asm-generic && \
		ln -sfn /usr/include/$(MULTIARCH)/asm $(@D)/asm && touch $@

# What a minit hands to the one that takes over from it is of one layout, or not: a number of what these headers declare.
# The header changes only with it, .layout whenever they may have.
LAYOUT_H := $(B)/include/generated/layout.h
LAYOUT_OF_TABLE := services/table.h
LAYOUT_OF_STATE := services/launch.h services/changed.h
LAYOUT_FLAGS = -std=gnu17 $(DEFS) $(INCLUDES) -MMD -MP -MT $(B)/.layout -MF $(B)/.layout.d
layout_of = $(CC) -E -dD $(LAYOUT_FLAGS) $(patsubst %,-include %,$($1)) -x c /dev/null | \
	awk -v name=$1 -v machine=$(ARCH) -v text=$(B)/$(if $(findstring STATE,$1),state,table).layout -f services/layout.awk
$(B)/.layout: services/layout.awk Makefile | $(AUTOCONF_H) $(B)/uapi/.done
	@mkdir -p $(dir $(LAYOUT_H)) && { $(call layout_of,LAYOUT_OF_TABLE) && $(call layout_of,LAYOUT_OF_STATE); } >$@.$$$$ && \
		if cmp -s $@.$$$$ $(LAYOUT_H); then rm $@.$$$$; else mv $@.$$$$ $(LAYOUT_H); fi && touch $@
$(LAYOUT_H): $(B)/.layout ;
-include $(B)/.layout.d

# For what is built only to see that it can be (tests/build.sh): flags that rebuild nothing.
QUICK :=

BEFORE_OBJS := $(B)/.flags configs/mentioned.awk | $(AUTOCONF_H) $(LAYOUT_H) $(B)/uapi/.done $(LIBEV)/ev.c

# Each program that is started for an object is a twentieth of its time. So nothing is, but the compiler: what is done says
# make itself, the folders are made with .flags, and whoever links objects does what is left to do for the new ones.
say = @$(info $()  $1)
BELOW := obj obj/nolibc
FOLDERS := $(sort $(dir $(obj-y) $(hot-y) $(child-y) $(warm-y) $(wrap-y) $(reaper-y)))

# An object does not depend on autoconf.h, which every choice changes, but on the options that it mentions.
MENTIONED = @awk -v config=$(B)/include/config -f configs/mentioned.awk /dev/null \
	$(patsubst %.o,%.d,$(filter-out $(WRAP),$(filter %.o,$?)))

# Changed flags rebuild everything, unchanged ones nothing. WERROR changes no byte of the outcome.
$(B)/.flags: FORCE
	@mkdir -p $(foreach b,$(BELOW),$(addprefix $(B)/$b/,$(FOLDERS))); \
		echo '$(subst ','\'',$(CC) $(filter-out -Werror,$(CFLAGS)) $(LDFLAGS) hot: $(HOT_FLAGS) $(HOT_OF_ALL) wrap: $(filter-out -Werror,$(WRAP_CFLAGS)))' >$@.$$$$; \
		cmp -s $@ $@.$$$$ && rm $@.$$$$ || mv $@.$$$$ $@

$(B)/obj/%.o: %.c $(BEFORE_OBJS)
	$(call say,CC    $<)
	@$(CC) $(CFLAGS) $(EXTRA_FLAGS) $(QUICK) -MMD -MP -c -o $@ $<

$(B)/obj/nolibc/%.o: %.c $(BEFORE_OBJS)
	$(call say,CC    $< (without libc))
	@$(CC) $(WRAP_CFLAGS) $(QUICK) -MMD -MP -c -o $@ $<

$(B)/obj/nolibc/%.o: %.S $(BEFORE_OBJS)
	$(call say,AS    $<)
	@$(CC) $(WRAP_CFLAGS) $(QUICK) -MMD -MP -c -o $@ $<

$(WRAP): $(WRAP_OBJS) wrap/wrap.lds
	$(call say,LINK  $@)
	$(MENTIONED)
	@$(GCC) -r -nostdlib -Wl,--gc-sections,-T,wrap/wrap.lds $(patsubst %,-Wl$(comma)-u$(comma)%,$(WRAP_ENTRANCES)) -o $@ $(WRAP_OBJS)
	@$(OBJCOPY) $(patsubst %,--keep-global-symbol=%,$(WRAP_ENTRANCES)) $@

$(REAPER): $(REAPER_OBJS) services/reaper.lds
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(MENTIONED)
	@$(GCC) -nostdlib -static -Wl,-pie,--no-dynamic-linker,-z,text,-z,noexecstack,-z,noseparate-code,-z,norelro,--gc-sections \
		-Wl,--build-id=none,-e,reaper_start,-T,services/reaper.lds -o $@ $(REAPER_OBJS)
	@$(STRIP) --strip-all -R .comment -R .note.gnu.property $@
$(REAPER_HOLDER): $(REAPER)
$(REAPER_HOLDER): CFLAGS += -Wa,-I$(dir $(REAPER))

$(B)/obj/%.o: %.S $(BEFORE_OBJS)
	$(call say,AS    $<)
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJS:.o=.d) $(sort $(WRAP_OBJS:.o=.d) $(REAPER_OBJS:.o=.d))

# A file that has left a Kbuild is seen here alone.
$(B)/.objects: FORCE
	@echo '$(OBJS) $(WRAP_OBJS)' >$@.$$$$; cmp -s $@ $@.$$$$ && rm $@.$$$$ || mv $@.$$$$ $@

$(B)/minit.debug: $(if $(WRAP_ALONE),,$(OBJS)) $(WRAP) $(B)/.flags $(B)/.objects Makefile wrap/place.lds
	$(call say,LINK  $@)
	$(MENTIONED)
	@$(if $(WRAP_ALONE),$(LINK_ALONE),$(LINK_ALL))
LINK_ALL = $(CC) $(LDFLAGS) $(if $(WRAP_START),-Wl$(comma)-e$(comma)minit_start) -Wl,-T,wrap/place.lds -o $@ \
	$(LINK_FIRST) $(HOT) -lc $(CHILD) -lc $(WARM) -lc $(COLD) $(WRAP) $(LINK_LAST)
LINK_ALONE = $(GCC) -nostdlib -static -Wl,-pie,--no-dynamic-linker,-z,text,-z,noexecstack,-z,noseparate-code,-z,norelro \
	-Wl,--build-id=none,-e,minit_start,-T,wrap/alone.lds -o $@ $(WRAP)

$(B)/minit: $(B)/minit.debug
	$(call say,STRIP $@)
	@$(STRIP) --strip-all -R .comment -R .note.gnu.property -o $@ $<

# -- what else is made of the list of keys ------------------------------------------------------------------------

docs: $(B)/docs/minit.toml.5 $(B)/docs/minit.schema.json
$(B)/docs/keys: docs/keys.c $(wildcard services/keys*.def services/syscall*.def) services/rlimits.def cgroup/limits.def \
		cgroup/controllers.def
	@mkdir -p $(@D)
	@$(GCC) -std=gnu17 -Wall -Wextra -I. -o $@ $<
$(B)/docs/minit.toml.5: docs/minit.toml.5.in $(B)/docs/keys
	@$(B)/docs/keys man <$< >$@
$(B)/docs/minit.schema.json: $(B)/docs/keys
	@$(B)/docs/keys schema >$@

# -- root tree, initramfs -----------------------------------------------------------------------------------------

TREE := $(B)/rootfs/tree
INITRAMFS := $(B)/rootfs/initramfs.cpio.gz
ROOTFS_FILES := $(shell find rootfs -type f) deps/build deps/dash.cache deps/lock

# What takes longest is begun beside minit, by make -j2: the user land has nothing of it, and a kernel is only unpacked.
$(B)/rootfs/.built-%: deps/build deps/lock deps/dash.cache rootfs/toybox.config
	@mkdir -p $(@D) && deps/build $* >/dev/null && touch $@
$(B)/rootfs/.kernel: deps/lock
	@mkdir -p $(@D) && deps/fetch kernel && touch $@

rootfs: $(B)/rootfs/.tree
$(B)/rootfs/.tree: $(B)/minit $(B)/rootfs/.built-toybox $(B)/rootfs/.built-dash $(ROOTFS_FILES)
	@echo "  ROOT  $(TREE)"
	@MINIT=$< rootfs/mkroot.sh $(TREE) && touch $@

initramfs: $(INITRAMFS)
$(INITRAMFS): $(B)/rootfs/.tree $(B)/rootfs/.kernel
	@deps/install --check run
	@echo "  PACK  $@"
	@rootfs/mkinitramfs.sh $(TREE) $@

# What these need is installed and fetched by themselves; ARGS=TABLE.toml runs another table than the demo's.
run:
	@deps/install build run
	@$(MAKE) --no-print-directory rootfs
	@BUILD=$(BDIR) rootfs/run.sh $(ARGS)

vm:
	@deps/install build run
	@$(MAKE) --no-print-directory initramfs
	@BUILD=$(BDIR) rootfs/vm.sh $(ARGS)

test:
	@deps/install build run test
	@tests/run all

# -- looking at it ------------------------------------------------------------------------------------------------

# The sources as the build sees them (headers of musl, the same configuration), read by other compilers.
CLANG := clang
SOURCES = $(sort $(wildcard $(OBJS:$(B)/obj/%.o=%.c) $(WRAP_OBJS:$(B)/obj/nolibc/%.o=%.c)))
# Asked for once, and only by who needs it.
once = $(eval $1 := $2)$($1)
MUSL_INCLUDE = $(call once,MUSL_INCLUDE,$(patsubst %/stdlib.h,%,$(shell dpkg -L musl-dev 2>/dev/null | grep '/stdlib.h$$')))
CLANG_INCLUDE = $(call once,CLANG_INCLUDE,$(shell $(CLANG) -print-resource-dir)/include)
CLANG_FLAGS = -std=gnu17 $(WARN) -Werror $(DEFS) -nostdinc -isystem $(MUSL_INCLUDE) \
	-isystem $(CLANG_INCLUDE) $(INCLUDES)

# clang's warnings and nothing else, but by clang-tidy: it reads all files in one program, where clang starts one for each,
# which is nine tenths of its time. It wants a check of its own: one that C has no use for. Behind the first error it says of
# every file that there was one.
clang_warns = @said=$$(clang-tidy --quiet --system-headers --header-filter='.*' \
	--checks='-*,clang-diagnostic-*,modernize-use-nullptr' $1 -- $(CLANG_FLAGS) $2 2>&1) || \
	{ printf '%s\n' "$$said" | grep -v -E '^(Error while processing|[0-9]+ errors? generated)'; exit 1; }

lint-clang: $(BEFORE_OBJS)
	$(call clang_warns,$(filter-out init/loop.c,$(SOURCES)))
	@# The values of libev's macros are used by nobody.
	$(if $(filter init/loop.c,$(SOURCES)),$(call clang_warns,init/loop.c,-Wno-unused-value))

# Findings and their exceptions are sorted out by tests/analyze.sh. libev is not ours to mend, but init/loop.c is read.
analyze:
	@tests/run analyze

$(B)/analyze-gcc: BELOW += tests/analyze
$(B)/analyze-gcc: $(SOURCES:%.c=$(B)/tests/analyze/%.gcc)
	@touch $(B)/.analyzed-gcc
# What gcc reads it compiles too: that is the object, where there is one of that source. The analyzer's flags change no byte of
# minit, which tests/build.sh sees.
$(B)/tests/analyze/%.gcc: %.c $(BEFORE_OBJS) FORCE
	@$(CC) $(CFLAGS) $(if $(filter $(B)/obj/$*.o,$(HOT) $(CHILD)),$(HOT_FLAGS)) -fanalyzer -fdiagnostics-plain-output -c \
		-o $(if $(filter $(B)/obj/$*.o,$(OBJS)),$(B)/obj/$*.o -MMD -MP,/dev/null) $<
# The analyzer's nodes are four fifths of its time, and half of that goes into the last ones of a few long functions.
# Some files at a time, as its own start takes as long as it reads a small one; each lane says it to a file of its own.
# They are hundreds of megabytes in turn: in huge pages a tenth of the faults.
TIDY = GLIBC_TUNABLES=glibc.malloc.hugetlb=1 clang-tidy --quiet "$$@" -- $(CLANG_FLAGS) -Wno-unused-value -Xclang -analyzer-config -Xclang max-nodes=50000
$(B)/analyze-tidy: $(BEFORE_OBJS) FORCE
	@mkdir -p $(B)/tests/analyze && rm -f $(B)/tests/analyze/lane.*
	@printf '%s\n' $(SOURCES) | xargs -P 2 --process-slot-var=LANE -n 12 \
		sh -c '$(subst ','\'',$(TIDY)) >>$(B)/tests/analyze/lane.$$LANE' sh && touch $(B)/.analyzed-tidy; \
		status=$$?; cat $(B)/tests/analyze/lane.*; exit $$status
$(B)/analyze-cppcheck: $(BEFORE_OBJS) FORCE
	@cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c11 --platform=unix64 \
		--template='{file}:{line}: {severity}: {message} [{id}]' --suppress=missingIncludeSystem \
		$(DEFS) -I. -I$(B)/include --include=$(AUTOCONF_H) $(SOURCES) && touch $(B)/.analyzed-cppcheck

# -- tests --------------------------------------------------------------------------------------------------------

# Unit tests and fuzzers are built for the host (glibc), where the sanitizers are. The first lines of a test name what it
# is linked with: `// links: lib/buf.c lib/text.c`, and may add `// flags: -Wl,--wrap=sys_write`.
# Of -g the lines are enough: that is what a sanitizer tells.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
NATIVE = -std=gnu17 -g1 -O1 $(WARN) -Werror $(DEFS) -UNDEBUG -DRAW_IS_A_FUNCTION -I. -I$(B)/include \
	-isystem $(LIBEV) -include $(AUTOCONF_H)

ifneq ($(filter $(B)/tests/%,$(GOALS)),)
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*_test.c tests/unit/$(ARCH)/*_test.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))

BELOW += tests/gcc tests/gcc/traced tests/clang
FOLDERS += tests/unit/ tests/unit/$(ARCH)/ tests/fuzz/ tests/fake/

# Words `FILE:links:lib/buf.c`, of all tests by one program: a fork for each of them would be a second of every make.
TEST_LINES := $(shell awk 'FNR < 10 && /^\/\/ (links|flags):/ { for (i = 3; i <= NF; i++) print FILENAME ":" $$2 $$i }' \
	$(UNIT_TESTS:%=tests/unit/%.c) $(FUZZERS:%=tests/fuzz/%.c))
test_lines = $(patsubst $1:%,%,$(filter $1:%,$(TEST_LINES)))
test_links = $(patsubst %.c,%.o,$(call test_lines,$1:links))
test_flags = $(call test_lines,$1:flags)

$(B)/tests/gcc/%.o: %.c $(BEFORE_OBJS)
	@$(GCC) $(NATIVE) $(SANITIZE) -MMD -MP -c -o $@ $<

# `links: traced/FILE.c`: each access to memory is told to the test, which may crash there (tests/fake/crash.c).
$(B)/tests/gcc/traced/%.o: %.c $(BEFORE_OBJS)
	@$(GCC) $(NATIVE) -fsanitize=thread --param=tsan-instrument-func-entry-exit=0 -MMD -MP -c -o $@ $<

$(B)/tests/clang/%.o: %.c $(BEFORE_OBJS)
	@$(CLANG) $(NATIVE) $(SANITIZE) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# What is tested is optimised, for what the compiler and the sanitizers see then; what asks is not: it is half of all lines.
# The casts of cmocka's macros are no business of -Wconversion. gold takes a third of the time of ld.
define unit_test
$(B)/tests/gcc/tests/unit/$1.o: NATIVE += -O0 -Wno-conversion -Wno-sign-conversion $(call test_flags,tests/unit/$1.c)
$(B)/tests/unit/$1: $(B)/tests/gcc/tests/unit/$1.o $(addprefix $(B)/tests/gcc/,$(call test_links,tests/unit/$1.c))
	@mkdir -p $$(@D)
	$$(MENTIONED)
	@$$(GCC) $$(SANITIZE) -fuse-ld=gold -o $$@ $$^ $(call test_flags,tests/unit/$1.c) -lcmocka
endef
define fuzzer
$(B)/tests/fuzz/$1: $(B)/tests/clang/tests/fuzz/$1.o $(addprefix $(B)/tests/clang/,$(call test_links,tests/fuzz/$1.c))
	@mkdir -p $$(@D)
	$$(MENTIONED)
	@$$(CLANG) $$(SANITIZE) -fsanitize=fuzzer -o $$@ $$^ $(call test_flags,tests/fuzz/$1.c)
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_test,$t)))
$(foreach t,$(FUZZERS),$(eval $(call fuzzer,$t)))

-include $(wildcard $(B)/tests/gcc/*/*.d $(B)/tests/gcc/*/*/*.d $(B)/tests/gcc/*/*/*/*.d $(B)/tests/clang/*/*.d $(B)/tests/clang/*/*/*.d)
endif

# -- what is left -------------------------------------------------------------------------------------------------

# Ratios to a floor measured in the same run, as root: docs/bench.md.
bench: $(B)/minit
	@tests/bench/run all

size: $(B)/minit
	@tests/size.sh $(B)/minit.debug $(OLD)

PREFIX ?= /usr/local
MAN_PAGES = $(sort $(wildcard docs/*.[1-9])) $(B)/docs/minit.toml.5

install: $(B)/minit docs
	install -D -m 755 $(B)/minit $(DESTDIR)$(PREFIX)/sbin/minit
	install -D -m 644 $(B)/docs/minit.schema.json $(DESTDIR)$(PREFIX)/share/minit/minit.schema.json
	$(foreach p,$(MAN_PAGES),install -D -m 644 $p $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $p))/$(notdir $p) &&) :

clean:
	rm -rf $(B)/obj $(B)/minit $(B)/minit.debug $(B)/include $(B)/uapi $(B)/.tools $(B)/.flags $(B)/.objects $(B)/tests $(B)/rootfs $(B)/docs

distclean: clean
	rm -rf build .config .config.old

FORCE:
.PHONY: bench all docs help analyze $(B)/analyze-gcc size install lint-clang rootfs initramfs run vm test clean distclean menuconfig savedefconfig FORCE

endif # of goals of one kind

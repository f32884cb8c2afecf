# ngx_rt: real-time fan-out inside nginx.  "make help" tells the targets.

SHELL       = /bin/bash

# the nginx to build for: Debian's nginx-dev, or any source tree from 1.22 on
NGINX_SRC  ?= /usr/share/nginx/src
NGINX      ?= nginx
CC          = cc
CFLAGS      = -g -O2
DESTDIR     =

BUILD       = $(CURDIR)/build
TREE        = $(BUILD)/nginx
MODULE      = $(BUILD)/ngx_rt_module.so
WARNINGS    = -Wshadow -Wmissing-prototypes

# SANITIZE=1: nginx from source and the module, with AddressSanitizer and UBSan
SANITIZE   ?=
JOBS       ?= $(shell nproc)
TESTS      ?= t

.PHONY: all help packages run test check install clean configure

all: $(MODULE)

help:           ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) \
	    | awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'
	@echo
	@echo "  NGINX_SRC=dir   build for this nginx source tree"
	@echo "  REDIS=1         with run: two instances that share a stream"
	@echo "  SANITIZE=1      with test: under AddressSanitizer and UBSan"
	@echo "  TESTS=t/x.t     with test: only this one"

run: packages   ## install what is missing, build, serve the demo on port 8080
	@$(MAKE) --no-print-directory all
	@[ -z "$(REDIS)" ] || .ci/packages redis
	@REDIS=$(REDIS) .ci/demo "$(NGINX)" "$(MODULE)"

test: packages  ## install what tests need, run them all
	@.ci/packages test
	@SANITIZE=$(SANITIZE) JOBS=$(JOBS) NGINX_SRC=$(NGINX_SRC) .ci/test $(TESTS)

check:          ## style, layers, documents
	@.ci/check

install: all    ## copy the module to where nginx looks for modules
	@dir=$$($(NGINX) -V 2>&1 | grep -o -- '--modules-path=[^ ]*' | cut -d= -f2); \
	    install -d "$(DESTDIR)$${dir:-/usr/lib/nginx/modules}"; \
	    install -m 644 $(MODULE) "$(DESTDIR)$${dir:-/usr/lib/nginx/modules}/"; \
	    echo "installed: $(DESTDIR)$${dir:-/usr/lib/nginx/modules}/ngx_rt_module.so"

clean:          ## remove all that was built
	rm -rf $(BUILD)

packages:
	@.ci/packages build

# nginx's configure writes where it runs, so it runs in a folder of links; it
# runs again when "config", the compiler, its flags or the nginx change

$(BUILD)/configured: config $(BUILD)/settings
	@rm -rf $(TREE) && mkdir -p $(TREE)
	@for i in auto configure src; do \
	    [ ! -e $(NGINX_SRC)/$$i ] || ln -s $(NGINX_SRC)/$$i $(TREE)/$$i; done
	@cd $(TREE) && { \
	    NGX_CONF_FLAGS=(--with-compat --with-debug --with-threads \
	        --with-http_ssl_module --with-http_v2_module); \
	    [ ! -f $(NGINX_SRC)/conf_flags ] || . $(NGINX_SRC)/conf_flags; \
	    conf=./configure; [ -f $$conf ] || conf=auto/configure; \
	    $$conf "$${NGX_CONF_FLAGS[@]}" --with-cc="$(CC)" \
	        --with-cc-opt="$(CFLAGS) $(WARNINGS)" \
	        --add-dynamic-module=$(CURDIR) > configure.log 2>&1 \
	    || { tail -20 configure.log; exit 1; }; }
	@touch $@

$(BUILD)/settings: configure
	@mkdir -p $(BUILD)
	@{ echo '$(CC) $(CFLAGS) $(WARNINGS) $(NGINX_SRC)'; \
	   grep -s NGINX_VERSION $(NGINX_SRC)/src/core/nginx.h; } > $@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@

configure:
	@[ -f $(NGINX_SRC)/src/core/nginx.h ] || { \
	    echo "no nginx source in $(NGINX_SRC): \"make packages\" installs" \
	         "nginx-dev, NGINX_SRC=dir names another one"; exit 1; }

SOURCES     = $(shell find ngx_rt_module -name '*.[ch]')

$(MODULE): $(BUILD)/configured $(SOURCES)
	@$(MAKE) --no-print-directory -C $(TREE) -f objs/Makefile modules \
	    > $(TREE)/make.log 2>&1 \
	    || { grep -A5 -E 'error|warning' $(TREE)/make.log; exit 1; }
	@cp $(TREE)/objs/ngx_rt_module.so $@.new && mv $@.new $@
	@echo "built: $@"

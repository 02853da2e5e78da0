# The doors, one line each; `make VERB ARGS='…'` hands ARGS on. `./x help` lists all.
.PHONY: run test check bench bench-check gdb soak doctor test-full test-mutants
run:          ; @./x run $(ARGS)
test:         ; @./x test $(ARGS)
check:        ; @./x check $(ARGS)
bench:        ; @./x bench $(ARGS)
bench-check:  ; @./x bench --check $(ARGS)
gdb:          ; @./x gdb $(ARGS)
soak:         ; @./x soak $(ARGS)
doctor:       ; @./x doctor $(ARGS)
test-full:    ; @./x test --full $(ARGS)
test-mutants: ; @./x test --mutants $(ARGS)

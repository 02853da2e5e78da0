//! loom models of the steps, each with mutations: a model that leaves a step out must fail.

//! Programs as others build them, on harts that really run at once: static Rust with `std`, static C with glibc.

use boot_tests::guest;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use xtask::paths;

const C_SOURCE: &str = r#"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 64, ROUNDS = 1000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static long total;
static _Thread_local long own;

static void *add(void *arg) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < ROUNDS; i++) {
        own += (long)arg;
        char *text = malloc(1 + i);
        memset(text, 'x', 1 + i);
        pthread_mutex_lock(&lock);
        total += (long)arg;
        pthread_mutex_unlock(&lock);
        free(text);
    }
    return (void *)own;
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, add, (void *)i)) return 2;
    long sum = 0;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        if (pthread_join(threads[i], &result)) return 3;
        sum += (long)result;
    }
    int numbers[] = {5, 3, 9, 1};
    qsort(numbers, 4, sizeof *numbers, compare);
    printf("%ld %ld %d %.6f %s %s\n", total, sum, numbers[3], sqrt(2), argc > 1 ? argv[1] : "-", getenv("PATH") ? "path" : "-");
    return 42;
}
"#;

/// The C program, compiled for the guest.
fn c_program() -> PathBuf {
    let dir = paths::scratch().expect("a scratch directory").join("boot-programs");
    fs::create_dir_all(&dir).expect("its part for this test");
    let (source, program) = (dir.join("threads.c"), dir.join("threads"));
    fs::write(&source, C_SOURCE).expect("the source is written");
    let mut compiler = Command::new("riscv64-linux-gnu-gcc");
    compiler.args(["-static", "-O2", "-pthread", "-std=gnu11", "-o"]).arg(&program).arg(&source).arg("-lm");
    assert!(compiler.status().expect("the cross compiler starts").success());
    program
}

#[test]
fn a_static_glibc_program_with_64_threads() {
    let outcome = guest().smp(4).add(c_program(), "/bin/threads").args(["threads", "word"]).run().expect("boots");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "2016000 2016000 9 1.414214 word path\n", "{:?}", outcome.trouble);
    assert_eq!(outcome.code(), 42);
}

#[test]
fn a_static_rust_program_with_64_threads() {
    let outcome = guest().smp(4).args(["hello-std", "--threads", "64"]).run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout);
    assert_eq!(outcome.code(), 0, "{text}{:?}", outcome.trouble);
    assert!(text.ends_with("all 11 checks hold\n"), "{text}");
}

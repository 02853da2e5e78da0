//! budget_conserved: processes in a random tree of budgets make, duplicate, send, receive and drop things, fork, move and are
//! killed, while limits change and budgets come and go. After every step what is charged to each budget is the sum of what a
//! plain model says is there, and what is refused is what does not fit.
//!
//!     budget_conserved [SEED [STEPS]]
//!
//! `./x soak --budgets` makes a million steps.
//!
//! timeout: 300
// calls: budget_create budget_join budget_usage budget_limit budget_kill chan_create chan_send chan_recv

mod agent;
mod model;

use abi::{BudgetCreate, BudgetLimit, BudgetUsage};
use agent::{AGENTS, Board, CARRIED, Op};
use ktest::process::{self, End};
use ktest::{Chance, Shared};
use model::{BYTES, CHANNELS, Fit, Item, KINDS, Limit, MESSAGES, Message, Model, PROCESSES, Process, SLOTS, THREADS};
use rt::Args;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

/// Steps when nothing else is asked for.
const STEPS: u64 = 1500;
/// Budgets at a time, below the first.
const BUDGETS: usize = 7;
/// Descriptors that a process collects.
const KEPT: usize = 16;
/// Kinds of which each unit is known.
const EXACT: [usize; 6] = [PROCESSES, THREADS, SLOTS, CHANNELS, MESSAGES, BYTES];
/// The most that limits are.
const MOST: [usize; KINDS] = [0, 6, 9, 60, 12, 30, 30_000, 0];

struct Test<'a> {
    board: &'a Board,
    chance: Chance,
    model: Model,
    /// What was done last.
    last: String,
    /// Calls that were carried out, and calls that a budget refused.
    done: [u64; 2],
}

fn main() {
    let seed = ktest::seed(1);
    let steps = std::env::args().nth(2).map_or(STEPS, |word| word.parse().expect("the second argument is a number"));
    println!("seed {seed}, {steps} steps");
    // SAFETY: atomics, for which zeros are values.
    let board = unsafe { Shared::<Board>::zeroed() }.expect("memory");
    // SAFETY: sets one attribute: who loses its parent becomes this one's child.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }, 0);
    let mut test = Test { board: &board, chance: Chance::new(seed), model: Model::default(), last: String::new(), done: [0; 2] };
    test.model.processes.resize_with(AGENTS, || None);
    test.model.add_budget(None, create(None, &[Limit::None; KINDS]).expect("a budget"), [Limit::None; KINDS]);
    for step in 0..steps {
        test.step();
        test.check(step);
        if step % 100_000 == 99_999 {
            println!("{} steps", step + 1);
        }
    }
    for n in 0..AGENTS {
        test.kill(n);
    }
    test.check(steps);
    let [done, refused] = test.done;
    println!("{done} calls were carried out, {refused} refused");
    assert!(steps < 1000 || refused * 200 > done && done > refused, "too little happened");
    for b in (0..test.model.budgets.len()).rev() {
        test.close_budget(b);
    }
}

/// Makes a budget below another, or below this process's own.
fn create(parent: Option<i32>, limits: &[Limit; KINDS]) -> Result<i32, abi::Errno> {
    let mut args = BudgetCreate::default();
    for (kind, limit) in limits.iter().enumerate() {
        match limit {
            Limit::None => {}
            Limit::Shared(n) => (args.limited, args.limits[kind]) = (args.limited | 1 << kind, *n as u64),
            Limit::Carved(n) => (args.carved, args.limits[kind]) = (args.carved | 1 << kind, *n as u64),
        }
    }
    let at = (&raw const args).expose_provenance();
    // SAFETY: the kernel reads one struct.
    unsafe { rt::sys::budget_create(parent.unwrap_or(-1) as usize, at, size_of::<BudgetCreate>()).map(|fd| fd as i32) }
}

fn look(budget: i32) -> BudgetUsage {
    let mut usage = BudgetUsage::default();
    // SAFETY: the kernel writes one struct.
    let done = unsafe { rt::sys::budget_usage(budget as usize, (&raw mut usage).expose_provenance(), size_of::<BudgetUsage>()) };
    assert_eq!(done, Ok(size_of::<BudgetUsage>()));
    usage
}

impl Test<'_> {
    /// What the kernel says is what the model says.
    fn check(&self, step: u64) {
        for (b, budget) in self.model.budgets.iter().enumerate() {
            let Some(fd) = budget.as_ref().and_then(|b| b.fd) else { continue };
            let seen = look(fd);
            for kind in EXACT {
                let expected = self.model.usage(b, kind) as u64;
                assert_eq!(seen.usage[kind], expected, "step {step}: kind {kind} of budget {b} after {}", self.last);
            }
            let pages = self.model.pages(b) as u64;
            assert!(seen.usage[0] >= pages, "step {step}: {} of {pages} pages in budget {b}", seen.usage[0]);
        }
    }

    fn step(&mut self) {
        match self.chance.below(100) {
            0..2 => self.add_budget(),
            2 => {
                let b = 1 + self.chance.below(self.model.budgets.len());
                self.close_budget(b);
            }
            3..6 => self.set_limit(),
            6 => self.kill_budget(),
            7..10 => {
                let n = self.chance.below(AGENTS);
                self.kill(n);
            }
            10..14 => self.begin(),
            _ => self.order(),
        }
        self.model.settle();
        while self.model.budgets.last().is_some_and(Option::is_none) {
            self.model.budgets.pop();
        }
        while self.model.channels.last().is_some_and(Option::is_none) {
            self.model.channels.pop();
        }
        while self.model.objects.last().is_some_and(Option::is_none) {
            self.model.objects.pop();
        }
    }

    /// A budget that has a descriptor.
    fn any_budget(&mut self) -> (usize, i32) {
        let open = |(b, it): (usize, &Option<model::Budget>)| it.as_ref().and_then(|it| it.fd).map(|fd| (b, fd));
        let all: Vec<_> = self.model.budgets.iter().enumerate().filter_map(open).collect();
        all[self.chance.below(all.len())]
    }

    fn add_budget(&mut self) {
        self.last = "add_budget".to_owned();
        if self.model.budgets.iter().flatten().count() > BUDGETS {
            return;
        }
        let (parent, fd) = self.any_budget();
        let mut limits = [Limit::None; KINDS];
        let mut fit = Fit::Yes;
        for kind in EXACT {
            let units = self.chance.below(MOST[kind]);
            match self.chance.below(6) {
                0..2 => limits[kind] = Limit::Shared(units),
                2 => {
                    limits[kind] = Limit::Carved(units);
                    fit = fit.and(self.model.fits(parent, kind, units));
                }
                _ => {}
            }
        }
        let made = create(Some(fd), &limits);
        assert!(fit.allows(made.is_ok()), "{made:?} below {parent}: {limits:?} {fit:?}");
        if let Ok(fd) = made {
            self.model.add_budget(Some(parent), fd, limits);
        }
    }

    fn close_budget(&mut self, b: usize) {
        self.last = format!("close_budget {b}");
        if let Some(fd) = self.model.budgets.get_mut(b).and_then(Option::as_mut).and_then(|it| it.fd.take()) {
            // SAFETY: a descriptor that only the model knows.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }

    fn set_limit(&mut self) {
        self.last = "set_limit".to_owned();
        let (b, fd) = self.any_budget();
        if b == 0 {
            return;
        }
        let kind = EXACT[self.chance.below(EXACT.len())];
        let limit = self.chance.below(MOST[kind]);
        let mut args = Args::from(BudgetLimit { kind: kind as u32, limit: limit as u64, ..Default::default() });
        // SAFETY: it is open as long as the model has it.
        let done = rt::by_descriptor(unsafe { BorrowedFd::borrow_raw(fd) }, &mut args);
        let fit = self.model.may_limit(b, kind, limit);
        assert!(fit.allows(done.is_ok()), "{done:?}: limit {limit} of kind {kind} of {b}: {fit:?}");
        if done.is_ok() {
            self.model.set_limit(b, kind, limit);
        }
    }

    fn kill_budget(&mut self) {
        self.last = "kill_budget".to_owned();
        let (b, fd) = self.any_budget();
        // SAFETY: ends processes of this test.
        unsafe { rt::sys::budget_kill(fd as usize) }.expect("a kill");
        let mut inside = vec![b];
        while let Some(b) = inside.pop() {
            inside.extend(
                (0..self.model.budgets.len()).filter(|c| self.model.budgets[*c].as_ref().is_some_and(|c| c.parent == Some(b))),
            );
            for n in 0..AGENTS {
                if self.model.processes[n].as_ref().is_some_and(|p| p.budget == b) {
                    self.reap(n);
                }
            }
        }
    }

    fn kill(&mut self, n: usize) {
        self.last = format!("kill {n}");
        if let Some(process) = &self.model.processes[n] {
            // SAFETY: a child that has not been waited for.
            unsafe { libc::kill(process.pid, libc::SIGKILL) };
            self.reap(n);
        }
    }

    fn reap(&mut self, n: usize) {
        let process = self.model.processes[n].take().expect("a process");
        assert_eq!(process::wait(process.pid), End::Signal(libc::SIGKILL));
        self.board.cells[n].reset();
        self.model.settle();
    }

    /// A process, and what it needs at once on its way: `slots` for each of the two that there are then.
    fn may_fork(&self, budget: usize, slots: usize) -> Fit {
        let two = |kind, units| self.model.fits(budget, kind, 2 * units);
        two(PROCESSES, 1).and(two(THREADS, 1)).and(two(SLOTS, slots))
    }

    fn free_place(&self) -> Option<usize> {
        self.model.processes.iter().position(Option::is_none)
    }

    /// A new process of this one, in a budget.
    fn begin(&mut self) {
        self.last = "begin".to_owned();
        let Some(n) = self.free_place() else { return };
        let (b, fd) = self.any_budget();
        // Who moves in is not refused by a maximum, but by what is carved.
        let room = |kind, units| self.model.fits(b, kind, units);
        let fit = room(PROCESSES, 2).and(room(THREADS, 2)).and(room(SLOTS, 3));
        if fit == Fit::Yes {
            assert!(agent::begin(self.board, n, fd), "no process in budget {b}");
            self.settle_in(n, b, b, Vec::new());
        }
    }

    fn settle_in(&mut self, n: usize, budget: usize, table: usize, slots: Vec<(i32, Item)>) {
        let pid = self.board.cells[n].pid();
        self.model.processes[n] = Some(Process { pid, budget, table, threads: 1, slots });
    }

    /// One process does something.
    fn order(&mut self) {
        let all: Vec<usize> = (0..AGENTS).filter(|n| self.model.processes[*n].is_some()).collect();
        if all.is_empty() {
            return self.begin();
        }
        let n = all[self.chance.below(all.len())];
        match self.chance.below(24) {
            0..3 => self.duplicate(n),
            3..6 => self.close(n),
            6..9 => self.channel(n),
            9..15 => self.send(n),
            15..20 => self.receive(n),
            20 => self.memory(n),
            21 => self.fork(n),
            22 => self.thread(n),
            _ => self.join(n),
        }
    }

    fn process(&mut self, n: usize) -> &mut Process {
        self.model.processes[n].as_mut().expect("a process")
    }

    fn tell(&mut self, n: usize, op: Op, args: &[i32]) -> (Result<usize, i32>, Vec<i32>) {
        let answer = self.board.cells[n].order(op, args);
        self.last = format!("process {n}: {op:?} {args:?}: {answer:?}");
        answer
    }

    /// A call ended as the budgets let it.
    fn expect(&mut self, what: &str, fit: Fit, done: &Result<usize, i32>) -> bool {
        assert!(fit.allows(done.is_ok()), "{what}: {done:?}, but {fit:?}");
        if let Err(error) = done {
            let known = [libc::EMFILE, libc::EAGAIN, libc::EDQUOT, libc::ENOMEM];
            assert!(known.contains(error), "{what}: error {error}");
        }
        self.done[usize::from(done.is_err())] += 1;
        done.is_ok()
    }

    fn any_slot(&mut self, n: usize) -> Option<(i32, Item)> {
        let count = self.process(n).slots.len();
        let at = if count == 0 { return None } else { self.chance.below(count) };
        self.process(n).slots.get(at).copied()
    }

    fn any_end(&mut self, n: usize) -> Option<(i32, usize, usize)> {
        match self.any_slot(n)? {
            (fd, Item::End(channel, end)) => Some((fd, channel, end)),
            _ => None,
        }
    }

    fn room_for(&mut self, n: usize, more: usize) -> Option<Fit> {
        let (table, count) = (self.process(n).table, self.process(n).slots.len());
        (count + more <= KEPT).then(|| self.model.fits(table, SLOTS, more))
    }

    fn duplicate(&mut self, n: usize) {
        let Some(fit) = self.room_for(n, 1) else { return };
        let (fd, item) = self.any_slot(n).unwrap_or((0, Item::Plain));
        let (done, got) = self.tell(n, Op::Duplicate, &[fd]);
        if self.expect("dup", fit, &done) {
            self.process(n).slots.push((got[0], item));
        }
    }

    fn close(&mut self, n: usize) {
        let Some((fd, _)) = self.any_slot(n) else { return };
        assert_eq!(self.tell(n, Op::Close, &[fd]).0, Ok(0));
        self.process(n).slots.retain(|slot| slot.0 != fd);
    }

    fn channel(&mut self, n: usize) {
        let Some(fit) = self.room_for(n, 2) else { return };
        let budget = self.process(n).budget;
        let fit = fit.and(self.model.fits(budget, CHANNELS, 1));
        let (done, got) = self.tell(n, Op::Channel, &[]);
        if self.expect("chan_create", fit, &done) {
            let channel = self.model.add_channel(budget);
            self.process(n).slots.extend([(got[0], Item::End(channel, 0)), (got[1], Item::End(channel, 1))]);
        }
    }

    fn send(&mut self, n: usize) {
        let Some((fd, channel, end)) = self.any_end(n) else { return };
        let bytes = [1, 40, 128, 129, 4000, 8000][self.chance.below(6)];
        let mut moved: Vec<(i32, Item)> = Vec::new();
        for _ in 0..self.chance.below(CARRIED + 1) {
            // No end goes through its own channel.
            moved.extend(self.any_slot(n).filter(|(_, item)| !matches!(item, Item::End(c, _) if *c == channel)));
        }
        moved.sort_by_key(|slot| slot.0);
        moved.dedup();
        let fit = self.model.may_send(channel, end, bytes);
        let args: Vec<i32> = [fd, bytes as i32].into_iter().chain(moved.iter().map(|slot| slot.0)).collect();
        let (done, _) = self.tell(n, Op::Send, &args);
        match fit {
            Err(error) => assert_eq!(done, Err(error), "chan_send"),
            Ok(fit) => {
                let sent = self.expect("chan_send", fit, &done);
                let items = moved.iter().map(|slot| slot.1).collect();
                self.model.send(channel, end, sent.then_some(Message { bytes, items }));
                if sent {
                    self.process(n).slots.retain(|slot| !moved.contains(slot));
                }
            }
        }
    }

    fn receive(&mut self, n: usize) {
        let Some((fd, channel, end)) = self.any_end(n) else { return };
        let fit = match self.model.next(channel, end).map(|m| m.items.len()) {
            Ok(more) => match self.room_for(n, more) {
                Some(fit) => Ok(fit),
                None => return,
            },
            Err(error) => Err(error),
        };
        let (done, got) = self.tell(n, Op::Receive, &[fd]);
        match fit {
            Err(error) => assert_eq!(done, Err(error), "chan_recv"),
            Ok(fit) => {
                if self.expect("chan_recv", fit, &done) {
                    let message = self.model.receive(channel, end);
                    assert_eq!((done, got.len()), (Ok(message.bytes), message.items.len()));
                    self.process(n).slots.extend(got.into_iter().zip(message.items));
                }
            }
        }
    }

    fn memory(&mut self, n: usize) {
        let Some(fit) = self.room_for(n, 1) else { return };
        let pages = 1 + self.chance.below(20);
        let (done, got) = self.tell(n, Op::Memory, &[pages as i32]);
        if self.expect("memfd_create", fit, &done) {
            let payer = self.process(n).budget;
            self.model.objects.push(Some((payer, pages)));
            let item = Item::Memory(self.model.objects.len() - 1);
            self.process(n).slots.push((got[0], item));
        }
    }

    fn fork(&mut self, n: usize) {
        let Some(place) = self.free_place() else { return };
        let (budget, slots) = (self.process(n).budget, self.process(n).slots.clone());
        let fit = self.may_fork(budget, 3 + slots.len());
        let (done, _) = self.tell(n, Op::Fork, &[place as i32]);
        if self.expect("fork", fit, &done) {
            self.settle_in(place, budget, budget, slots);
        }
    }

    fn thread(&mut self, n: usize) {
        let budget = self.process(n).budget;
        let fit = self.model.fits(budget, THREADS, 1);
        let (done, _) = self.tell(n, Op::Thread, &[]);
        if self.expect("thread", fit, &done) {
            self.process(n).threads += 1;
        }
    }

    /// Moves a process: it and its threads, not what it has.
    fn join(&mut self, n: usize) {
        let (to, fd) = self.any_budget();
        let (table, threads) = (self.process(n).table, self.process(n).threads);
        let room = |kind, units| self.model.fits(to, kind, units);
        if room(PROCESSES, 1).and(room(THREADS, threads)).and(self.model.fits(table, SLOTS, 2)) != Fit::Yes {
            return;
        }
        let (done, _) = self.tell(n, Op::Join, &[std::process::id() as i32, fd]);
        assert_eq!(done, Ok(0), "budget_join");
        self.process(n).budget = to;
    }
}

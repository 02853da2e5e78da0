//! The tables are whole and consistent, and the numbers are those of `linux-raw-sys`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

use crate::{
    Arg, ArgKind, Authority, Call, Errno, LINUX_CALLS, NATIVE_CALLS, Ret, Rights, State, call_by_name, call_by_number, call_name,
    pointers,
};
use crate::{Count, Direction};

fn all_calls() -> impl Iterator<Item = &'static Call> {
    LINUX_CALLS.iter().chain(NATIVE_CALLS)
}

#[test]
fn numbers_ascend_and_are_found() {
    for calls in [LINUX_CALLS, NATIVE_CALLS] {
        assert!(calls.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
    for call in all_calls() {
        assert_eq!(call_by_number(call.number).unwrap().name, call.name);
        assert_eq!(call_by_name(call.name).unwrap().number, call.number);
    }
    for absent in [38, 244, 257, 295, 423, 463, 0xfff, usize::MAX] {
        assert!(call_by_number(absent).is_none(), "{absent}");
    }
}

#[test]
fn every_number_of_linux_6_12_has_a_row() {
    let expected = (0..=37).chain(39..=243).chain(258..=294).chain(424..=462);
    assert!(LINUX_CALLS.iter().map(|call| call.number).eq(expected));
}

#[test]
fn counts_name_arguments() {
    for call in all_calls() {
        assert!(call.args.len() <= 6, "{}", call.name);
        for arg in call.args {
            let Some(count) = arg.kind.count() else {
                continue;
            };
            let Some(counting) = call.args.iter().find(|other| other.name == count) else {
                panic!("{}: no argument {count}", call.name)
            };
            assert!(is_count(counting), "{}: {count} cannot count", call.name);
        }
    }
}

fn is_count(arg: &Arg) -> bool {
    match arg.kind {
        ArgKind::Len | ArgKind::Int | ArgKind::Uint => true,
        ArgKind::Struct { ty, .. } => ty == "u32",
        _ => false,
    }
}

#[test]
fn pointers_are_those_of_the_rows() {
    for call in all_calls() {
        assert_eq!(call_name(call.number), Some(call.name));
        let mut packed = pointers(call.number).iter();
        for (n, arg) in call.args.iter().enumerate().filter(|(_, arg)| arg.kind.is_pointer()) {
            let pointer = packed.next().unwrap();
            assert_eq!(usize::from(pointer.arg), n, "{}", call.name);
            let count = pointer.count.map(|count| match count {
                Count::Argument(n) | Count::Behind(n) => call.args[usize::from(n)].name,
            });
            assert_eq!(count, arg.kind.count(), "{}", call.name);
            if let Some(Count::Behind(n)) = pointer.count {
                assert!(call.args[usize::from(n)].kind.is_pointer(), "{}", call.name);
            }
        }
        assert!(packed.next().is_none(), "{}", call.name);
    }
    assert_eq!(call_name(38), None);
    assert!(pointers(usize::MAX).is_empty());
    let read = pointers(call_by_name("read").unwrap().number).first().unwrap();
    assert_eq!((read.arg, read.direction, read.count), (1, Direction::Out, Some(Count::Argument(2))));
}

#[test]
fn rights_match_descriptors() {
    for call in all_calls() {
        let descriptors = call.args.iter().filter(|arg| arg.kind.is_descriptor()).count();
        assert_eq!(call.rights.len(), descriptors, "{}", call.name);
        if call.authority == Authority::Descriptor {
            assert!(descriptors > 0, "{} claims a descriptor that it does not take", call.name);
        }
    }
}

#[test]
fn errors_match_arguments() {
    for call in all_calls() {
        let has = |errno| call.errors.contains(&errno);
        assert!(call.errors.is_sorted_by_key(|errno| errno.name()), "{}", call.name);
        if call.args.iter().any(|arg| arg.kind.is_pointer()) {
            assert!(has(Errno::EFAULT), "{} takes a pointer without EFAULT", call.name);
        }
        if call.args.iter().any(|arg| arg.kind.is_descriptor()) {
            assert!(has(Errno::EBADF), "{} takes a descriptor without EBADF", call.name);
        }
        if call.state == State::Live {
            assert!(!has(Errno::ENOSYS) || call.name == "futex", "{} is live with ENOSYS", call.name);
        }
    }
}

#[test]
fn docs_are_one_line() {
    for call in all_calls() {
        assert!(!call.doc.is_empty() && !call.doc.contains('\n') && call.doc.len() < 240, "{}", call.name);
    }
}

#[test]
fn a_row_reads_as_written() {
    let read = call_by_name("read").unwrap();
    assert_eq!((read.number, crate::nr::read), (63, 63));
    assert_eq!(read.rights, [Rights::READ]);
    assert_eq!(read.ret, Ret::Size);
    assert!(matches!(read.args[1].kind, ArgKind::Bytes { count: "count", .. }));
    assert!(call_by_name("ppoll").unwrap().args[0].kind.is_pointer());
    assert!(matches!(call_by_name("fstat").unwrap().args[1].kind, ArgKind::Struct { ty: "Stat", size: 128, .. }));
}

#[test]
fn errno_there_and_back() {
    assert_eq!(Errno::ALL.len(), 131);
    for &errno in Errno::ALL {
        assert_eq!(Errno::from_number(errno.number()), Some(errno));
        assert_eq!(Errno::from_return(errno.to_return()), Err(errno));
    }
    assert_eq!(Errno::from_return(0), Ok(0));
    assert_eq!(Errno::from_return(4095_usize.wrapping_neg() - 1), Ok(4095_usize.wrapping_neg() - 1));
    assert_eq!(Errno::from_number(0), None);
    assert_eq!(Errno::from_number(41), None);
}

/// The numbers of asm-generic/errno.h are the same on x86 and riscv, so the host's bindings can judge.
#[test]
fn errno_numbers_are_linux_numbers() {
    macro_rules! same {
        ($($name:ident)*) => { $(assert_eq!(u32::from(Errno::$name.number()), linux_raw_sys::errno::$name);)* };
    }
    same! {
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN EWOULDBLOCK ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR
        EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK EDEADLOCK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP
        ENOMSG EIDRM ENODATA ETIME EPROTO EBADMSG EOVERFLOW EILSEQ ERESTART EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
        EOPNOTSUPP EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ETIMEDOUT ECONNREFUSED
        EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT ECANCELED ENOKEY EKEYEXPIRED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
    }
    assert_eq!(Errno::ENOTSUP, Errno::EOPNOTSUPP);
}

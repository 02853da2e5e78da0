//! Structs of files, directories, terminals and messages.

use super::plain_structs;

plain_structs! {
    /// stat(3type) as newfstatat(2) and fstat(2) write it (`asm-generic/stat.h`).
    #[derive(Default)]
    Stat: 128 {
        /// Device of the file system, `makedev(3)` in the kernel's 64-bit form.
        st_dev: u64,
        /// Inode number.
        st_ino: u64,
        /// Type and permissions.
        st_mode: u32,
        /// Names of the file.
        st_nlink: u32,
        /// Owner.
        st_uid: u32,
        /// Group.
        st_gid: u32,
        /// Device that a device node stands for.
        st_rdev: u64,
        /// Zero.
        _pad1: u64,
        /// Length in bytes.
        st_size: i64,
        /// Good size for transfers, bytes.
        st_blksize: i32,
        /// Zero.
        _pad2: i32,
        /// Space taken, in units of 512 bytes.
        st_blocks: i64,
        /// Last read, s.
        st_atime: i64,
        /// Last read, ns.
        st_atime_nsec: u64,
        /// Last write, s.
        st_mtime: i64,
        /// Last write, ns.
        st_mtime_nsec: u64,
        /// Last change of the inode, s.
        st_ctime: i64,
        /// Last change of the inode, ns.
        st_ctime_nsec: u64,
        /// Zero.
        _unused: [u32; 2],
    }

    /// statx_timestamp of statx(2).
    #[derive(Default)]
    StatxTimestamp: 16 {
        /// Seconds.
        tv_sec: i64,
        /// Nanoseconds.
        tv_nsec: u32,
        /// Zero.
        _reserved: i32,
    }

    /// statx(2), as of Linux 6.12.
    #[derive(Default)]
    Statx: 256 {
        /// Which fields are filled.
        stx_mask: u32,
        /// Good size for transfers, bytes.
        stx_blksize: u32,
        /// STATX_ATTR_* bits.
        stx_attributes: u64,
        /// Names of the file.
        stx_nlink: u32,
        /// Owner.
        stx_uid: u32,
        /// Group.
        stx_gid: u32,
        /// Type and permissions.
        stx_mode: u16,
        /// Zero.
        _spare0: u16,
        /// Inode number.
        stx_ino: u64,
        /// Length in bytes.
        stx_size: u64,
        /// Space taken, in units of 512 bytes.
        stx_blocks: u64,
        /// Which attribute bits mean something.
        stx_attributes_mask: u64,
        /// Last read.
        stx_atime: StatxTimestamp,
        /// Creation.
        stx_btime: StatxTimestamp,
        /// Last change of the inode.
        stx_ctime: StatxTimestamp,
        /// Last write.
        stx_mtime: StatxTimestamp,
        /// Device that a device node stands for.
        stx_rdev_major: u32,
        /// Device that a device node stands for.
        stx_rdev_minor: u32,
        /// Device of the file system.
        stx_dev_major: u32,
        /// Device of the file system.
        stx_dev_minor: u32,
        /// The mount's id.
        stx_mnt_id: u64,
        /// Memory alignment for direct I/O, bytes.
        stx_dio_mem_align: u32,
        /// File alignment for direct I/O, bytes.
        stx_dio_offset_align: u32,
        /// Subvolume id.
        stx_subvol: u64,
        /// Smallest atomic write, bytes.
        stx_atomic_write_unit_min: u32,
        /// Largest atomic write, bytes.
        stx_atomic_write_unit_max: u32,
        /// Segments of an atomic write.
        stx_atomic_write_segments_max: u32,
        /// Zero.
        _spare1: u32,
        /// Zero.
        _spare3: [u64; 9],
    }

    /// statfs(2) on 64-bit machines.
    #[derive(Default)]
    Statfs: 120 {
        /// The file system's magic number.
        f_type: i64,
        /// Block size, bytes.
        f_bsize: i64,
        /// Blocks.
        f_blocks: u64,
        /// Free blocks.
        f_bfree: u64,
        /// Free blocks for others than root.
        f_bavail: u64,
        /// Inodes.
        f_files: u64,
        /// Free inodes.
        f_ffree: u64,
        /// The file system's id.
        f_fsid: [i32; 2],
        /// Longest name, bytes.
        f_namelen: i64,
        /// Fragment size, bytes.
        f_frsize: i64,
        /// ST_* mount flags.
        f_flags: i64,
        /// Zero.
        f_spare: [i64; 4],
    }

    /// open_how of openat2(2), version 0.
    #[derive(Default)]
    OpenHow: 24 {
        /// O_* flags.
        flags: u64,
        /// Permissions of a new file.
        mode: u64,
        /// RESOLVE_* flags.
        resolve: u64,
    }

    /// iovec(3type).
    #[derive(Default)]
    Iovec: 16 {
        /// User address.
        iov_base: u64,
        /// Bytes.
        iov_len: u64,
    }

    /// flock of fcntl(2): a record lock.
    #[derive(Default)]
    Flock: 32 {
        /// F_RDLCK, F_WRLCK or F_UNLCK.
        l_type: i16,
        /// What `l_start` counts from.
        l_whence: i16,
        /// Zero.
        _pad0: u32,
        /// First byte.
        l_start: i64,
        /// Bytes; 0 means to the end.
        l_len: i64,
        /// Who holds the conflicting lock.
        l_pid: i32,
        /// Zero.
        _pad1: u32,
    }

    /// f_owner_ex of fcntl(2).
    #[derive(Default)]
    FOwnerEx: 8 {
        /// F_OWNER_TID, F_OWNER_PID or F_OWNER_PGRP.
        kind: i32,
        /// The id.
        pid: i32,
    }

    /// winsize of ioctl_tty(2).
    #[derive(Default)]
    Winsize: 8 {
        /// Rows, characters.
        ws_row: u16,
        /// Columns, characters.
        ws_col: u16,
        /// Width, pixels.
        ws_xpixel: u16,
        /// Height, pixels.
        ws_ypixel: u16,
    }

    /// The kernel's termios, of TCGETS and TCSETS (ioctl_tty(2)): shorter than the C library's.
    #[derive(Default)]
    Termios: 36 {
        /// Input modes.
        c_iflag: u32,
        /// Output modes.
        c_oflag: u32,
        /// Control modes with the speed.
        c_cflag: u32,
        /// Local modes.
        c_lflag: u32,
        /// Line discipline.
        c_line: u8,
        /// Control characters, indexed by V*.
        c_cc: [u8; 19],
    }

    /// msghdr of sendmsg(2).
    #[derive(Default)]
    Msghdr: 56 {
        /// Address of the socket name.
        msg_name: u64,
        /// Its length, bytes.
        msg_namelen: u32,
        /// Zero.
        _pad0: u32,
        /// Address of the vectors.
        msg_iov: u64,
        /// Their number.
        msg_iovlen: u64,
        /// Address of the ancillary data.
        msg_control: u64,
        /// Its length, bytes.
        msg_controllen: u64,
        /// Flags of the received message.
        msg_flags: u32,
        /// Zero.
        _pad1: u32,
    }

    /// mmsghdr of sendmmsg(2).
    #[derive(Default)]
    Mmsghdr: 64 {
        /// The message.
        msg_hdr: Msghdr,
        /// Bytes transferred.
        msg_len: u32,
        /// Zero.
        _pad: u32,
    }

    /// mq_attr of mq_getattr(3).
    #[derive(Default)]
    MqAttr: 64 {
        /// 0 or O_NONBLOCK.
        mq_flags: i64,
        /// Most messages.
        mq_maxmsg: i64,
        /// Longest message, bytes.
        mq_msgsize: i64,
        /// Messages queued.
        mq_curmsgs: i64,
        /// Zero.
        _reserved: [i64; 4],
    }
}

/// The head of a linux_dirent64 (getdents64(2)); the name with its NUL follows at once, and the record is padded to 8 bytes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    zerocopy::FromBytes,
    zerocopy::IntoBytes,
    zerocopy::Immutable,
    zerocopy::KnownLayout,
    zerocopy::Unaligned,
)]
#[repr(C, packed)]
pub struct Dirent64Header {
    /// Inode number.
    pub d_ino: u64,
    /// Where the next record starts, for lseek.
    pub d_off: i64,
    /// Length of this record with name and padding, bytes.
    pub d_reclen: u16,
    /// DT_* type.
    pub d_type: u8,
}

const _: () = assert!(size_of::<Dirent64Header>() == 19);

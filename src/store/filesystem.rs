//! Properties of the file system that holds a file: its free space, and whether it is a network file system. SQLite's
//! write-ahead log does not work on a network file system: its index is memory shared by the processes of one machine
//! (<https://sqlite.org/wal.html>).
//!
//! The classification is by the file system's name, which both Linux (in `/proc/self/mountinfo`, with the subtype of a
//! FUSE mount) and macOS provide. On other systems, and if the system gives no name, no network file system is
//! reported. No test mounts a share, because that needs a server and privileges; the code that queries the system is
//! short.

use std::path::{Path, PathBuf};

/// The names of network file systems, as Linux and macOS write them.
const NETWORK: &[&str] = &[
    "9p",
    "afpfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
    "webdav",
];

/// The remote file systems that FUSE serves, by the subtype after `fuse.`. Many others of FUSE are local.
const NETWORK_BY_FUSE: &[&str] = &[
    "blobfuse",
    "blobfuse2",
    "ceph-fuse",
    "cephfs",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "mount-s3",
    "rclone",
    "s3fs",
    "smbnetfs",
    "sshfs",
];

/// Returns the name of the network file system that holds `path`, or would hold it; `None` for a local one.
pub(super) fn network(path: &Path) -> Option<String> {
    let name = system::name(&folder(path))?;
    is_network(&name).then_some(name)
}

/// Returns the bytes that may be written on the file system of `path`; `None` if the system does not report them.
pub(super) fn free_space(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder(path)).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Returns the folder of a file that may not exist yet.
fn folder(path: &Path) -> PathBuf {
    let path = path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    path.parent().map_or_else(|| path.clone(), Path::to_owned)
}

/// Returns true if a file system of this name is reached over a network.
fn is_network(name: &str) -> bool {
    match name.strip_prefix("fuse.").or_else(|| name.strip_prefix("fuseblk.")) {
        Some(subtype) => NETWORK_BY_FUSE.contains(&subtype),
        None => NETWORK.contains(&name),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// Returns the name of the file system that holds a folder.
    pub(super) fn name(folder: &Path) -> Option<String> {
        let device = std::fs::metadata(folder).ok()?.dev();
        super::named(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, device)
    }
}

#[cfg(target_os = "macos")]
mod system {
    use std::path::Path;

    /// Returns the name of the file system that holds a folder.
    pub(super) fn name(folder: &Path) -> Option<String> {
        let found = rustix::fs::statfs(folder).ok()?;
        let bytes: Vec<u8> =
            found.f_fstypename.iter().take_while(|&&byte| byte != 0).map(|&byte| byte as u8).collect();
        String::from_utf8(bytes).ok()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use std::path::Path;

    /// Returns `None`: the name is not available on this system.
    pub(super) fn name(_folder: &Path) -> Option<String> {
        None
    }
}

/// Returns the file system of a device (`st_dev`), from the text of `/proc/self/mountinfo`. Its fields are separated by
/// blanks, the third is `major:minor`, and the name follows a lone `-` (proc_pid_mountinfo(5)).
#[cfg(any(target_os = "linux", test))]
fn named(mountinfo: &str, device: u64) -> Option<String> {
    let (major, minor) = major_minor(device);
    let device = format!("{major}:{minor}");
    mountinfo.lines().find_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        (mount.split(' ').nth(2)? == device).then(|| file_system.split(' ').next().map(str::to_owned))?
    })
}

/// Returns the major and minor number of a device, which glibc packs into one (makedev(3)).
#[cfg(any(target_os = "linux", test))]
fn major_minor(device: u64) -> (u64, u64) {
    let major = ((device >> 32) & 0xffff_f000) | ((device >> 8) & 0xfff);
    let minor = ((device >> 12) & 0xffff_ff00) | (device & 0xff);
    (major, minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw,relatime - proc proc rw
40 22 0:45 / /mnt/team\\040share rw,relatime shared:3 master:1 - nfs4 files:/team rw,vers=4.2
41 22 0:46 / /home/ana/far rw,nosuid - fuse.sshfs ana@far: rw,user_id=1000
42 22 0:47 / /mnt/c rw,noatime - 9p C:\\134 rw,trans=fd
43 22 0:48 / /home/ana/safe rw - fuse.gocryptfs /home/ana/cipher rw
44 22 253:300 / /data rw - xfs /dev/mapper/data rw
";

    #[test]
    fn a_device_is_found_among_the_mounts() {
        for (device, name) in [
            (0xfe00, "ext4"),
            (45, "nfs4"),
            (46, "fuse.sshfs"),
            (47, "9p"),
            (48, "fuse.gocryptfs"),
            // This is 253:300, whose minor number does not fit into a byte.
            (0x0010_fd2c, "xfs"),
        ] {
            assert_eq!(named(MOUNTINFO, device).as_deref(), Some(name), "{device:#x}");
        }
        assert_eq!(named(MOUNTINFO, 99), None);
        assert_eq!(named("no mountinfo at all\n\n1 2 3", 3), None);
    }

    #[test]
    fn what_is_reached_over_a_network_is_told_from_what_is_not() {
        for name in [
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "afpfs",
            "9p",
            "afs",
            "ceph",
            "fuse.sshfs",
            "fuse.rclone",
        ] {
            assert!(is_network(name), "{name}");
        }
        for name in [
            "ext4",
            "apfs",
            "tmpfs",
            "overlay",
            "btrfs",
            "zfs",
            "fuseblk",
            "fuse",
            "fuse.gocryptfs",
            "virtiofs",
        ] {
            assert!(!is_network(name), "{name}");
        }
    }

    #[test]
    fn this_machines_temporary_folder_is_local() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(network(&folder.path().join("not-yet.db")), None);
        #[cfg(target_os = "linux")]
        assert_eq!(system::name(Path::new("/proc")).as_deref(), Some("proc"));
    }
}

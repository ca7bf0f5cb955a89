//! Stops a reader before every lock call that it makes, and prunes: its answer is of before or of after.
//!
//! SQLite locks by `fcntl`, so that the reader is traced from system call to system call. Only its main thread is:
//! no other one opens a database. What happens between two lock calls, row by row, is stopped in `cli::one_moment`.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::libc::{F_SETLK, F_SETLKW, SYS_fcntl};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// How long a prune is waited for at a stop. Where the reader holds what it needs, it goes on afterwards.
const PATIENCE: Duration = Duration::from_secs(2);

/// A reader mostly waits for its prune.
const TRACED_AT_ONCE: usize = 4;

/// Rows of every snapshot up to the one asked for.
const SQL: &str = "SELECT a.snapshot_id, a.name, u.user_name, u.user_status, u.valid_from
    FROM accounts_by_snapshot AS a, users_history AS u ORDER BY 1, 2, 3, 4, 5 LIMIT 200";

/// Every reading command, in each of its forms; the snapshot that is pruned is the second of three.
const COMMANDS: &[&[&str]] = &[
    &["query", SQL, "--at", "2", "--output", "answer.csv", "--evidence"],
    &["query", "privileged-access", "--at", "2", "--output", "answer.csv", "--evidence"],
    &["query", "-", "--at", "2", "--format", "jsonl"],
    &["query", SQL, "--format", "csv"],
    &["query", "orphan-assignments"],
    &["query", SQL, "--during", "1..2", "--output", "answer.csv", "--evidence"],
    &["query", "-", "--during", "1..3"],
    &["history", "web-prod"],
    &["policy-diff", "--policy", "arn:aws:iam::aws:policy/AdministratorAccess", "1", "3"],
    &["snapshots", "show", "2"],
    &["snapshots", "show", "3", "--evidence"],
    &["snapshots"],
    &[],
    &["--at", "2"],
    &["diff", "1", "3", "--steps"],
];

/// The result of a command: its exit code, both outputs, and the files that it wrote.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    exit: i32,
    written: Vec<String>,
}

struct Reader<'a> {
    program: &'a Path,
    census: &'a Path,
    arguments: &'a [&'a str],
}

impl Reader<'_> {
    /// Answers of the census anew, stopped at a lock call, the first being 1, to prune; at 0 the prune comes first.
    /// Returns how many lock calls there were, and whether the prune was over before the reader went on.
    fn answer(&self, stop: usize) -> (Answer, usize, bool) {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(self.census, folder.path().join("orgcensus.db")).unwrap();
        fs::write(folder.path().join("input"), SQL).unwrap();
        let mut prune = Command::new(self.program);
        prune.args(["snapshots", "prune", "2"]).env_clear().current_dir(folder.path());
        prune.stdout(Stdio::null()).stderr(Stdio::null());
        if stop == 0 {
            assert!(prune.status().unwrap().success());
        }
        let (mut begun, mut locks, mut is_pruned) = (None, 0, stop == 0);
        let answer = self.traced(folder.path(), || {
            locks += 1;
            if locks == stop {
                let mut prune = prune.spawn().unwrap();
                is_pruned = wait_a_while(&mut prune);
                begun = Some(prune);
            }
        });
        if let Some(mut prune) = begun {
            assert!(prune.wait().unwrap().success(), "{:?}: the prune at lock call {stop}", self.arguments);
        }
        (answer, locks, is_pruned)
    }

    /// Runs the command, and calls `at_lock` before each of its lock calls.
    fn traced(&self, folder: &Path, at_lock: impl FnMut()) -> Answer {
        // It becomes the program once it is traced, which the line on its input tells.
        let mut waiting = Command::new("sh");
        waiting
            .args(["-c", "read -r traced; exec \"$@\" < input", "sh"])
            .arg(self.program)
            .args(self.arguments);
        let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        waiting.env_clear().current_dir(folder).stdin(Stdio::piped());
        waiting.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let exit = trace(&mut waiting.spawn().unwrap(), at_lock);
        let mut written = vec![content(&mut stdout), content(&mut stderr)];
        for name in ["answer.csv", "answer.csv.evidence.json", "answer.evidence.json"] {
            written.extend(File::open(folder.join(name)).ok().map(|mut file| content(&mut file)));
        }
        Answer { exit, written }
    }
}

/// A file from its beginning, without what a clock says: ages, and when something was pruned or written.
fn content(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    let lasting =
        text.lines().filter(|line| !line.contains("written_at") && !line.contains("pruned_at")).map(|line| {
            let line = line.split_once(" was pruned on ").map_or(line, |(before, _)| before);
            line.split(',').filter(|part| !part.ends_with(" old")).collect::<Vec<_>>().join(",")
        });
    lasting.collect::<Vec<_>>().join("\n")
}

/// Returns true if the command ends within the time.
fn wait_a_while(prune: &mut Child) -> bool {
    let step = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while waited < PATIENCE && prune.try_wait().unwrap().is_none() {
        std::thread::sleep(step);
        waited += step;
    }
    prune.try_wait().unwrap().is_some()
}

/// Lets the child go on from system call to system call until it ends, and returns its exit code.
fn trace(child: &mut Child, mut at_lock: impl FnMut()) -> i32 {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    ptrace::attach(pid).unwrap();
    waitpid(pid, Some(WaitPidFlag::__WALL)).unwrap();
    ptrace::setoptions(pid, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL).unwrap();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let (mut signal, mut is_begun) = (None, false);
    loop {
        ptrace::syscall(pid, signal.take()).unwrap();
        match waitpid(pid, Some(WaitPidFlag::__WALL)).unwrap() {
            // A call is stopped when it begins, and when it has ended.
            WaitStatus::PtraceSyscall(_) if is_lock_call(pid) => {
                is_begun = !is_begun;
                if is_begun {
                    at_lock();
                }
            }
            WaitStatus::Stopped(_, sent) => {
                signal = Some(sent).filter(|sent| ![Signal::SIGSTOP, Signal::SIGTRAP].contains(sent));
            }
            WaitStatus::Exited(_, exit) => return exit,
            WaitStatus::Signaled(_, by, _) => panic!("it was ended by {by}"),
            _ => {}
        }
    }
}

/// Decides whether the process is stopped at a call that takes or releases a lock. The kernel reports the call's number
/// and arguments.
fn is_lock_call(pid: Pid) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap();
    let mut words = call.split_whitespace();
    let number: Option<i64> = words.next().and_then(|number| number.parse().ok());
    let command = words.nth(1).and_then(|command| i32::from_str_radix(command.strip_prefix("0x")?, 16).ok());
    number == Some(SYS_fcntl) && matches!(command, Some(F_SETLK | F_SETLKW))
}

/// Tries every lock call of a command; returns how many there were, or what was wrong.
fn try_every(reader: &Reader<'_>) -> Result<usize, String> {
    let (after, ..) = reader.answer(0);
    let (before, locks, _) = reader.answer(usize::MAX);
    if before.exit != 0 || locks < 5 {
        return Err(format!("{locks} lock calls: {before:?}"));
    }
    let mut has_begun = false;
    for stop in 1..=locks {
        let (answer, _, is_pruned) = reader.answer(stop);
        // A prune that had to wait for the reader says nothing of where reading begins.
        has_begun |= is_pruned && answer != after;
        if answer != before && (answer != after || (is_pruned && has_begun)) {
            return Err(format!(
                "pruned at lock call {stop} of {locks}: {answer:?}\nnot {before:?}\nor {after:?}"
            ));
        }
    }
    if !has_begun && before != after {
        return Err("no lock call is after the beginning".to_owned());
    }
    Ok(locks)
}

/// A census of three snapshots, in a folder of its own.
fn census(program: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(program).arg("demo").current_dir(folder.path()).env_clear().output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let census = folder.path().join("orgcensus-demo.db");
    (folder, census)
}

fn main() -> ExitCode {
    let program = PathBuf::from(std::env::args_os().nth(1).expect("the program is named"));
    let (_folder, census) = census(&program);
    let (stops, wrong, next) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    // Each thread traces what it started itself.
    std::thread::scope(|scope| {
        for _ in 0..TRACED_AT_ONCE {
            scope.spawn(|| {
                while let Some(arguments) = COMMANDS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match try_every(&Reader { program: &program, census: &census, arguments }) {
                        Ok(locks) => _ = stops.fetch_add(locks, Ordering::Relaxed),
                        Err(why) => {
                            wrong.fetch_add(1, Ordering::Relaxed);
                            println!("{arguments:?}: {why}");
                        }
                    }
                }
            });
        }
    });
    let (stops, wrong) = (stops.into_inner(), wrong.into_inner());
    println!("pruned at {stops} lock calls of {} commands: {wrong} wrong", COMMANDS.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

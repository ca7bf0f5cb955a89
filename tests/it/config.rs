//! The config file: its contents, its precedence, and that it must not be writable by others.

use std::os::unix::fs::PermissionsExt;

use crate::fixture::{self, Ran, Sandbox};
use crate::world::{World, small};

/// Writes the file to its default path below the folder, which is the home.
fn write(sandbox: &Sandbox, text: &str) {
    let folder = sandbox.path(".config/orgcensus");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("config.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
}

fn run(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = sandbox.command(arguments);
    command.env("HOME", sandbox.path("")).envs(variables.iter().copied());
    sandbox.ran(command.output().unwrap())
}

/// Returns a folder with the census as `census/o.db`, and no file at the default path.
fn elsewhere() -> Sandbox {
    let sandbox = fixture::census();
    std::fs::create_dir(sandbox.path("census")).unwrap();
    std::fs::rename(sandbox.path("orgcensus.db"), sandbox.path("census/o.db")).unwrap();
    sandbox
}

const COUNT: [&str; 2] = ["query", "SELECT count(*) FROM users"];

#[test]
fn the_command_line_comes_before_the_environment_and_it_before_the_file() {
    let sandbox = elsewhere();
    assert_eq!(run(&sandbox, &COUNT, &[]).exit, Some(1), "no census is in the working directory");
    write(&sandbox, "db = \"~/census/o.db\"\n");
    assert_eq!(run(&sandbox, &COUNT, &[]).data(), "count(*)\n5\n");
    let missing = |ran: Ran| ran.stderr.lines().next().unwrap_or_default().to_owned();
    let variable = ("ORGCENSUS_DB", "env.db");
    assert_eq!(missing(run(&sandbox, &COUNT, &[variable])), "error: there is no database \"env.db\"");
    let typed = [&COUNT[..], &["--db", "typed.db"]].concat();
    assert_eq!(missing(run(&sandbox, &typed, &[variable])), "error: there is no database \"typed.db\"");
    let without = [&COUNT[..], &["--no-config"]].concat();
    assert_eq!(missing(run(&sandbox, &without, &[])), "error: there is no database \"orgcensus.db\"");
    // The suggested command uses the same census, without an option.
    let none = run(&sandbox, &["query", "user-access", "zzz"], &[]).refusal();
    assert!(!none.contains("--db"), "{none}");
    let other = run(&sandbox, &["snapshots", "--db", "census/o.db", "show", "99"], &[]).refusal();
    assert!(other.contains("orgcensus --db census/o.db snapshots"), "{other}");

    // The folder of XDG takes precedence over the home. A relative one is ignored, as XDG specifies.
    let folder = sandbox.path("xdg/orgcensus");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "db = \"/nowhere/xdg.db\"").unwrap();
    let xdg = sandbox.path("xdg");
    let xdg = run(&sandbox, &COUNT, &[("XDG_CONFIG_HOME", xdg.to_str().unwrap())]);
    assert!(xdg.stderr.starts_with("error: there is no database \"/nowhere/xdg.db\""), "{}", xdg.stderr);
    assert_eq!(run(&sandbox, &COUNT, &[("XDG_CONFIG_HOME", "xdg")]).data(), "count(*)\n5\n");
    // The working directory is never searched.
    for name in ["config.toml", "orgcensus.toml", ".orgcensus.toml", ".config/config.toml"] {
        std::fs::write(sandbox.path(name), "db = \"/nowhere/here.db\"").unwrap();
    }
    assert_eq!(run(&sandbox, &COUNT, &[]).data(), "count(*)\n5\n");
    let named = run(&sandbox, &[&COUNT[..], &["--config", "config.toml"]].concat(), &[]);
    assert!(named.stderr.starts_with("error: there is no database \"/nowhere/here.db\""), "{}", named.stderr);
}

#[test]
fn what_it_must_not_say_is_refused_by_name() {
    let sandbox = elsewhere();
    for (text, says) in [
        (
            "access_key_id = \"AKIA\"",
            "access_key_id in /config.toml is refused: credentials are not kept in it",
        ),
        ("aws_secret_access_key = \"x\"", "credentials are not kept in it"),
        ("aws-session-token = \"x\"", "credentials are not kept in it"),
        ("[collect]\ntoken = \"x\"", "token in [collect] of /config.toml is refused"),
        (
            "[organization.a]\nexternal_id = \"x\"",
            "external_id in [organization.a] of /config.toml is refused: an external id",
        ),
        ("endpoint_url = \"http://x\"", "a config file must not set where signed calls are sent"),
        ("[collect]\nendpoint = \"x\"", "a config file must not set where signed calls are sent"),
        ("credential_process = \"x\"", "credential_process in /config.toml is refused"),
        ("pager = \"less\"", "a config file must not start a program"),
        ("[prune]\nhook = \"x\"", "a config file must not start a program"),
        ("[credentials]\nx = 1", "credentials in /config.toml is refused"),
        ("[collect]\ndry_run = true", "it is for one run"),
        ("[collect]\nrestart = true", "it is for one run"),
        ("proflie = \"x\"", "has an unknown key \"proflie\"\nhint: did you mean profile"),
        (
            "[collect]\nshrink = 4",
            "[collect] of /config.toml has an unknown key \"shrink\"\nhint: did you mean shrink_limit?",
        ),
        ("[colect]\nshare = 4", "unknown key \"colect\"\nhint: did you mean collect?"),
        ("share = 4", "hint: share belongs in [collect]"),
        ("[prune]\ndb = \"/x\"", "hint: db belongs before the first [table]"),
        ("[collect]\nhaste = 4", "unknown key \"haste\""),
        ("[collect]\nshare = 400", "share in [collect] of /config.toml cannot be used: invalid value '400'"),
        ("[collect]\nshare = [4]", "it has one value, and not a list"),
        ("[collect]\nshare = true", "it has a value, and is not true or false"),
        (
            "[collect]\nresume_within = 6",
            "resume_within in [collect] of /config.toml cannot be used: invalid value '6'",
        ),
        ("[collect]\nskip = [[\"a\"]]", "not be a table or a list of lists"),
        ("[collect]\nskip = []\nonly = [\"\"]", "it is empty: leave it out"),
        ("assume_role = \"role\"", "a role's ARN reads"),
        ("db = \"o.db\"", "would be a different file in each working directory: begin it with / or ~/"),
        ("collect = 4", "[collect] in /config.toml must be a table"),
        ("organization = 4", "[organization.NAME] in /config.toml must be a table"),
        ("db = \"/a\"\ndb = \"/b\"", "is not TOML, in line 2: "),
        ("db = \"/a\"\n\nnot toml", "is not TOML, in line 3: "),
        (
            "assume_role = \"arn:aws:iam::111122223333:role/R\"\nassume-role = \"arn:aws:iam::111122223333:role/R\"",
            "assume_role occurs twice in",
        ),
    ] {
        write(&sandbox, text);
        let refused = run(&sandbox, &COUNT, &[]);
        let shown = refused
            .refusal()
            .replace("[FOLDER]/.config/orgcensus", "")
            .replace("[FOLDER]/config.toml", "/config.toml");
        assert!(
            shown.contains(says) && shown.contains("\nhint: ") && shown.ends_with("exit 2"),
            "{text}: {shown}"
        );
        assert_eq!(
            run(&sandbox, &[&COUNT[..], &["--no-config", "--db", "census/o.db"]].concat(), &[]).exit,
            Some(0)
        );
    }
    // Help, and commands without a census, do not need it.
    assert_eq!(run(&sandbox, &["--help"], &[]).exit, Some(0));
    std::fs::write(sandbox.path(".config/orgcensus/config.toml"), [0xff, 0xfe]).unwrap();
    assert_eq!(run(&sandbox, &COUNT, &[]).exit, Some(2));
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let sandbox = elsewhere();
    write(&sandbox, "db = \"~/census/o.db\"");
    let path = sandbox.path(".config/orgcensus/config.toml");
    for (mode, is_taken) in
        [(0o600, true), (0o644, true), (0o400, true), (0o620, false), (0o602, false), (0o666, false)]
    {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let ran = run(&sandbox, &COUNT, &[]);
        assert_eq!(ran.exit, Some(if is_taken { 0 } else { 2 }), "{mode:o}: {}", ran.stderr);
        assert!(is_taken || ran.stderr.contains("then: chmod go-w "), "{}", ran.stderr);
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    // A link of the user's own is followed. Anything other than a file is not a config file.
    std::fs::rename(&path, sandbox.path("dotfile.toml")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("dotfile.toml"), &path).unwrap();
    assert_eq!(run(&sandbox, &COUNT, &[]).data(), "count(*)\n5\n");
    std::fs::remove_file(sandbox.path("dotfile.toml")).unwrap();
    assert_eq!(run(&sandbox, &COUNT, &[]).exit, Some(2), "a link that leads nowhere is not passed over");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(run(&sandbox, &COUNT, &[]).stderr.contains("it is not a plain file"));
    for named in ["nothing.toml", "/dev/null", "census"] {
        let ran = run(&sandbox, &[&COUNT[..], &["--config", named]].concat(), &[]);
        assert_eq!(ran.exit, Some(2), "{named}: {}", ran.stderr);
    }
    if rustix::process::geteuid().is_root() {
        std::fs::write(sandbox.path("other.toml"), "db = \"~/census/o.db\"").unwrap();
        std::os::unix::fs::chown(sandbox.path("other.toml"), Some(4242), None).unwrap();
        let ran = run(&sandbox, &[&COUNT[..], &["--config", "other.toml"]].concat(), &[]);
        assert!(ran.stderr.contains("belongs to another user"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: make a copy of your own: cp other.toml MINE"), "{}", ran.stderr);
    }
}

#[test]
fn an_organization_has_its_own_values() {
    let sandbox = elsewhere();
    let text = "db = \"/nowhere/all.db\"\n[prune]\nkeep_last = 1\n[organization.acme]\ndb = \"~/census/o.db\"\n\
                [organization.acme.prune]\nkeep_last = 3\n[organization.\"b c\"]\n";
    write(&sandbox, text);
    assert_eq!(
        run(&sandbox, &[&COUNT[..], &["--organization", "acme"]].concat(), &[]).data(),
        "count(*)\n5\n"
    );
    let all = run(&sandbox, &[&COUNT[..], &["--organization", "b c"]].concat(), &[]);
    assert!(all.stderr.contains("\"/nowhere/all.db\""), "{}", all.stderr);
    let unknown = run(&sandbox, &["--organization", "acne"], &[]).refusal();
    assert!(
        unknown.contains("has no [organization.acne]\nhint: did you mean acme?\nhint: it has acme, b c"),
        "{unknown}"
    );
    let none = run(&sandbox, &["--organization", "acme", "--no-config"], &[]).refusal();
    assert!(none.contains("needs a config file, and there is none"), "{none}");
    // Rules for a prune come from the file, and typed rules take precedence.
    let kept = |arguments: &[&str]| {
        let ran = run(
            &sandbox,
            &[&["snapshots", "prune", "--dry-run", "--organization", "acme", "--format", "csv"], arguments]
                .concat(),
            &[],
        );
        ran.data().lines().filter(|line| line.contains(",keep,")).count()
    };
    assert_eq!((kept(&[]), kept(&["--keep-last", "2"]), kept(&["1"])), (3, 2, 3));
    let refused = run(&sandbox, &["demo", "--organization", "acme"], &[]);
    assert!(refused.stderr.contains("--organization does not apply to demo"), "{}", refused.stderr);
}

#[test]
fn doctor_shows_where_each_value_came_from() {
    let world = World::of(small());
    let home = world.sandbox.path("no-home");
    let path = home.join(".config/orgcensus/config.toml");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = "db = \"~/o.db\"\nprofile = \"ignored\"\nregion = \"eu-west-1\"\n\
                [collect]\nonly = [\"users\", \"groups\"]\nshare = 50\nlabel = \"nightly\"\n";
    std::fs::write(&path, text).unwrap();
    let shown = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command(&[&["doctor"], arguments].concat());
        let ran = world.sandbox.ran(command.envs(variables.iter().copied()).output().unwrap());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let all = shown(&[], &[("AWS_REGION", "us-east-1")]);
    for says in [
        "db = ",
        "o.db (from ",
        "region = us-east-1 (from AWS_REGION)",
        "only = users, groups (from [collect] of ",
        "share = 50 (from [collect] of ",
        "label = nightly (from ",
    ] {
        assert!(all.contains(says), "{says}: {all}");
    }
    // Keys of the environment take precedence over a profile of the file, and are never shown.
    assert!(!all.contains("profile = ") && !all.contains("made-up"), "{all}");
    assert!(!all.contains("ListPermissionSets"), "doctor examines what collect would ask for: {all}");
    let typed =
        shown(&["--only", "users", "--region", "us-east-1", "--db", "x.db"], &[("ORGCENSUS_DB", "env.db")]);
    for says in ["db = x.db (from --db)", "region = us-east-1 (from --region)", "only = users (from --only)"]
    {
        assert!(typed.contains(says), "{says}: {typed}");
    }
    assert!(
        shown(&["--region", "us-east-1"], &[("ORGCENSUS_DB", "env.db")])
            .contains("db = env.db (from ORGCENSUS_DB)")
    );

    // collect follows the file too.
    let ran = world
        .sandbox
        .ran(world.collect_command(&["--region", "us-east-1", "--db", "c.db"]).output().unwrap());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let label = world.run(&["query", "--no-config", "--db", "c.db", "--raw", "SELECT label FROM snapshots"]);
    assert_eq!(label.data(), "nightly\n");
    let covered = world.run(&[
        "query",
        "--no-config",
        "--db",
        "c.db",
        "--raw",
        "SELECT status FROM coverage WHERE resource = 'permission_sets'",
    ]);
    assert_eq!(covered.data(), "not_collected\n");
}

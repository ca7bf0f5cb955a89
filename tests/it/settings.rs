//! AWS settings that cannot be used: a usage error that names the source of each, before any call.

use std::process::Command;

use orgcensus::simulator::{Action, Fault};

use crate::fixture::Ran;
use crate::world::{World, small};

const QUICK: [&str; 5] = ["collect", "--only", "groups", "--assignments", "pairs"];

/// Runs the collection in the environment that `change` sets.
fn ran(world: &World, change: impl Fn(&mut Command)) -> Ran {
    let mut command = world.command(&QUICK);
    change(&mut command);
    world.sandbox.ran(command.output().unwrap())
}

/// Sets a configuration file, and removes the keys from the environment.
fn with_profiles(world: &World, profiles: &str) -> impl Fn(&mut Command) {
    let file = world.sandbox.path("aws-config");
    std::fs::write(&file, profiles).unwrap();
    move |command| {
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env("AWS_CONFIG_FILE", &file)
            .env("PATH", "/usr/bin:/bin");
    }
}

#[track_caller]
fn assert_usage(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.exit, Some(2), "{}", ran.stderr);
    for part in parts.iter().chain(&["error: ", "hint: "]) {
        assert!(ran.stderr.contains(part), "no `{part}` in: {}", ran.stderr);
    }
    for secret in ["made-up", "panicked", "HUSH"] {
        assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
    }
}

#[test]
fn keys_of_the_environment() {
    let world = World::of(small());
    for (variable, value, says) in [
        ("AWS_ACCESS_KEY_ID", "AKIAHUSH\r", "ends with a carriage return (CR)"),
        ("AWS_ACCESS_KEY_ID", "AKIAHUSH\n", "holds a line feed"),
        ("AWS_ACCESS_KEY_ID", "AKIA\u{1}HUSH", "holds a control character (U+0001)"),
        ("AWS_ACCESS_KEY_ID", "AKIA\u{7f}HUSH", "holds a control character (U+007F)"),
        ("AWS_ACCESS_KEY_ID", "AKIA HUSH", "holds a space"),
        ("AWS_ACCESS_KEY_ID", "\u{201c}AKIAHUSH\u{201d}", "holds U+201C, which is not ASCII"),
        ("AWS_SECRET_ACCESS_KEY", "HUSH\r", "ends with a carriage return (CR)"),
        ("AWS_SESSION_TOKEN", "HU\rSH", "holds a carriage return (CR)"),
    ] {
        let ran = ran(&world, |command| {
            command.env(variable, value);
        });
        assert_usage(&ran, &[&format!("the environment variable {variable} {says}")]);
        assert_eq!(world.simulator.calls().total(), 0, "{variable}");
    }
    // The SDK trims white space around a session token.
    let token = ran(&world, |command| {
        command.env("AWS_SESSION_TOKEN", "token\r");
    });
    assert_eq!(token.exit, Some(0), "{}", token.stderr);
    let cr = ran(&world, |command| {
        command.env("AWS_ACCESS_KEY_ID", "AKIAHUSH\r");
    });
    assert!(cr.stderr.contains("hint: a file with Windows line endings is the usual cause"), "{}", cr.stderr);
}

#[test]
fn a_profiles_name() {
    let world = World::of(small());
    for (name, says) in [
        ("audit\r", "ends with a carriage return (CR)"),
        ("au\ndit", "holds a line feed"),
        ("audit\t", "holds a tab"),
        ("\u{7}audit", "holds a control character (U+0007)"),
    ] {
        let variable = ran(&world, |command| {
            command.env("AWS_PROFILE", name);
        });
        assert_usage(&variable, &[&format!("the environment variable AWS_PROFILE {says}")]);
        let option = ran(&world, |command| {
            command.args(["--profile", name]);
        });
        assert_usage(&option, &[&format!("--profile {says}")]);
    }
    assert_eq!(world.simulator.calls().total(), 0);
    // The existence of such a profile is another question.
    let spaces = ran(&world, |command| {
        command.args(["--profile", "of the audit"]);
    });
    assert_ne!(spaces.exit, Some(2), "{}", spaces.stderr);
}

#[test]
fn keys_of_profiles() {
    let world = World::of(small());
    let audit = |keys: &str| {
        let profiles = format!("[profile audit]\n{keys}\n");
        let change = with_profiles(&world, &profiles);
        ran(&world, move |command| {
            change(command);
            command.env("AWS_PROFILE", "audit");
        })
    };
    let cr = audit("aws_access_key_id = AKIAHUSH\r\r\naws_secret_access_key = made-up");
    assert_usage(&cr, &["aws_access_key_id of profile \"audit\" ends with a carriage return"]);
    let continued = audit("aws_access_key_id = AKIA\n  HUSH\naws_secret_access_key = made-up");
    assert_usage(&continued, &["aws_access_key_id of profile \"audit\" holds a line feed"]);
    let token =
        audit("aws_access_key_id = A\naws_secret_access_key = made-up\naws_session_token = HU\u{7}SH");
    assert_usage(&token, &["aws_session_token of profile \"audit\" holds a control character (U+0007)"]);
    // A file with Windows line endings is read as intended.
    let windows = audit("aws_access_key_id = AKIAHUSH\r\naws_secret_access_key = made-up\r");
    assert_eq!(windows.exit, Some(0), "{}", windows.stderr);
    // A role's source keys may be in another profile.
    let role = "role_arn = arn:aws:iam::111122223333:role/Census\nsource_profile = base\n\
                [profile base]\naws_access_key_id = AKIAHUSH\u{1}\naws_secret_access_key = made-up";
    assert_usage(&audit(role), &["aws_access_key_id of profile \"base\" holds a control character"]);
    // A profile that is not used is no reason to fail.
    let change = with_profiles(&world, "[default]\naws_access_key_id = A\u{1}\naws_secret_access_key = x\n");
    let unused = ran(&world, |command| {
        change(command);
        command.env("AWS_ACCESS_KEY_ID", "AKIA").env("AWS_SECRET_ACCESS_KEY", "made-up");
    });
    assert_eq!(unused.exit, Some(0), "{}", unused.stderr);
}

#[test]
fn keys_of_a_process() {
    let world = World::of(small());
    let keys = world.sandbox.path("keys.json");
    let write = |keys_json: &str| std::fs::write(&keys, keys_json).unwrap();
    let process = format!("credential_process = cat {}", keys.display());
    let direct = format!("[default]\n{process}\n");
    let role = format!(
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/Census\nsource_profile = base\n\
         [profile base]\n{process}\n"
    );
    write(r#"{"Version": 1, "AccessKeyId": "AKIAHUSH\r", "SecretAccessKey": "made-up"}"#);
    let told = ran(&world, with_profiles(&world, &direct));
    assert_usage(&told, &["the access key id from a credential_process ends with a carriage return (CR)"]);
    // Inside the SDK, which panics without naming the value.
    let caught = ran(&world, with_profiles(&world, &role));
    assert_usage(&caught, &["holds a character that cannot be sent"]);
    write(
        r#"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "made-up", "SessionToken": "HU\u0000SH"}"#,
    );
    let token = ran(&world, with_profiles(&world, &direct));
    assert_usage(&token, &["the session token from a credential_process holds a control character (U+0000)"]);
    write(r#"{"Version": 1, "AccessKeyId": "", "SecretAccessKey": "made-up"}"#);
    let empty = ran(&world, with_profiles(&world, &direct));
    assert_usage(&empty, &["the access key id from a credential_process is empty"]);
    for odd in ["", "{", "[]", r#"{"Version": 1}"#, "\u{0}\u{1}"] {
        write(odd);
        let ran = ran(&world, with_profiles(&world, &direct));
        assert_eq!(ran.exit, Some(1), "{odd}: {}", ran.stderr);
        assert!(ran.stderr.contains("error: no AWS credentials"), "{odd}: {}", ran.stderr);
    }
    let distant = r#"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "made-up",
                      "Expiration": "9999-12-31T23:59:59Z"}"#;
    write(distant);
    let distant = ran(&world, with_profiles(&world, &direct));
    assert_eq!(distant.exit, Some(0), "{}", distant.stderr);
}

#[test]
fn keys_of_an_assumed_role() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("AssumeRole", Action::OddKey));
    let role = format!("arn:aws:iam::{}:role/Census", world.simulator.management_account_id());
    let ran = world.collect(&["--assume-role", &role]);
    assert_usage(
        &ran,
        &["the access key id in the answer of sts:AssumeRole ends with a carriage return (CR)"],
    );
}

#[test]
fn regions() {
    let world = World::of(small());
    for (variable, value, says) in [
        ("AWS_REGION", "eu-west-1\r", "the environment variable AWS_REGION ends with a carriage return"),
        ("AWS_DEFAULT_REGION", "eu west 1", "the environment variable AWS_DEFAULT_REGION holds a space"),
        ("AWS_REGION", "EU-WEST-1", "\"EU-WEST-1\" is not a Region"),
        ("AWS_REGION", "eu-west-1a", "did you mean eu-west-1?"),
        ("AWS_REGION", "../x", "\"../x\" is not a Region"),
        ("AWS_REGION", "us-east-1.attacker.example#", "is not a Region"),
    ] {
        let ran = ran(&world, |command| {
            command.env(variable, value);
        });
        assert_usage(&ran, &[says]);
    }
    let option = world.run(&["doctor", "--region", "Ireland"]);
    assert_usage(&option, &["--region: \"Ireland\" is not a Region"]);
    let keys = "aws_access_key_id = AKIA\naws_secret_access_key = made-up\n";
    let profiles = format!("[default]\nregion = nowhere\n{keys}");
    assert_usage(
        &ran(&world, with_profiles(&world, &profiles)),
        &["region of profile \"default\": \"nowhere\""],
    );
    assert_eq!(world.simulator.calls().total(), 0);
    // An empty variable counts as unset.
    let empty = ran(&world, |command| {
        command.env("AWS_REGION", "");
    });
    assert_eq!(empty.exit, Some(0), "{}", empty.stderr);
}

#[test]
fn endpoints() {
    let world = World::of(small());
    let good = world.simulator.endpoint();
    for (variable, value, says) in [
        ("AWS_ENDPOINT_URL", format!("{good}\r"), "ends with a carriage return (CR)"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:4566".to_owned(), "begins neither with https://"),
        ("AWS_ENDPOINT_URL", String::new(), "is empty"),
        ("AWS_ENDPOINT_URL", "http://me:HUSH@127.0.0.1".to_owned(), "holds a user name or password"),
        ("AWS_ENDPOINT_URL_SSO_ADMIN", "ftp://127.0.0.1".to_owned(), "begins neither with https://"),
        ("AWS_ENDPOINT_URL_IDENTITYSTORE", "http://a b".to_owned(), "holds a space"),
        ("AWS_ENDPOINT_URL_STS", "http://[::1".to_owned(), "is not a URL"),
    ] {
        let ran = ran(&world, |command| {
            command.env(variable, &value);
        });
        assert_usage(&ran, &[&format!("the environment variable {variable} {says}")]);
    }
    let keys = "aws_access_key_id = AKIA\naws_secret_access_key = made-up\n";
    for profiles in [
        format!("[default]\nendpoint_url = localhost\n{keys}"),
        format!("[default]\nservices = own\n{keys}[services own]\nsts =\n  endpoint_url = localhost\n"),
    ] {
        let change = with_profiles(&world, &profiles);
        let ran = ran(&world, |command| {
            change(command);
            command.env_remove("AWS_ENDPOINT_URL");
        });
        assert_usage(&ran, &["endpoint_url of profile \"default\" begins neither with https://"]);
    }
    assert_eq!(world.simulator.calls().total(), 0);
}

#[test]
fn a_clock_that_is_wrong() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("*", Action::WrongClock));
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("hint: this machine's clock is about 3 hours behind AWS's"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("sign in"), "{}", ran.stderr);
    world.simulator.faults().clear();
    // During a run, too.
    world.simulator.faults().add(Fault::on("*", Action::WrongClock).from_call(30));
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("error: AWS rejects requests because of this machine's clock; nothing was published"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("3 hours behind"), "{}", ran.stderr);
}

#[test]
fn a_region_that_is_not_enabled() {
    let world = World::of(small());
    let faults = world.simulator.faults();
    faults.add(Fault::on("sso-admin:*", Action::UnknownKey));
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(5), "{}", ran.stderr);
    let says = "the credentials are valid, but sso-admin:ListInstances in us-east-1 rejects them";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: us-east-1 is most likely a Region that the account has not enabled"));
    assert!(!ran.stderr.contains("sign in"), "{}", ran.stderr);
    // Only the instance's own Region, which is called after the instances are listed.
    faults.clear();
    faults.add(Fault::on("identitystore:*", Action::UnknownKey));
    let later = world.collect(&[]);
    assert_eq!(later.exit, Some(5), "{}", later.stderr);
    assert!(later.stderr.contains("the credentials are valid, but identitystore:"), "{}", later.stderr);
    // If STS does not know the key either, the key is wrong.
    faults.clear();
    faults.add(Fault::on("*", Action::UnknownKey));
    let key = world.collect(&[]);
    assert_eq!(key.exit, Some(5), "{}", key.stderr);
    assert!(key.stderr.contains("hint: the access key id is not known"), "{}", key.stderr);
}

//! The words and options known from other programs, each with its equivalent here.
//!
//! The names of canned queries, tables and views are not among them, because each is a question already.

/// Words that are not commands, and the command to type instead.
#[derive(Debug)]
pub(super) struct Words {
    /// The words in small letters, separated by spaces.
    pub typed: &'static str,
    /// The words of the command, separated by spaces; empty for the bare program.
    pub command: &'static str,
    /// The value that the command needs, as shown if none was typed; empty if it needs none.
    pub value: &'static str,
    /// Its effect, as the end of a sentence.
    pub does: &'static str,
}

const fn plain(typed: &'static str, command: &'static str, does: &'static str) -> Words {
    Words { typed, command, value: "", does }
}

const fn of(typed: &'static str, command: &'static str, value: &'static str, does: &'static str) -> Words {
    Words { typed, command, value, does }
}

/// Words without meaning before the name of an entity: `list accounts` asks for the accounts.
pub(super) const SAID_OF_A_THING: &str = "list ls get describe show view cat dump print read display fetch \
     download search count select lookup inspect batch-get aws iam organizations identitystore \
     sso sso-admin sts identity-store";

/// The words and their commands.
pub(super) const WORDS: &[Words] = &[
    // Questions.
    plain(
        "list ls questions queries canned dashboard dashboards control benchmark reports menu browse \
           ui web mod plugin plugins examples tutorial",
        "query --list",
        "shows the questions that it answers by name",
    ),
    plain(
        "tables table columns api-resources resources fields model catalog types views explain",
        "schema",
        "shows the tables and views",
    ),
    of(
        "sql shell select with values ask exec execute psql sqlite sqlite3 console repl cli q count batch",
        "query",
        "SELECT …",
        "runs any SQL",
    ),
    of(
        "dump csv json download output print to-csv select-all",
        "query",
        "SELECT …",
        "writes the rows of any SQL; --output FILE.csv into a file",
    ),
    // Entities with other names than their table's.
    of(
        "whois who-is who-can access reach can permissions permission entitlements effective",
        "who",
        "NAME",
        "shows what a person reaches, or who reaches an account",
    ),
    of(
        "why how-come reason because",
        "query access-since",
        "NAME",
        "shows since when a user has access, and through what",
    ),
    of(
        "user person member principal identity userid username",
        "query user-access",
        "NAME",
        "shows what a user can reach, and how",
    ),
    of("can-i simulate", "query user-access", "NAME", "shows what a user can reach, and how"),
    of("account acct", "query account-access", "NAME", "shows who can reach an account, and how"),
    of(
        "group team members membership group-membership",
        "query group-members",
        "NAME",
        "shows the members of a group",
    ),
    of(
        "role roles permission-set permissionset permset set arn",
        "query permission-set-access",
        "NAME",
        "shows who has a permission set, and where",
    ),
    of(
        "session assumed-role role-arn",
        "query role-users",
        "ARN",
        "shows who can use a role of Identity Center",
    ),
    of("ou folder", "query ou-tree", "NAME", "shows an OU with all below it"),
    plain("people identities usernames all-users directory employees", "query users", "shows every user"),
    plain("teams all-groups", "query groups", "shows every group"),
    plain("acct accts all-accounts projects subscriptions", "query accounts", "shows every account"),
    plain(
        "memberships group-memberships groupmemberships",
        "query group_memberships",
        "shows who is in which group",
    ),
    plain(
        "sets permissionsets permsets all-permission-sets",
        "query permission_sets",
        "shows every permission set",
    ),
    plain(
        "assignments account-assignments accountassignments bindings grants rolebindings",
        "query all-assignments",
        "shows every assignment",
    ),
    plain(
        "ous org tree hierarchy orgtree organizational-units organisation organization-units structure children parents",
        "query organization-tree",
        "shows the OUs and accounts as a tree",
    ),
    plain(
        "admin administrators privileged superusers root owners",
        "query privileged-access",
        "shows who has administrator rights, and where",
    ),
    plain(
        "policies policy scp scps rcp",
        "query organization_policies",
        "shows the policies of the organization",
    ),
    plain(
        "services unused stale idle last-accessed last-used",
        "query unused-services",
        "shows the services that nobody tried of late",
    ),
    plain("orphans orphaned dangling", "query orphan-assignments", "shows assignments of what is gone"),
    plain(
        "delegated delegation delegates",
        "query delegated-administrators",
        "shows which account administers which service",
    ),
    plain("label tag-list tagging resource-tags", "query tags", "shows every tag"),
    of("search lookup grep locate where", "find", "TEXT", "finds everything whose name or id has that text"),
    // One entity and its past.
    of(
        "get describe show view cat inspect read display info detail details timeline \
        audit-log blame trail life user-history about trace",
        "history",
        "NAME",
        "tells the life of an account, user, group or permission set",
    ),
    // Changes.
    plain(
        "changes change compare delta drift changelog events event what-changed whatsnew difference news summary feed",
        "diff",
        "shows what changed between the last two snapshots",
    ),
    // Taking snapshots.
    plain(
        "sync run scan refresh update fetch pull import ingest load crawl discover snapshot take start apply \
           init create build poll gather inventory harvest capture record inspect-all census new add index up go",
        "collect",
        "takes a snapshot of the organization",
    ),
    plain(
        "plan preview estimate whatif what-if",
        "collect --dry-run",
        "says what a collection would ask, and how long that takes",
    ),
    plain(
        "cron schedule watch monitor health healthcheck alert alerts nagios check-age",
        "--exit-code --max-age 26h",
        "is for a monitor: exit code 4, or 0",
    ),
    // Credentials.
    plain(
        "login logon signin auth configure whoami caller-identity credentials creds profile profiles test ping \
           diagnose debug preflight connect setup config settings env account-id can-connect precheck troubleshoot",
        "doctor",
        "says who these credentials are and what they can see",
    ),
    plain(
        "iam-policies permissions-policy policy-document required-permissions minimum-policy generate-policy least-privilege",
        "iam-policy",
        "prints the smallest IAM policy that collect needs",
    ),
    // The file and its snapshots.
    of(
        "backup copy cp archive clone save dump-db mirror vacuum rewrite share send upload push migrate",
        "snapshots copy",
        "FILE",
        "writes the census into a file of its own",
    ),
    of(
        "restore recover use open attach import-db",
        "--db",
        "FILE",
        "asks that copy: it is a census itself, and nothing is restored",
    ),
    plain(
        "verify check validate check-integrity integrity validate-db fsck hash hashes checksum audit attest proof repair",
        "snapshots verify",
        "checks that each snapshot is still as published",
    ),
    plain(
        "prune delete remove rm del forget purge clean cleanup gc expire drop trim retention destroy rotate",
        "snapshots prune --keep-daily 30 --dry-run",
        "says which snapshots such a rule would remove",
    ),
    plain(
        "log logs versions dates releases runs jobs backups generations revisions list-snapshots snaps points",
        "snapshots",
        "lists the dates that it can answer for",
    ),
    plain(
        "stats statistics stat size state info-db overview home top metrics df du cluster-info",
        "",
        "shows the state of the census",
    ),
    plain(
        "coverage gaps gap missing errors failures warnings problems incomplete",
        "snapshots show latest",
        "lists what the last snapshot could not see",
    ),
    // The program itself.
    plain("version ver about-version self-update upgrade", "--version", "says which version it is"),
    plain("manual usage docs doc commands options helpme h ? intro readme", "--help", "lists the commands"),
    plain(
        "completion complete autocomplete bash-completion",
        "completions bash",
        "prints a completion script for that shell",
    ),
    plain(
        "sample try example playground simulate-org tour quickstart getting-started get-started hello",
        "demo",
        "shows it at work, without credentials",
    ),
];

/// Options with another name here.
#[derive(Debug)]
pub(super) struct Options {
    /// The options, separated by spaces.
    pub typed: &'static str,
    /// The replacement, separated by spaces, which the typed value follows. Empty if a whole command replaces it.
    pub instead: &'static str,
    /// The words of a whole command with the replacement.
    pub example: &'static [&'static str],
}

/// The options and their equivalents.
pub(super) const OPTIONS: &[Options] = &[
    Options {
        typed: "--database --file --db-file --db-path --sqlite --path --dbname --census --repo --repository --store -d -f -r",
        instead: "--db",
        example: &["--db", "FILE", "query", "--list"],
    },
    Options {
        typed: "--csv",
        instead: "--format csv",
        example: &["query", "privileged-access", "--format", "csv"],
    },
    Options {
        typed: "--json -j --as-json",
        instead: "--format json",
        example: &["query", "privileged-access", "--format", "json"],
    },
    Options {
        typed: "--jsonl --ndjson",
        instead: "--format jsonl",
        example: &["query", "privileged-access", "--format", "jsonl"],
    },
    Options {
        typed: "--markdown --md",
        instead: "--format markdown",
        example: &["query", "privileged-access", "--format", "markdown"],
    },
    Options {
        typed: "--table --text --pretty --human",
        instead: "--format table",
        example: &["query", "privileged-access", "--format", "table"],
    },
    Options {
        typed: "--fmt --output-format --outputformat --type",
        instead: "--format",
        example: &["query", "privileged-access", "--format", "csv"],
    },
    Options {
        typed: "-o --out --outfile --output-file --to-file --save",
        instead: "--output",
        example: &["query", "privileged-access", "--output", "FILE.csv"],
    },
    Options {
        typed: "--overwrite --replace --yes -y",
        instead: "--force",
        example: &["query", "privileged-access", "--output", "FILE.csv", "--force"],
    },
    Options {
        typed: "--date --as-of --asof --snapshot --time --timestamp --on --when --snapshot-id --ref",
        instead: "--at",
        example: &["query", "user-access", "NAME", "--at", "2026-09-30"],
    },
    Options {
        typed: "--between --range --period --within",
        instead: "--during",
        example: &["query", "user-access", "NAME", "--during", "2026-Q3"],
    },
    Options {
        typed: "--from --since --to --until --before --after --start --end --start-time --end-time",
        instead: "",
        example: &["diff", "2026-Q2..2026-Q3"],
    },
    Options {
        typed: "--aws-profile --account-profile",
        instead: "--profile",
        example: &["collect", "--profile", "NAME"],
    },
    Options {
        typed: "--aws-region --sso-region --regions",
        instead: "--region",
        example: &["collect", "--region", "eu-west-1"],
    },
    Options {
        typed: "--role --role-arn --assumerole --assume",
        instead: "--assume-role",
        example: &["collect", "--assume-role", "arn:aws:iam::111122223333:role/NAME"],
    },
    Options {
        typed: "--debug --log --trace --verbosity --log-level",
        instead: "--verbose",
        example: &["--verbose", "doctor"],
    },
    Options {
        typed: "--silent -s --no-progress --quite",
        instead: "--quiet",
        example: &["collect", "--quiet"],
    },
    Options {
        typed: "--no-color --no-colour --nocolor --no-ansi",
        instead: "--color never",
        example: &["--color", "never"],
    },
    Options {
        typed: "--head --top -n -l --max-items --page-size --max-results --rows",
        instead: "--limit",
        example: &["query", "privileged-access", "--limit", "10"],
    },
    Options {
        typed: "--fields --select --cols --column",
        instead: "--columns",
        example: &["query", "account-access", "prod", "--columns", "user_name,permission_set_name"],
    },
    Options {
        typed: "--filter --where --query --sql -e --execute --sort-by --order-by",
        instead: "",
        example: &["query", "SELECT … WHERE … ORDER BY … LIMIT 10"],
    },
    Options { typed: "--list --queries-list", instead: "", example: &["query", "--list"] },
    Options { typed: "--tables --schemas --describe", instead: "", example: &["schema"] },
    Options { typed: "--whoami --check --test", instead: "", example: &["doctor"] },
    Options { typed: "--status --state --info --stats", instead: "", example: &["status"] },
    Options { typed: "--snapshots --dates --versions", instead: "", example: &["snapshots"] },
    Options { typed: "-v1 --ver -version --v", instead: "", example: &["--version"] },
    Options { typed: "-help --usage -?", instead: "", example: &["--help"] },
];

/// Returns true if a row contains the word.
pub(super) fn has(typed: &str, word: &str) -> bool {
    typed.split_whitespace().any(|one| one == word)
}

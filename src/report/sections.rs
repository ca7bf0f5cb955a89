//! The sections of the first screen, in order. They are plain HTML and need no script.

use std::collections::BTreeSet;

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::changes::{Entry, Named};
use super::content::Content;
use super::counts::MatrixRow;

use super::sight::{Count, Told, in_accounts, was_never_seen};
use crate::amounts::{counted_grouped, grouped};
use crate::diff::AccessChangeKind;
use crate::document::services::Tier;
use crate::model::{AccessRole, Entity};
use crate::store::{Coverage, CoverageStatus, Gap};

/// The maximum number of changes on the first screen. The others are one click away.
const CHANGES: usize = 10;
/// The tiers that every matrix shows.
const ALWAYS: [Tier; 5] = [Tier::Administrator, Tier::Write, Tier::Custom, Tier::Billing, Tier::Read];
/// The number of shades of a cell.
const SHADES: u64 = 4;

/// Writes the strip at the top: the organization, the time of the census, and its coverage.
pub fn strip(content: &Content<'_>, title: &str) -> Markup {
    let (report, names) = (content.report, content.names);
    let at = &report.request.at;
    let hash = report.hash.as_deref().unwrap_or("not recorded");
    html! {
        header .strip {
            h1 { (title) }
            p .when {
                "As of " strong { time datetime=(at.completed_at) { (moment(&at.completed_at)) } }
                ", snapshot " (at.snapshot_id)
                @match &report.request.baseline {
                    Some(baseline) => {
                        ", compared with " time datetime=(baseline.completed_at) { (moment(&baseline.completed_at)) }
                        " (snapshot " (baseline.snapshot_id) ")"
                    }
                    None => { ", with no earlier snapshot to compare with" }
                }
            }
            @if let Some(narrowed) = content.narrowed {
                p .narrowed { strong { "Only " (names.typed(&narrowed.words)) } ": every number on this page is of "
                    (in_accounts(content.numbers.things.accounts)) " alone." }
            }
            @if at.is_synthetic() { p { strong { "Synthetic: " } "the organization is simulated." } }
            @if names.are_masked() { p { strong { "Masked: " } "names and ids are pseudonyms." } }
            @if let Some(why) = &at.suspect { p .incomplete { strong { "Suspect: " } (why) } }
            (seen(content))
            details .proof {
                summary { "How to verify this page" }
                p { "Snapshot hash " code { (hash) } }
                p { "Whoever holds the census checks it with " code { "orgcensus snapshots verify --expect " (hash) }
                    ", and makes this page again with " code { "orgcensus report --at " (at.snapshot_id) " FILE.html" } "." }
            }
            p .quiet { "Confidential. Nothing on this page is loaded from anywhere or sent anywhere." }
        }
    }
}

/// Writes the coverage: `Complete: 214 of 214 accounts read, 0 gaps`, or the list of what was not seen.
fn seen(content: &Content<'_>) -> Markup {
    let sight = &content.report.sight;
    let accounts = content.numbers.things.accounts;
    if content.is_complete() {
        return html! {
            p .complete { strong { "✓ Complete: " } (accounts) " of " (in_accounts(accounts))
                " read, 0 gaps" }
        };
    }
    let read = match unread_accounts(content) {
        Some(unread) => grouped(accounts.saturating_sub(unread) as u64),
        None => "not all".to_owned(),
    };
    let of = sight.count(accounts as u64, Told::Places).words();
    html! {
        div .incomplete role="note" {
            p { strong { "✗ INCOMPLETE: " } (read) " of " (of) " accounts read, "
                (counted_grouped(sight.gap_count, "gap", "gaps")) ". A number with ≥ may be higher; what was not seen is carried \
                 forward from earlier snapshots, and never counted as removed." }
            ul {
                @for one in sight.coverage.iter().filter(|one| is_told(&one.resource) && one.status != CoverageStatus::Complete) {
                    li { code { (one.resource) } ": " (words(one.status))
                        @if one.gaps > 0 { ", " (counted_grouped(usize::try_from(one.gaps).unwrap_or_default(), "gap", "gaps")) } }
                }
            }
            p { a href="#completeness" { "What was not seen, one by one" } }
        }
    }
}

fn is_told(resource: &str) -> bool {
    Told::all().contains(resource)
}

/// Returns the number of accounts with assignments that were not read; `None` if every account may have some.
fn unread_accounts(content: &Content<'_>) -> Option<usize> {
    let sight = &content.report.sight;
    let is_of_assignments = |resource: &str| {
        crate::model::resource(resource).is_some_and(|spec| spec.in_access == AccessRole::Assignment)
    };
    let assignments = sight.coverage.iter().find(|one| is_of_assignments(&one.resource))?;
    if assignments.status == CoverageStatus::Complete {
        return Some(0);
    }
    let gaps: Vec<&Gap> = sight.gaps.iter().filter(|gap| is_of_assignments(&gap.resource)).collect();
    let mut accounts = BTreeSet::new();
    for gap in &gaps {
        let scope: Value = serde_json::from_str(&gap.scope).unwrap_or_default();
        accounts.insert(scope[Entity::Account.spec().id].as_str()?.to_owned());
    }
    let is_each_listed = !gaps.is_empty() && sight.gap_count == sight.gaps.len();
    is_each_listed.then_some(accounts.len())
}

/// Writes five sentences, each with its number and a link to the rows that it counts.
pub fn sentences(content: &Content<'_>) -> Markup {
    let numbers = content.numbers;
    let production = content.report.request.production.as_ref();
    let place = match production {
        Some(one) => format!("in production ({})", content.names.typed(&one.typed)),
        None => "in any account".to_owned(),
    };
    let administrators = match production {
        Some(_) => "#table?tier=administrator&production=1",
        None => "#table?tier=administrator",
    };
    html! {
        section #sentences aria-label="In five sentences" {
            ul .sentences {
                li { (sentence(content, "#table", numbers.people, "person reaches an account", "people reach at least one account"))
                    @if numbers.disabled > 0 { span .aside { (grouped(numbers.disabled)) " of them disabled" } } }
                li { (sentence(content, administrators, numbers.administrators,
                        &format!("person is an administrator {place}"), &format!("people are administrators {place}")))
                    (moved(content)) }
                li { (sentence(content, "#table?via=direct", numbers.direct,
                        "permission set is assigned to a person, not to a group",
                        "assignments are to a person, not to a group")) }
                li { (sentence(content, "#orphans", numbers.orphans,
                        "assignment belongs to a deleted user or group", "assignments belong to deleted users and groups")) }
                li { (sentence(content, "#method", numbers.unused_roles, "role unused for 90 days", "roles unused for 90 days")) }
            }
        }
    }
}

fn sentence(content: &Content<'_>, link: &str, count: Count, one: &str, many: &str) -> Markup {
    let is_one = count == Count::Exactly(1);
    let tone = match count {
        Count::Exactly(_) => "number",
        Count::AtLeast(_) => "number uncertain",
        Count::NotCollected => "number missing",
    };
    let inner =
        html! { span class=(tone) { (count.words()) } " " span { (if is_one { one } else { many }) } };
    // Without relations there are no rows to link to.
    let has_rows = content.relations_json.is_some() || link == "#method";
    html! { @if has_rows { a href=(link) { (inner) } } @else { (inner) } }
}

/// Writes the numbers of people who became administrators since the baseline, and who no longer are.
fn moved(content: &Content<'_>) -> Markup {
    let Some(baseline) = &content.report.request.baseline else { return html! {} };
    let since = date(&baseline.completed_at);
    html! {
        span .aside {
            @match content.numbers.administrators_moved {
                Some((0, 0)) => { "the same people as on " (since) }
                Some((came, went)) => { "+" (grouped(came)) " −" (grouped(went)) " since " (since) }
                None => { "change since " (since) " not known: not all was seen" }
            }
            @if content.numbers.unweighed > 0 {
                "; ≥ because " (counted_grouped(content.numbers.unweighed, "permission set has", "permission sets have"))
                " policies that were not read"
            }
        }
    }
}

/// Writes the changes since the baseline, by cause.
pub fn changes(content: &Content<'_>) -> Markup {
    let Some(baseline) = &content.report.request.baseline else {
        return html! {
            section #changes aria-labelledby="changes-heading" {
                h2 #changes-heading { "What changed" }
                p { "Not known: there is no earlier snapshot to compare with." }
            }
        };
    };
    let Some(entries) = content.changes else {
        return html! {
            section #changes aria-labelledby="changes-heading" {
                h2 #changes-heading { "What changed since " (date(&baseline.completed_at)) }
                p .uncertain { "More than " (grouped(content.report.request.limits.changes as u64)) " changes of access: \
                    too many to list on one page. " code { "--since" } " with a later date, " code { "--ou" } " or "
                    code { "--account" } " makes a page that lists them." }
            }
        };
    };
    let (first, rest) = entries.split_at(entries.len().min(CHANGES));
    let unseen = content.report.diff.as_ref().is_some_and(crate::diff::Diff::has_unknowns);
    html! {
        section #changes aria-labelledby="changes-heading" {
            h2 #changes-heading { "What changed since " (date(&baseline.completed_at)) ", by cause" }
            @if entries.is_empty() { p { "No change of access was seen." } }
            ul .changes { @for one in first { (entry(content, one)) } }
            @if !rest.is_empty() {
                details { summary { "All " (grouped(entries.len() as u64)) }
                    ul .changes { @for one in rest { (entry(content, one)) } } }
            }
            @if unseen {
                p .uncertain { "Not all was seen in both snapshots: there may be changes beside these, and none of what was \
                    not seen is told as a removal." }
            }
        }
    }
}

fn entry(content: &Content<'_>, entry: &Entry) -> Markup {
    let (sign, class) = match entry.change {
        AccessChangeKind::Gained => ("+", "gained"),
        AccessChangeKind::Lost => ("−", "lost"),
        AccessChangeKind::Altered | AccessChangeKind::Rerouted => ("~", "altered"),
        AccessChangeKind::Unknown => ("?", "unknown"),
    };
    html! {
        li class=(class) {
            span .sign aria-hidden="true" { (sign) }
            span .kind { (entry.change.as_str()) }
            @if entry.is_privileged { span .badge .administrator { "administrator" } }
            " " bdi { (entry.words) }
            details {
                summary { "who and where" }
                (things(content, "person", "People", &entry.people))
                (things(content, "set", "Permission sets", &entry.sets))
                (things(content, "account", "Accounts", &entry.accounts))
            }
        }
    }
}

fn things(content: &Content<'_>, kind: &str, title: &str, named: &Named) -> Markup {
    let more = named.count.saturating_sub(named.first.len());
    html! {
        p { (title) ": "
            @for (place, (id, name)) in named.first.iter().enumerate() {
                @if place > 0 { ", " }
                @if content.relations_json.is_some() { a href=(link(kind, id)) { bdi { (name) } } }
                @else { bdi { (name) } }
            }
            @if more > 0 { " and " (grouped(more as u64)) " more" } }
    }
}

/// Returns the address of a thing within the page: `#person/…`.
fn link(kind: &str, id: &str) -> String {
    format!("#{kind}/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// Writes the matrix of people by OU and tier.
pub fn matrix(content: &Content<'_>) -> Markup {
    let rows = &content.numbers.matrix;
    let is_used = |tier: &Tier| ALWAYS.contains(tier) || rows.iter().any(|row| row.people.contains_key(tier));
    let tiers: Vec<Tier> = Tier::ALL.into_iter().filter(is_used).collect();
    let most = rows.iter().flat_map(|row| row.people.values()).copied().max().unwrap_or_default();
    html! {
        section #matrix aria-labelledby="matrix-heading" {
            h2 #matrix-heading { "People by OU and tier of access" }
            div .scroll tabindex="0" role="region" aria-label="Table of people by OU and tier" {
                table .matrix {
                    caption { "Each number is of people with at least one permission set of that tier in an account of the OU." }
                    thead { tr {
                        th scope="col" { "OU" }
                        th scope="col" .count { "Accounts" }
                        @for tier in &tiers { th scope="col" .count title=(tier.meaning()) { (tier.as_str()) } }
                    } }
                    tbody { @for row in rows { (matrix_row(content, row, &tiers, most)) } }
                }
            }
        }
    }
}

fn matrix_row(content: &Content<'_>, row: &MatrixRow, tiers: &[Tier], most: u64) -> Markup {
    let ou = row.ou.map(|ou| &content.relations.ous[ou as usize]);
    let name = match ou {
        Some(ou) => match &ou.path {
            Some(path) => content.names.path(path),
            None => content.names.id(&ou.id),
        },
        None => "OU not known".to_owned(),
    };
    let target = ou.map_or("none".to_owned(), |ou| {
        utf8_percent_encode(&content.names.id(&ou.id), NON_ALPHANUMERIC).to_string()
    });
    let sight = &content.report.sight;
    html! {
        tr {
            th scope="row" { bdi { (name) } }
            td .count { (sight.count(row.accounts as u64, Told::Places).words()) }
            @for tier in tiers {
                @let people = row.people.get(tier).copied().unwrap_or_default();
                @let count = sight.count(people, Told::Tiers).words();
                @let shade = if people == 0 { 0 } else { 1 + (people * (SHADES - 1)) / most.max(1) };
                td.count.{ "shade" (shade) } {
                    @if content.relations_json.is_some() && people > 0 {
                        a href=(format!("#table?ou={target}&tier={}", tier.as_str()))
                            aria-label=(format!("{count} people, {} in {name}", tier.as_str())) { (count) }
                    } @else { (count) }
                }
            }
        }
    }
}

/// Writes the questions that the page answers, and those that it cannot.
pub fn questions(content: &Content<'_>) -> Markup {
    html! {
        section #questions aria-labelledby="questions-heading" {
            h2 #questions-heading { "Questions this page answers" }
            ul {
                li { "Who reaches an account, how far, and through which group? Find the account." }
                li { "What does a person reach, since when, and what changed of it? Find the person." }
                li { "What does joining a group give? Find the group." }
                li { "Who has a permission set, where, and what does it allow? Find the set." }
                li { "Who are the administrators of an OU? Choose a number of the matrix." }
                li { "What changed" @if let Some(one) = &content.report.request.baseline { " since " (date(&one.completed_at)) }
                    ", and by what?" }
            }
            h2 { "What it cannot tell" }
            ul {
                li { "Who used their access: it says who could." }
                li { "What service control policies, session policies and conditions take away: a tier is what a permission \
                    set's own policies allow." }
                li { "Access past Identity Center: IAM users, keys and roles of the accounts, resource policies, other accounts." }
                li { "Who may use applications of Identity Center: " code { "orgcensus query open-applications" } " tells." }
                li { "What was there between two snapshots, and gone in both." }
            }
        }
    }
}

/// Writes the coverage of each table, and every gap.
pub fn completeness(content: &Content<'_>) -> Markup {
    let sight = &content.report.sight;
    let masked = content.names.are_masked();
    html! {
        section #completeness aria-labelledby="completeness-heading" {
            h2 #completeness-heading tabindex="-1" { "What was seen" }
            div .scroll tabindex="0" role="region" aria-label="Table of what was seen" {
                table {
                    caption { "Each table of the census, and how much of it this snapshot saw." }
                    thead { tr { th scope="col" { "Table" } th scope="col" { "Seen" } th scope="col" .count { "Rows" }
                        th scope="col" .count { "Gaps" } th scope="col" { "Why not all" } } }
                    tbody { @for one in &sight.coverage { tr {
                        th scope="row" { code { (one.resource) } }
                        td { (words(one.status)) }
                        td .count { (rows(one)) }
                        td .count { (one.gaps) }
                        td { @if !masked { (one.reason.as_deref().unwrap_or("")) } }
                    } } }
                }
            }
            @if !sight.gaps.is_empty() {
                h3 { "Gaps in what this page tells" @if sight.gap_count > sight.gaps.len() {
                    ": the first " (grouped(sight.gaps.len() as u64)) " of " (grouped(sight.gap_count as u64)) } }
                div .scroll tabindex="0" role="region" aria-label="Table of gaps" {
                    table {
                        thead { tr { th scope="col" { "Table" } th scope="col" { "Of" } th scope="col" { "Kind" }
                            th scope="col" { "Operation" } th scope="col" { "Error" } } }
                        tbody { @for gap in &sight.gaps { tr {
                            th scope="row" { code { (gap.resource) } }
                            td { bdi { (scope(content, gap)) } }
                            td { (gap.kind.as_str().replace('_', " ")) }
                            td { (gap.operation.as_deref().unwrap_or("–")) }
                            td { (gap.error_code.as_deref().unwrap_or("–")) }
                        } } }
                    }
                }
            }
        }
    }
}

/// Returns the count of a table's rows; `–` for a table that was never seen, which is unknown, not empty.
fn rows(of: &Coverage) -> String {
    if was_never_seen(of) { "–".to_owned() } else { grouped(of.rows.unsigned_abs()) }
}

fn scope(content: &Content<'_>, gap: &Gap) -> String {
    let scope: Value = serde_json::from_str(&content.names.scope(&gap.scope)).unwrap_or_default();
    let parts: Vec<String> = scope
        .as_object()
        .into_iter()
        .flatten()
        .map(|(column, value)| format!("{} {}", column.replace('_', " "), value.as_str().unwrap_or_default()))
        .collect();
    if parts.is_empty() { "all of it".to_owned() } else { parts.join(", ") }
}

fn words(status: CoverageStatus) -> &'static str {
    match status {
        CoverageStatus::Complete => "completely",
        CoverageStatus::Limited => "in parts, as asked",
        CoverageStatus::Partial => "not all of it",
        CoverageStatus::NotCollected => "not collected",
        CoverageStatus::Unavailable => "not available",
    }
}

/// Writes how the page counts, and which other outputs there are.
pub fn method(content: &Content<'_>) -> Markup {
    let things = content.numbers.things;
    let count = |count: usize| grouped(count as u64);
    html! {
        section #method aria-labelledby="method-heading" {
            h2 #method-heading tabindex="-1" { "How this page counts" }
            p { "It is made of " (count(things.people)) " users, " (count(things.groups)) " groups with "
                (count(things.members)) " memberships, " (count(things.accounts)) " accounts, " (count(things.sets))
                " permission sets and " (count(things.assignments)) " assignments. A path is one assignment that reaches a \
                person, directly or through a group. Disabled users are counted, and marked." }
            dl {
                @for tier in Tier::ALL { dt { (tier.as_str()) } dd { (tier.meaning()) } }
                dt { "production" }
                dd { @match &content.report.request.production {
                    Some(one) => { "accounts of " (content.names.typed(&one.typed)) }
                    None => { "not named: sentences are about all accounts (" code { "--production" } ")" } } }
                dt { "≥" } dd { "at least so many: something that counts was not seen" }
                dt { "since" } dd { "the first snapshot that saw it; “before” a date: the first snapshot had it already" }
                dt { "roles unused for 90 days" } dd { "IAM roles of the accounts whose IAM was read, where the last known use, or the creation of a role without \
                    one, is more than " (super::roles::proven_after()) " days before the snapshot: a known use may be a few days \
                    older than the last one" }
            }
            @if !content.parts.is_empty() {
                h3 { "Pages of OUs beside this one" }
                ul { @for part in content.parts {
                    li { a href=(part.file) { bdi { (part.title) } } ", " (in_accounts(part.accounts)) }
                } }
            }
        }
    }
}

/// Returns a time for people: `2026-11-29 22:44 UTC`.
fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(date), Some(hour)) => format!("{date} {hour} UTC"),
        _ => time.to_owned(),
    }
}

fn date(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

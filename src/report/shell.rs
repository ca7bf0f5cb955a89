//! The HTML document around the sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::{SCRIPT, STYLE, policy};
use super::content::Content;
use super::sections;

/// Returns the document.
pub fn write(content: &Content<'_>) -> String {
    let title = content.report.title_of_page(content.names);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a .skip href="#content" { "Skip to the content" }
                (sections::strip(content, &title))
                @if content.relations_json.is_some() { (search()) }
                main #content tabindex="-1" {
                    div #home {
                        (sections::sentences(content))
                        (sections::changes(content))
                        (sections::matrix(content))
                        (table(content))
                        (sections::questions(content))
                        (sections::completeness(content))
                        (sections::method(content))
                    }
                    @if content.relations_json.is_some() { div #entity hidden {} }
                }
                footer {
                    p { "Confidential: it names people and what they reach. " a href="#" { "To the first screen" } }
                }
                @if let Some(json) = &content.relations_json {
                    script type="application/json" id="relations" { (PreEscaped(json)) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }
    .into_string()
}

fn search() -> Markup {
    html! {
        div .search role="search" {
            label for="search" { "Find a person, group, account or permission set" }
            input #search type="search" autocomplete="off" spellcheck="false" aria-controls="found"
                placeholder="name, e-mail address or id";
            p #found-count .quiet role="status" {}
            ul #found {}
            noscript { p { "Search, pages of one person or account, and the table need JavaScript. All else is here." } }
        }
    }
}

fn table(content: &Content<'_>) -> Markup {
    html! {
        section #table aria-labelledby="table-heading" {
            h2 #table-heading tabindex="-1" { "Every path of access" }
            @if content.relations_json.is_some() {
                p .quiet { "A row says who reaches an account, through what, and since when." }
                div #access {}
                noscript { p { "The table needs JavaScript." } }
            } @else {
                p {
                    "There are too many paths for one page. The program writes one for each OU with "
                    code { "--split ou" } ", or one for an OU or account with " code { "--ou" } " or "
                    code { "--account" } "."
                }
            }
        }
    }
}
